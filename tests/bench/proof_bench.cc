// How much work a proof is, by the size of the tree.
//
//   proof_bench [--leaves N] [--proofs N] [--dir DIR]
//
// Writes a log of N entries of 8 bytes each and the index's tree over it, and asks, as the daemon does for an auditor,
// for proofs at 100 thousand, 1 million, 10 million entries, as far as N goes: of random entries in the whole tree, of
// random entries in random earlier trees, and between random sizes. Prints the median and the 99th percentile of the
// processor time that one answer takes (reading, hashing, and the check before it is given), which does not depend on
// what else the machine does, and the rows of the tree that it reads.
// The caches are those of the daemon's defaults; the files are in the system's page cache.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "ledger/index/tree_index.h"
#include "ledger/query/view.h"
#include "ledger/store/index_db.h"
#include "ledger/store/log_db.h"
#include "tests/bench/bench.h"
#include "tests/support/counting_reader.h"
#include "tests/support/temp_dir.h"

namespace envledger {
namespace {

constexpr uint64_t kBatch = 8192;

class Tree {
 public:
  explicit Tree(const std::string& dir) {
    Must(LogDb::Create(dir + "/log", {}));
    log_ = Must(LogDb::Open(dir + "/log", {}));
    index_ = Must(IndexDb::Open(dir + "/index", {}));
  }

  void GrowTo(uint64_t size) {
    for (uint64_t from = log_->size(); from < size; from = log_->size()) {
      const uint64_t until = std::min(size, from + kBatch);
      std::vector<std::string> entries;
      std::vector<IndexPut> puts;
      for (uint64_t seq = from; seq < until; ++seq) {
        entries.push_back(U64Key(seq));
        builder_.Add(LeafHash(entries.back()), puts);
      }
      Must(log_->Append(from, {entries.begin(), entries.end()}));
      Must(index_->Apply(puts, {until, std::string(View(LeafHash(entries.back())))}));
    }
    Must(index_->Flush());
  }

  LedgerView ViewOf(std::shared_ptr<const IndexReader> index) const {
    LedgerView view;
    view.log = log_.get();
    view.index = std::move(index);
    view.tree_size = log_->size();
    view.root = builder_.frontier().Root();
    return view;
  }
  std::unique_ptr<IndexReader> Snapshot() const { return index_->Snapshot(); }
  uint64_t IndexBytes() const { return index_->DiskBytes(); }

 private:
  std::unique_ptr<LogDb> log_;
  std::unique_ptr<IndexDb> index_;
  TreeBuilder builder_;
};

double ThreadMicros() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

double At(const std::vector<double>& sorted, double part) {
  return sorted[std::min(sorted.size() - 1, static_cast<size_t>(part * static_cast<double>(sorted.size())))];
}

void Measure(const char* what, uint64_t proofs, const CountingReader& counting, const std::function<void()>& prove) {
  std::vector<double> micros;
  uint64_t most = 0;
  const uint64_t before = counting.seeks;
  for (uint64_t i = 0; i < proofs; ++i) {
    const uint64_t seeks = counting.seeks;
    const double begin = ThreadMicros();
    prove();
    micros.push_back(ThreadMicros() - begin);
    most = std::max(most, counting.seeks - seeks);
  }
  std::sort(micros.begin(), micros.end());
  std::printf("  %-34s p50 %6.0f us   p99 %6.0f us   rows %4.1f, at most %llu\n", what, At(micros, 0.5),
              At(micros, 0.99), static_cast<double>(counting.seeks - before) / static_cast<double>(proofs),
              static_cast<unsigned long long>(most));
}

void MeasureAll(const Tree& tree, uint64_t proofs) {
  const auto snapshot = tree.Snapshot();
  const auto counting = std::make_shared<const CountingReader>(*snapshot);
  const LedgerView view = tree.ViewOf(counting);
  const uint64_t size = view.tree_size;
  std::printf("%llu entries, %.1f bytes of index for each\n", static_cast<unsigned long long>(size),
              static_cast<double>(tree.IndexBytes()) / static_cast<double>(size));
  std::mt19937_64 random(size);
  Measure("inclusion in the whole tree", proofs, *counting, [&] {
    static_cast<void>(Must(RunInclusionProof(view, {random() % size, size})));
  });
  Measure("inclusion in an earlier tree", proofs, *counting, [&] {
    const uint64_t earlier = 1 + random() % size;
    static_cast<void>(Must(RunInclusionProof(view, {random() % earlier, earlier})));
  });
  Measure("consistency with the whole tree", proofs, *counting, [&] {
    static_cast<void>(Must(RunConsistencyProof(view, {1 + random() % size, size})));
  });
  Measure("consistency of two earlier trees", proofs, *counting, [&] {
    const uint64_t earlier = 1 + random() % size;
    static_cast<void>(Must(RunConsistencyProof(view, {1 + random() % earlier, earlier})));
  });
}

int Main(int argc, char** argv) {
  uint64_t leaves = 10'000'000;
  uint64_t proofs = 5000;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--leaves") leaves = std::strtoull(argv[i + 1], nullptr, 10);
    if (name == "--proofs") proofs = std::strtoull(argv[i + 1], nullptr, 10);
    if (name == "--dir") setenv("TMPDIR", argv[i + 1], 1);
  }
  const TempDir dir;
  Tree tree(dir.path());
  for (const uint64_t size : {100'000u, 1'000'000u, 10'000'000u}) {
    if (size > leaves) break;
    tree.GrowTo(size);
    MeasureAll(tree, proofs);
  }
  return 0;
}

}  // namespace
}  // namespace envledger

int main(int argc, char** argv) { return envledger::Main(argc, argv); }
