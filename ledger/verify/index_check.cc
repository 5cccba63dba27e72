#include "ledger/verify/index_check.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <functional>
#include <random>
#include <set>

#include "ledger/base/thread_name.h"

namespace envledger {
namespace {

constexpr uint64_t kRunBits = 6;  // runs of 64 seqs
constexpr size_t kMaxBadRuns = 64;

// SipHash-2-4 (J.-P. Aumasson, D. J. Bernstein), fed in pieces that are padded to 8 bytes each.
class SipHash {
 public:
  explicit SipHash(const std::array<uint64_t, 2>& key)
      : v0_(key[0] ^ 0x736f6d6570736575u),
        v1_(key[1] ^ 0x646f72616e646f6du),
        v2_(key[0] ^ 0x6c7967656e657261u),
        v3_(key[1] ^ 0x7465646279746573u) {}

  void Add(std::string_view bytes) {
    Word(bytes.size());
    while (!bytes.empty()) {
      uint64_t word = 0;
      const size_t size = std::min<size_t>(8, bytes.size());
      std::memcpy(&word, bytes.data(), size);
      Word(word);
      bytes.remove_prefix(size);
    }
  }
  uint64_t Finish() {
    v2_ ^= 0xff;
    for (int i = 0; i < 4; ++i) Round();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

 private:
  void Word(uint64_t word) {
    v3_ ^= word;
    Round();
    Round();
    v0_ ^= word;
  }
  void Round() {
    v0_ += v1_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v0_ = std::rotl(v0_, 32);
    v2_ += v3_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ += v3_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ += v1_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v2_ = std::rotl(v2_, 32);
  }
  uint64_t v0_, v1_, v2_, v3_;
};

void AddTo(std::vector<uint64_t>& sums, uint64_t run, uint64_t hash) {
  if (sums.size() <= run) sums.resize(run + 1);
  sums[run] += hash;
}

// A key with its bytes that are not printable written as \xNN.
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

}  // namespace

IndexCheck::IndexCheck(const IndexReader& index) : index_(index) {
  std::random_device random;
  for (uint64_t& word : hash_key_) word = uint64_t{random()} << 32 | random();
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

// Seqs past the watermark share one run, so that a forged huge seq cannot make the sums grow.
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
    failures_.push_back({seq, "index", status.message(), Verdict::kIncomplete});
  }
  tree_.Add(prepared.leaf_hash, puts_);
  for (const IndexPut& put : puts_) digest += Hash(put.table, put.key, put.value);
  AddTo(expected_, seq >> kRunBits, digest);
}

Status IndexCheck::ReadIndex(const std::function<void(Table, std::string_view, std::string_view)>& visit,
                             std::vector<VerifyFailure>& malformed) const {
  for (size_t table = 0; table < kTableNames.size(); ++table) {
    const auto at = index_.NewCursor(static_cast<Table>(table), Reach::kTable);
    for (at->Seek({}); at->Valid(); at->Next()) {
      if (abandoned_.load(std::memory_order_relaxed)) return Ok();
      if (!SeqOf(static_cast<Table>(table), at->key(), at->value()).ok()) {
        malformed.push_back(
            {std::nullopt, "index",
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
  failures_.insert(failures_.end(), malformed_.begin(), malformed_.end());
  std::set<uint64_t> bad;
  const size_t runs = std::max(expected_.size(), found_.size());
  expected_.resize(runs);
  found_.resize(runs);
  for (uint64_t run = 0; run < runs && bad.size() < kMaxBadRuns; ++run) {
    if (expected_[run] != found_[run]) bad.insert(run);
  }
  if (bad.empty()) return std::move(failures_);

  // Once more, holding the keys of the runs that differ.
  std::set<FullKey> due;
  IndexBuilder builder(nullptr, IndexBuilder::Links::kAsTheyStand);
  TreeBuilder tree;
  std::vector<IndexPut> puts;
  ENVLEDGER_RETURN_IF_ERROR(log.Scan(0, index_.watermark(), [&](uint64_t seq, std::string_view bytes) {
    const PreparedEntry prepared = PrepareEntry(bytes);
    puts.clear();
    tree.Add(prepared.leaf_hash, puts);
    if (!prepared.status.ok() || !builder.Add(prepared, puts).ok() || bad.count(RunOf(seq)) == 0) return true;
    for (IndexPut& put : puts) due.emplace(put.table, std::move(put.key), std::move(put.value));
    return true;
  }));
  std::vector<VerifyFailure> ignored;
  const Status again = ReadIndex(
      [&](Table table, std::string_view key, std::string_view value) {
        const uint64_t seq = *SeqOf(table, key, value);
        if (bad.count(RunOf(seq)) == 0) return;
        if (due.erase({table, std::string(key), std::string(value)}) > 0) return;
        failures_.push_back(
            Failure(table, std::string(key), seq, " holds a key or value that the log does not give: "));
      },
      ignored);
  if (!again.ok()) {
    failures_.push_back(
        {std::nullopt, "index", "the index cannot be read again: " + again.message(), Verdict::kIncomplete});
    return std::move(failures_);
  }
  for (const auto& [table, key, value] : due) {
    const uint64_t seq = *SeqOf(table, key, value);
    failures_.push_back(Failure(table, key, seq, " lacks what the log gives: "));
  }
  std::stable_sort(failures_.begin(), failures_.end(), [](const VerifyFailure& a, const VerifyFailure& b) {
    return a.seq.value_or(UINT64_MAX) < b.seq.value_or(UINT64_MAX);
  });
  if (failures_.size() > limit) failures_.resize(limit);
  return std::move(failures_);
}

}  // namespace envledger
