#include "ledger/verify/index_check.h"

#include <algorithm>
#include <functional>
#include <set>

#include "ledger/base/thread_name.h"

namespace envledger {
namespace {

constexpr uint64_t kRunBits = 6;  // runs of 64 seqs
constexpr size_t kMaxBadRuns = 64;
// The most memory for keys that are compared one by one. The keys of one run take less.
constexpr uint64_t kMaxDueBytes = 128 << 20;

void AddTo(std::vector<uint64_t>& sums, uint64_t run, uint64_t hash) {
  if (sums.size() <= run) sums.resize(run + 1);
  sums[run] += hash;
}

// A key with bytes that are not printable written as \xNN.
std::string Printable(std::string_view key) {
  std::string text;
  for (const char c : key.substr(0, 200)) {
    if (c >= 0x20 && c < 0x7f && c != '\\') {
      text.push_back(c);
    } else {
      text += "\\x" + Hex({&c, 1});
    }
  }
  return text;
}

VerifyFailure Failure(Table table, const std::string& key, uint64_t seq, const std::string& what) {
  return {seq, "index", std::string("table ") + kTableNames[static_cast<size_t>(table)] + what + Printable(key),
          Verdict::kIncomplete};
}

uint64_t BytesOf(const std::tuple<Table, std::string, std::string>& key) {
  return sizeof key + 4 * sizeof(void*) + std::get<1>(key).size() + std::get<2>(key).size();
}

}  // namespace

void FirstFailures::Add(VerifyFailure failure) {
  failures_.push_back(std::move(failure));
  if (failures_.size() >= 2 * VerifyReport::kMaxFailures) Cut(VerifyReport::kMaxFailures);
}

void FirstFailures::Add(FirstFailures others) {
  for (VerifyFailure& failure : others.failures_) Add(std::move(failure));
}

std::vector<VerifyFailure> FirstFailures::Take(size_t limit) {
  Cut(limit);
  return std::move(failures_);
}

void FirstFailures::Cut(size_t limit) {
  std::stable_sort(failures_.begin(), failures_.end(), [](const VerifyFailure& a, const VerifyFailure& b) {
    return a.seq.value_or(UINT64_MAX) < b.seq.value_or(UINT64_MAX);
  });
  if (failures_.size() > limit) failures_.resize(limit);
}

IndexCheck::IndexCheck(const IndexReader& index) : index_(index) {
  reading_ = std::thread([this] {
    NameThisThread("read-index");
    read_status_ = ReadIndex(
        [this](Table table, std::string_view key, std::string_view value) {
          ++keys_;
          AddTo(found_, RunOf(*SeqOf(table, key, value)), Hash(table, key, value));
        },
        malformed_);
  });
}

IndexCheck::~IndexCheck() {
  abandoned_ = true;
  if (reading_.joinable()) reading_.join();
}

// Seqs beyond the watermark share one run, so that a huge forged seq cannot make the sums grow.
uint64_t IndexCheck::RunOf(uint64_t seq) const {
  return std::min(seq >> kRunBits, (index_.watermark() >> kRunBits) + 1);
}

uint64_t IndexCheck::Hash(Table table, std::string_view key, std::string_view value) const {
  SipHash hash(hash_key_);
  const char number = static_cast<char>(table);
  hash.Add({&number, 1});
  hash.Add(key);
  hash.Add(value);
  return hash.Finish();
}

uint64_t IndexCheck::Digest(const PreparedEntry& prepared) const {
  if (!prepared.status.ok() || prepared.entry.header.seq >= index_.watermark()) return 0;
  std::vector<IndexPut> puts;
  AppendOwnKeys(prepared, puts);
  uint64_t sum = 0;
  for (const IndexPut& put : puts) sum += Hash(put.table, put.key, put.value);
  return sum;
}

void IndexCheck::Add(const PreparedEntry& prepared, uint64_t digest) {
  const uint64_t seq = prepared.entry.header.seq;
  if (seq >= index_.watermark()) return;
  puts_.clear();
  if (const Status status = builder_.AddLinks(prepared, puts_); !status.ok()) {
    failures_.Add({seq, "index", status.message(), Verdict::kIncomplete});
  }
  tree_.Add(prepared.leaf_hash, puts_);
  for (const IndexPut& put : puts_) digest += Hash(put.table, put.key, put.value);
  AddTo(expected_, seq >> kRunBits, digest);
}

Status IndexCheck::ReadIndex(const std::function<void(Table, std::string_view, std::string_view)>& visit,
                             FirstFailures& malformed) const {
  for (size_t table = 0; table < kTableNames.size(); ++table) {
    const auto at = index_.NewCursor(static_cast<Table>(table), Reach::kTable);
    for (at->Seek({}); at->Valid(); at->Next()) {
      if (abandoned_.load(std::memory_order_relaxed)) return Ok();
      if (!SeqOf(static_cast<Table>(table), at->key(), at->value()).ok()) {
        malformed.Add({std::nullopt, "index",
                       std::string("table ") + kTableNames[table] + " has a malformed entry " + Printable(at->key()),
                       Verdict::kIncomplete});
        continue;
      }
      visit(static_cast<Table>(table), at->key(), at->value());
    }
    ENVLEDGER_RETURN_IF_ERROR(at->status());
  }
  return Ok();
}

Result<std::vector<VerifyFailure>> IndexCheck::Finish(const LogDb& log, size_t limit) {
  reading_.join();
  if (!read_status_.ok()) {
    return std::vector<VerifyFailure>{
        {std::nullopt, "index",
         "the index cannot be read, so it was not compared with the log: " + read_status_.message() +
             ". The daemon rebuilds it, and so does `envledger index rebuild`",
         Verdict::kIncomplete}};
  }
  failures_.Add(std::move(malformed_));
  std::set<uint64_t> bad;
  const size_t runs = std::max(expected_.size(), found_.size());
  expected_.resize(runs);
  found_.resize(runs);
  for (uint64_t run = 0; run < runs && bad.size() < kMaxBadRuns; ++run) {
    if (expected_[run] != found_[run]) bad.insert(run);
  }
  if (!bad.empty()) ENVLEDGER_RETURN_IF_ERROR(CompareKeys(log, bad));
  return failures_.Take(limit);
}

// Reads both again and holds the keys of the runs that differ. If these are too many, those of the last runs are left
// out.
Status IndexCheck::CompareKeys(const LogDb& log, std::set<uint64_t> bad) {
  std::set<FullKey> due;
  uint64_t due_bytes = 0;
  const auto leave_out_last_run = [&] {
    const uint64_t last = *bad.rbegin();
    std::erase_if(due, [&](const FullKey& key) {
      const bool of_it = RunOf(*SeqOf(std::get<0>(key), std::get<1>(key), std::get<2>(key))) == last;
      if (of_it) due_bytes -= BytesOf(key);
      return of_it;
    });
    bad.erase(last);
  };
  IndexBuilder builder(nullptr, IndexBuilder::Links::kAsTheyStand);
  TreeBuilder tree;
  std::vector<IndexPut> puts;
  ENVLEDGER_RETURN_IF_ERROR(log.Scan(0, index_.watermark(), [&](uint64_t seq, std::string_view bytes) {
    const PreparedEntry prepared = PrepareEntry(bytes);
    puts.clear();
    tree.Add(prepared.leaf_hash, puts);
    if (!prepared.status.ok() || !builder.Add(prepared, puts).ok() || bad.count(RunOf(seq)) == 0) return true;
    for (IndexPut& put : puts) {
      const auto [key, fresh] = due.emplace(put.table, std::move(put.key), std::move(put.value));
      if (fresh) due_bytes += BytesOf(*key);
    }
    while (due_bytes > kMaxDueBytes && bad.size() > 1) leave_out_last_run();
    return true;
  }));
  FirstFailures ignored;
  const Status again = ReadIndex(
      [&](Table table, std::string_view key, std::string_view value) {
        const uint64_t seq = *SeqOf(table, key, value);
        if (bad.count(RunOf(seq)) == 0) return;
        if (due.erase({table, std::string(key), std::string(value)}) > 0) return;
        failures_.Add(Failure(table, std::string(key), seq, " holds a key or value that the log does not give: "));
      },
      ignored);
  if (!again.ok()) {
    failures_.Add({std::nullopt, "index", "the index cannot be read again: " + again.message(), Verdict::kIncomplete});
    return Ok();
  }
  for (const auto& [table, key, value] : due) {
    failures_.Add(Failure(table, key, *SeqOf(table, key, value), " lacks a key or value that the log gives: "));
  }
  return Ok();
}

}  // namespace envledger
