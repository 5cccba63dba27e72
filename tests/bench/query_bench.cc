// How long an auditor waits for an answer, by the size of the ledger.
//
//   query_bench [--entries N] [--queries N] [--dir DIR] [--ledger DIR] [--question WORDS]
//
// Writes a ledger as the daemon would have: stories of four records, many open at once, by 100,000 principals, of whom
// 100 make half of them; sealed entries into the log in large groups, the index by the daemon's own indexer. The
// records carry what does not compress: trace ids, digests, ids of grants and pods. It stops at 100 thousand, 1
// million, 10 million entries, as far as N goes, and asks in process what the daemon is asked. With --ledger the ledger
// is kept in DIR (its parent must exist), and one that is there already is only asked: to compare two builds.
// --question asks only what has these words in its name.
//
// Prints the median and the 99th percentile of the time of an answer, by the clock and of the processor (which does not
// depend on what else the machine does), how many keys and entries were read for it, and at the end how the processor
// time for each envelope of an answer grows from the smallest ledger to the largest. Caches are those of the daemon's
// defaults, warmed by the queries themselves (the first tenth is not counted); the files are in the system's page
// cache.
#include <time.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "ledger/codec/entry.h"
#include "ledger/codec/transition.h"
#include "ledger/index/index_writer.h"
#include "ledger/query/view.h"
#include "ledger/store/index_db.h"
#include "ledger/store/log_db.h"
#include "tests/bench/bench.h"
#include "tests/support/temp_dir.h"
#include "tests/support/traffic.h"

namespace envledger {
namespace {

constexpr uint64_t kPrincipals = 100'000;
constexpr uint64_t kBusy = 100;         // of them, with half of the stories
constexpr uint64_t kOpenAtOnce = 1024;  // stories whose records interleave
constexpr uint64_t kGroup = 8192;
constexpr Nanos kBetween = 50'000'000;  // from one story to the next

// The same for the same story: nothing but links is kept while the ledger is written.
uint64_t Mix(uint64_t value) {
  value = (value ^ (value >> 31)) * 0x9E3779B97F4A7C15u;
  return value ^ (value >> 29);
}
uint64_t UserOf(uint64_t story) {
  const uint64_t mixed = Mix(story + 1);
  return mixed % 2 == 0 ? mixed / 2 % kBusy : mixed / 2 % kPrincipals;
}
std::string NameOf(uint64_t user) { return "user-" + std::to_string(user); }
std::string IdOf(uint64_t story) {
  return "env-" + Hex(U64Key(Mix(story))).substr(0, 12) + "-" + std::to_string(story);
}
std::string TenantOf(uint64_t user) { return "tenant-" + std::to_string(user % 50); }
std::string ModelOf(uint64_t story) { return "model-" + std::to_string(Mix(story + 7) % 200); }

// `bytes` of them in hexadecimal, which look random.
std::string Noise(uint64_t story, uint64_t which, size_t bytes) {
  std::string hex;
  for (uint64_t i = 0; hex.size() < 2 * bytes; ++i) hex += Hex(U64Key(Mix(story * 64 + which * 8 + i + 1)));
  return hex.substr(0, 2 * bytes);
}

Transition RecordOf(uint64_t story, uint64_t revision) {
  const uint64_t user = UserOf(story);
  const Nanos at = kTestMorning + static_cast<Nanos>(story) * kBetween;
  Transition t = std::move(WholeStory(IdOf(story), NameOf(user), at)[revision]);
  if (revision == 0) {
    t.identity->tenant = TenantOf(user);
    t.identity->authentication = {"oidc", "cred-" + std::to_string(user), Noise(story, 0, 8)};
    t.execution->targets = {{"model", ModelOf(story), "7", ""}};
    t.execution->request_digest = "sha256:" + Noise(story, 1, 32);
    Correlation& correlation = t.correlation.emplace();
    correlation.request_id = "req-" + std::to_string(story);
    correlation.traceparent = "00-" + Noise(story, 2, 16) + "-" + Noise(story, 3, 8) + "-01";
  }
  if (revision == 1) {
    t.decision->id = Noise(story, 4, 8);
    t.decision->policy = {"gpu-quota", "17", ""};
    t.granted->grant_id = Noise(story, 5, 8);
    Routing& routing = t.routing.emplace();
    routing.node = "node-" + std::to_string(story % 500);
    routing.native_ids = {{"pod", "ranker-" + Noise(story, 6, 5)}};
  }
  if (revision == 3) {
    Outcome& outcome = t.outcome.emplace();
    outcome.code = "ok";
    Resource tokens;
    tokens.name = "tokens.output";
    tokens.amount = static_cast<int64_t>(Mix(story) % 4096) * 1000;
    outcome.usage = {tokens};
    outcome.result_digest = "sha256:" + Noise(story, 7, 32);
  }
  return t;
}

class BenchLedger {
 public:
  // Opens what is in `dir`, or begins it. What was there before is not grown.
  explicit BenchLedger(const std::string& dir) : last_link_(kPrincipals), ordinals_(kPrincipals) {
    if (std::filesystem::exists(dir + "/log")) {
      log_ = Must(LogDb::Open(dir + "/log", {}));
      index_ = Must(IndexDb::Open(dir + "/index", {}));
      rounds_ = (log_->size() - 1) / kOpenAtOnce;
      return;
    }
    Must(LogDb::Create(dir + "/log", {}));
    log_ = Must(LogDb::Open(dir + "/log", {}));
    index_ = Must(IndexDb::Open(dir + "/index", {}));
    const Genesis genesis{"ledger.example/bench", std::string(32, 'k'), kFormatVersion, kTestMorning};
    EntryHeader header;
    header.recorded_at = kTestMorning;
    Put(*builder_.Build(header, genesis));
  }

  bool was_there() const { return next_ == 0; }

  void GrowTo(uint64_t size) {
    while (next_ < size) {
      // Whole rounds of the open stories, one record each: an envelope's records stand far apart.
      const uint64_t round = rounds_ / 4;
      const uint64_t revision = rounds_ % 4;
      for (uint64_t i = 0; i < kOpenAtOnce; ++i) Seal(round * kOpenAtOnce + i, revision, i);
      ++rounds_;
    }
    Flush();
    IndexWriter writer = Must(IndexWriter::Resume(*log_, *index_, {}));
    Must(writer.CatchUp(log_->size(), {}));
    Must(index_->Flush());
  }

  LedgerView View() const {
    LedgerView view;
    view.log = log_.get();
    view.index = index_->Snapshot();
    view.tree_size = log_->size();
    return view;
  }
  uint64_t stories() const { return rounds_ / 4 * kOpenAtOnce; }  // whole ones
  uint64_t LogBytes() const { return log_->DiskBytes(); }
  uint64_t IndexBytes() const { return index_->DiskBytes(); }

 private:
  void Seal(uint64_t story, uint64_t revision, uint64_t slot) {
    EntryHeader header;
    header.seq = next_;
    header.recorded_at = kTestMorning + static_cast<Nanos>(next_) * kBetween / 4;
    header.recorder = {1001, 1001, 43, "gateway"};
    header.previous = previous_;
    header.envelope_revision = revision;
    if (revision > 0) header.envelope_previous = last_record_[slot];
    last_record_[slot] = next_;
    if (revision == 0) {
      const uint64_t user = UserOf(story);
      PrincipalLink link;
      link.roles = kRequester;
      link.ordinal = ++ordinals_[user];
      if (link.ordinal > 1) link.previous = last_link_[user];
      last_link_[user] = next_;
      header.principal_links.push_back(link);
    }
    Put(*builder_.Build(header, Must(EncodeTransition(RecordOf(story, revision)))));
  }

  void Put(std::string_view entry) {
    previous_ = LeafHash(entry);
    group_.emplace_back(entry);
    ++next_;
    if (group_.size() == kGroup) Flush();
  }
  void Flush() {
    if (group_.empty()) return;
    Must(log_->Append(log_->size(), {group_.begin(), group_.end()}));
    group_.clear();
  }

  std::unique_ptr<LogDb> log_;
  std::unique_ptr<IndexDb> index_;
  EntryBuilder builder_;
  std::vector<std::string> group_;
  uint64_t next_ = 0;
  uint64_t rounds_ = 0;
  Hash previous_{};
  std::array<uint64_t, kOpenAtOnce> last_record_{};
  std::vector<uint64_t> last_link_;
  std::vector<uint64_t> ordinals_;
};

double ThreadSeconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

struct Measured {
  uint64_t entries = 0;
  double for_each = 0;
};
using Growth = std::map<std::string, std::vector<Measured>>;

struct Asked {
  uint64_t times = 1000;
  std::string words;  // only questions with these in their names
};

// `ask` answers once, and says how much was read and how many envelopes came.
void Measure(const std::string& what, uint64_t entries, const Asked& asked,
             const std::function<std::pair<uint64_t, uint64_t>()>& ask, Growth& growth) {
  if (what.find(asked.words) == std::string::npos) return;
  const uint64_t queries = asked.times;
  std::vector<double> millis;
  std::vector<double> processor;
  uint64_t reads = 0;
  uint64_t envelopes = 0;
  for (uint64_t i = 0; i < queries + queries / 10; ++i) {
    std::pair<uint64_t, uint64_t> answer;
    const double begin = ThreadSeconds();
    const double seconds = Time([&] { answer = ask(); });
    if (i < queries / 10) continue;
    processor.push_back((ThreadSeconds() - begin) * 1e3);
    millis.push_back(seconds * 1e3);
    reads += answer.first;
    envelopes += answer.second;
  }
  std::sort(millis.begin(), millis.end());
  std::sort(processor.begin(), processor.end());
  const double count = static_cast<double>(millis.size());
  const auto at = [](const std::vector<double>& sorted, size_t percent) {
    return sorted[sorted.size() * percent / 100];
  };
  std::printf(
      "  %-34s p50 %7.3f ms   p99 %7.3f ms   of processor time %7.3f and %7.3f   %6.1f reads, %5.1f envelopes\n",
      what.c_str(), at(millis, 50), at(millis, 99), at(processor, 50), at(processor, 99),
      static_cast<double>(reads) / count, static_cast<double>(envelopes) / count);
  std::fflush(stdout);
  growth[what].push_back({entries, std::accumulate(processor.begin(), processor.end(), 0.0) /
                                       static_cast<double>(std::max<uint64_t>(1, envelopes))});
}

void MeasureAll(const BenchLedger& ledger, const Asked& asked, Growth& growth) {
  const LedgerView view = ledger.View();
  std::printf("%llu entries, %llu stories; %.0f bytes of log and %.0f of index for each entry\n",
              static_cast<unsigned long long>(view.tree_size), static_cast<unsigned long long>(ledger.stories()),
              static_cast<double>(ledger.LogBytes()) / static_cast<double>(view.tree_size),
              static_cast<double>(ledger.IndexBytes()) / static_cast<double>(view.tree_size));
  std::mt19937_64 random(view.tree_size);
  const auto run = [&](const std::string& what, const std::function<void(QueryRequest&)>& fill) {
    Measure(
        what, view.tree_size, asked,
        [&] {
          QueryRequest q;
          q.limit = 100;
          q.descending = true;
          fill(q);
          const QueryResponse answer = Must(RunQuery(view, q, {}));
          if (!answer.completeness.complete) Must(Corruption(answer.completeness.problem));
          return std::pair<uint64_t, uint64_t>(answer.completeness.scanned, answer.envelopes.size());
        },
        growth);
  };
  const auto story = [&] { return random() % ledger.stories(); };
  run("latest 100 of a busy principal", [&](QueryRequest& q) { q.principal.emplace().id = NameOf(random() % kBusy); });
  run("latest 100 of any principal", [&](QueryRequest& q) { q.principal.emplace().id = NameOf(UserOf(story())); });
  Measure(
      "one envelope's story", view.tree_size, asked,
      [&] {
        const EnvelopeResponse answer = Must(RunEnvelope(view, {IdOf(story())}, {}));
        return std::pair<uint64_t, uint64_t>(answer.completeness.scanned, 1);
      },
      growth);
  run("tenant and model, latest 10", [&](QueryRequest& q) {
    q.limit = 10;
    q.tenant = TenantOf(random() % kPrincipals);
    q.target = ModelOf(story());
  });
  run("ten minutes, latest 100", [&](QueryRequest& q) {
    q.since = kTestMorning + static_cast<Nanos>(story()) * kBetween;
    q.until = *q.since + 600 * kSecond;
  });
  run("a busy principal's request id", [&](QueryRequest& q) {
    const uint64_t any = story();
    q.principal.emplace().id = NameOf(UserOf(any));
    q.request_id = "req-" + std::to_string(any);
  });
  run("a node, latest 100", [&](QueryRequest& q) { q.node = "node-" + std::to_string(random() % 500); });
}

int Main(int argc, char** argv) {
  uint64_t entries = 10'000'000;
  Asked asked;
  std::string kept;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--entries") entries = std::strtoull(argv[i + 1], nullptr, 10);
    if (name == "--queries") asked.times = std::strtoull(argv[i + 1], nullptr, 10);
    if (name == "--dir") setenv("TMPDIR", argv[i + 1], 1);
    if (name == "--ledger") kept = argv[i + 1];
    if (name == "--question") asked.words = argv[i + 1];
  }
  const TempDir dir;
  if (!kept.empty()) std::filesystem::create_directory(kept);
  BenchLedger ledger(kept.empty() ? dir.path() : kept);
  Growth growth;
  if (ledger.was_there()) {
    MeasureAll(ledger, asked, growth);
    return 0;
  }
  for (const uint64_t size : {100'000u, 1'000'000u, 10'000'000u}) {
    if (size > entries) break;
    const double seconds = Time([&] { ledger.GrowTo(size); });
    std::printf("written in %.0f s: ", seconds);
    MeasureAll(ledger, asked, growth);
  }
  std::printf(
      "processor time for each envelope of the answers, and its growth from the smallest ledger to the largest\n");
  for (const auto& [what, measured] : growth) {
    std::printf("  %-34s %7.3f ms, x %.2f for x %.0f entries\n", what.c_str(), measured.back().for_each,
                measured.back().for_each / measured.front().for_each,
                static_cast<double>(measured.back().entries) / static_cast<double>(measured.front().entries));
  }
  return 0;
}

}  // namespace
}  // namespace envledger

int main(int argc, char** argv) { return envledger::Main(argc, argv); }
