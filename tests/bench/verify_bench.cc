// How fast a ledger is verified, beside what the cores can do at most: read every entry and hash it, and nothing else.
//
//   verify_bench [--transitions N] [--threads N] [--rounds N]
//
// Appends N transitions with the tool to a real daemon, stops it, and prints for each round: entries hashed a second by
// that many threads (each reads its own part of the log), then VerifyStored with hashes alone and with everything. Only
// the ratios of one round mean something.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "ledger/chain/tree.h"
#include "ledger/store/layout.h"
#include "ledger/store/log_db.h"
#include "ledger/verify/verify.h"
#include "tests/bench/bench.h"
#include "tests/support/daemon.h"

namespace envledger {
namespace {

struct Arguments {
  uint64_t transitions = 1'000'000;
  unsigned threads = std::max(1u, std::thread::hardware_concurrency());
  int rounds = 5;
};

// The leaf hash of every entry, the log split evenly: no order, no tree, no checkpoint.
double HashEverything(const std::string& data_dir, unsigned threads) {
  return Time([&] {
    const auto log = LogDb::OpenReadOnly(LogPath(data_dir), {});
    if (!log.ok()) std::abort();
    std::atomic<uint64_t> hashed = 0;
    std::vector<std::thread> workers;
    for (unsigned i = 0; i < threads; ++i) {
      workers.emplace_back([&, i] {
        uint64_t count = 0;
        uint8_t mixed = 0;
        const uint64_t size = (*log)->size();
        const Status scanned =
            (*log)->Scan(size * i / threads, size * (i + 1) / threads, [&](uint64_t, std::string_view entry) {
              mixed ^= LeafHash(entry)[0];
              ++count;
              return true;
            });
        if (!scanned.ok()) std::abort();
        hashed += count + (mixed & 0);
      });
    }
    for (std::thread& worker : workers) worker.join();
    if (hashed != (*log)->size()) std::abort();
  });
}

double Verify(const std::string& data_dir, unsigned threads, bool only_hashes) {
  VerifyOptions options;
  options.threads = threads;
  options.only_hashes = only_hashes;
  return Time([&] {
    const auto report = VerifyStored(data_dir, options, {});
    if (!report.ok() || !IsPass(report->verdict)) std::abort();
  });
}

int Main(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const uint64_t value = std::strtoull(argv[i + 1], nullptr, 10);
    if (name == "--transitions") arguments.transitions = value;
    if (name == "--threads") arguments.threads = static_cast<unsigned>(value);
    if (name == "--rounds") arguments.rounds = static_cast<int>(value);
  }
  ServedLedger ledger;
  const std::string lines = ledger.path("transitions.jsonl");
  WriteLines(lines, arguments.transitions);
  ledger.Start();
  if (ledger.Tool({"append", lines, "--append-socket", ledger.append_socket()}).status != 0) return 1;
  ledger.Stop();

  const auto n = static_cast<double>(arguments.transitions);
  std::printf("%.0f transitions, %u threads\n", n, arguments.threads);
  std::printf("%16s %26s %26s\n", "only read, hash", "verify --only-hashes", "verify, everything");
  for (int round = 0; round < arguments.rounds; ++round) {
    const double hashed = HashEverything(ledger.data_dir(), arguments.threads);
    const double hashes = Verify(ledger.data_dir(), arguments.threads, true);
    const double all = Verify(ledger.data_dir(), arguments.threads, false);
    std::printf("%14.0f/s %14.0f/s (%3.0f %%) %16.0f/s (%3.0f %%)\n", n / hashed, n / hashes, 100 * hashed / hashes,
                n / all, 100 * hashed / all);
  }
  return 0;
}

}  // namespace
}  // namespace envledger

int main(int argc, char** argv) { return envledger::Main(argc, argv); }
