// How fast durable appends are, beside what RocksDB alone does in the same run on the same disk.
//
//   append_bench [--transitions N] [--dir DIR] [--batch N]
//
// Writes N transitions as JSON Lines, appends them with the tool as a user would (`envledger append FILE`, default
// batching) to a real daemon, and prints transitions per second, the daemon's peak and present resident memory, how
// long `verify` takes, and the raw RocksDB figure: the same number of records of the same mean size, one synced
// WriteBatch for each 256. Ratios of one run are comparable; absolute figures are the machine's.
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>
#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>

#include "ledger/base/bytes.h"
#include "tests/bench/bench.h"
#include "tests/support/daemon.h"

namespace envledger {
namespace {

struct Arguments {
  uint64_t transitions = 400'000;
  std::string batch;
};

uint64_t StatusKilobytes(pid_t pid, const std::string& field) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind(field, 0) == 0) return std::strtoull(line.c_str() + field.size() + 1, nullptr, 10);
  }
  return 0;
}

double RawRocksDb(const std::string& path, uint64_t records, size_t record_bytes) {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.compression = rocksdb::kZSTD;
  rocksdb::DB* opened = nullptr;
  if (!rocksdb::DB::Open(options, path, &opened).ok()) return 0;
  const std::unique_ptr<rocksdb::DB> db(opened);
  rocksdb::WriteOptions sync;
  sync.sync = true;
  std::string value(record_bytes, 'x');
  const double seconds = Time([&] {
    for (uint64_t seq = 0; seq < records;) {
      rocksdb::WriteBatch batch;
      for (int i = 0; i < 256 && seq < records; ++i, ++seq) {
        for (size_t at = 0; at < value.size(); at += 16) value[at] = static_cast<char>(seq * 31 + at);
        batch.Put(U64Key(seq), value);
      }
      if (!db->Write(sync, &batch).ok()) std::abort();
    }
  });
  return static_cast<double>(records) / seconds;
}

int Main(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--transitions") {
      arguments.transitions = std::strtoull(argv[i + 1], nullptr, 10);
    } else if (name == "--dir") {
      setenv("TMPDIR", argv[i + 1], 1);
    } else if (name == "--batch") {
      arguments.batch = argv[i + 1];
    }
  }
  ServedLedger ledger;
  const std::string lines = ledger.path("transitions.jsonl");
  WriteLines(lines, arguments.transitions);
  const auto n = static_cast<double>(arguments.transitions);
  std::printf("%.0f transitions, %.0f bytes of JSON each\n", n,
              static_cast<double>(std::filesystem::file_size(lines)) / n);

  ledger.Start();
  std::vector<std::string> words = {"append", lines, "--append-socket", ledger.append_socket()};
  if (!arguments.batch.empty()) words.insert(words.end(), {"--batch", arguments.batch});
  Ended appended;
  const double append_seconds = Time([&] { appended = ledger.Tool(words); });
  if (appended.status != 0) {
    std::fprintf(stderr, "append failed: %s\n", appended.err.c_str());
    return 1;
  }
  const pid_t pid = ledger.daemon().pid();
  const uint64_t peak = StatusKilobytes(pid, "VmHWM:");
  const uint64_t resident = StatusKilobytes(pid, "VmRSS:");
  const double stop_seconds = Time([&] { ledger.Stop(); });
  Ended verified;
  const double verify_seconds = Time([&] { verified = ledger.OnDirectory({"verify", "--vkey", ledger.vkey()}); });
  if (verified.status != 0) {
    std::fprintf(stderr, "verify failed: %s\n", verified.out.c_str());
    return 1;
  }
  uint64_t disk = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(ledger.data_dir())) {
    if (file.is_regular_file()) disk += file.file_size();
  }
  const double raw = RawRocksDb(ledger.path("raw"), arguments.transitions, 700);

  std::printf("envledger append      %10.0f durable transitions/s  (%.1f s, tool and daemon on the same cores)\n",
              n / append_seconds, append_seconds);
  std::printf("raw RocksDB           %10.0f synced records/s of 700 bytes, 256 a batch, no index  (ratio %.2f)\n", raw,
              n / append_seconds / raw);
  std::printf("daemon memory         %10.1f MiB now, %.1f MiB at its peak\n", static_cast<double>(resident) / 1024,
              static_cast<double>(peak) / 1024);
  std::printf("orderly stop          %10.2f s\n", stop_seconds);
  std::printf("verify, everything    %10.2f s, %.0f entries/s\n", verify_seconds, n / verify_seconds);
  std::printf("disk                  %10.0f bytes a transition, log and indexes\n", static_cast<double>(disk) / n);
  return 0;
}

}  // namespace
}  // namespace envledger

int main(int argc, char** argv) { return envledger::Main(argc, argv); }
