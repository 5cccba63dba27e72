// What one huge envelope costs: time to append to it, and memory of the daemon that answers and of the tool that asks.
//
//   envelope_bench [--records N] [--bytes N] [--format FORMAT] [--dir DIR]
//
// Appends an envelope of N records (40,000 unless told otherwise), each with so many bytes of text (16,000), to a real
// daemon through its socket, and prints how long each tenth of them took, which should be the same for all of them, and
// how long the next record takes when the daemon has been restarted and knows nothing of the envelope. Then every
// command that can be about that envelope is run in every format, or in the one given, first on the socket, then on the
// directory, and the peak of resident memory is printed for each: of the daemon since the command before, and of the
// tool. The most that an envelope may hold by default are 100,000 records of 60 KiB. That takes hours in all formats:
//
//   envelope_bench --records 100000 --bytes 61000 --format json
//
// Ends with status 1 when a command failed, or when any of them took more than 256 MiB.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "ledger/client/append_client.h"
#include "ledger/codec/transition.h"
#include "tests/bench/bench.h"
#include "tests/support/daemon.h"
#include "tests/support/huge_envelope.h"
#include "tests/support/traffic.h"

namespace envledger {
namespace {

constexpr uint64_t kMost = 256u << 20;
const std::string kId = "env-huge";

struct Arguments {
  uint64_t records = 40'000;
  size_t bytes = 16'000;
  std::string format = {};  // empty: all
};

class Bench {
 public:
  explicit Bench(const Arguments& arguments) : format_(arguments.format) {
    ledger_.Start({"--max-envelope-records=" + std::to_string(arguments.records + 1)});
    Append(arguments);
    AppendOneAfterARestart(arguments.records);
  }

  bool RunAll() {
    std::vector<std::vector<std::string>> commands;
    for (const std::string format : {"table", "json", "jsonl", "csv"}) {
      if (!format_.empty() && format != format_) continue;
      for (const std::vector<std::string>& words :
           std::vector<std::vector<std::string>>{{"show", kId},
                                                 {"show", kId, "--tree"},
                                                 {"show", kId, "--at", "2026-03-17T09:30:00Z"},
                                                 {"query"},
                                                 {"query", "--scan"},
                                                 {"query", "--principal", "user:alice", "--narrowed"},
                                                 {"findings"},
                                                 {"account"}}) {
        commands.push_back(words);
        commands.back().insert(commands.back().end(), {"--format", format});
      }
    }
    commands.push_back({"show", kId, "--raw"});
    commands.push_back({"show", kId, "--prove", "--vkey", ledger_.vkey()});
    commands.push_back({"query", "--prove", "--vkey", ledger_.vkey()});
    commands.push_back({"follow", "--from", "0", "--tenant", "tenant-alice", "--stage", "suspended", "--count", "1"});
    for (const char* form : {"jsonl", "csv", "ocsf", "cloudevents"}) commands.push_back({"export", "--format", form});
    for (const std::vector<std::string>& command : commands) Run(command, true);
    Run({"verify", "--vkey", ledger_.vkey()}, true);
    ledger_.Stop();
    for (const std::vector<std::string>& command : commands) {
      if (command.front() != "follow") Run(command, false);
    }
    Run({"verify", "--vkey", ledger_.vkey()}, false);
    return fine_;
  }

 private:
  using Clock = std::chrono::steady_clock;
  static double Since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

  void Append(const Arguments& arguments) {
    uint64_t tenths = 0;
    Clock::time_point begin = Clock::now();
    const auto first = begin;
    std::printf("seconds for each tenth of the records:");
    AppendHuge(ledger_.append_socket(), kId, arguments.records, arguments.bytes, [&](uint64_t records) {
      if (records * 10 < arguments.records * (tenths + 1)) return;
      std::printf(" %.2f", Since(begin));
      begin = Clock::now();
      tenths = records * 10 / arguments.records;
    });
    std::printf("\nappended %llu records of %zu bytes in %.1f s; the daemon's peak %.0f MiB\n",
                static_cast<unsigned long long>(arguments.records), arguments.bytes, Since(first),
                Mebibytes(PeakBytes(ledger_.daemon().pid())));
  }

  // Beside the first record of another envelope and the one after it, so that the cost of loading the envelope shows.
  void AppendOneAfterARestart(uint64_t records) {
    ledger_.Stop();
    ledger_.Start({"--max-envelope-records=" + std::to_string(records + 3)});
    AppendClientOptions options;
    options.socket_path = ledger_.append_socket();
    const auto client = AppendClient::Create(options);
    std::printf("after a restart, milliseconds:");
    std::vector<Transition> next = {Requested("env-other", "bob")};
    for (const char* note : {"one more", "and another"}) {
      next.push_back(Plain(kId, Stage::kAnnotated, kTestMorning));
      next.back().note = note;
    }
    for (const Transition& transition : next) {
      const auto begin = Clock::now();
      const auto answer = client->Append(transition).get();
      std::printf("  %.2f for a record of %s", Since(begin) * 1000, transition.envelope_id.c_str());
      if (!answer.ok()) std::printf(" (%s)", answer.status().ToString().c_str());
      fine_ = fine_ && answer.ok();
    }
    std::printf("\n");
  }

  static double Mebibytes(uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

  void Run(const std::vector<std::string>& words, bool on_socket) {
    std::vector<std::string> command = {ToolPath()};
    command.insert(command.end(), words.begin(), words.end());
    if (on_socket) {
      command.insert(command.end(), {"--socket", ledger_.audit_socket(), "--timeout", "600"});
      ForgetPeak(ledger_.daemon().pid());
    } else {
      command.insert(command.end(), {"--data-dir", ledger_.data_dir()});
    }
    Child::Setup setup;
    setup.stdout_path = "/dev/null";
    Ended ended;
    const double seconds = Time([&] { ended = Child(command, setup).Wait(); });
    const uint64_t daemon = on_socket ? PeakBytes(ledger_.daemon().pid()) : 0;
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word.substr(0, 40);
    const bool fits = daemon <= kMost && ended.peak_bytes <= kMost;
    std::printf("%-9s %-72s %6.1f s   daemon %5.0f MiB   tool %5.0f MiB%s\n", on_socket ? "socket" : "directory",
                text.c_str(), seconds, Mebibytes(daemon), Mebibytes(ended.peak_bytes), fits ? "" : "   TOO MUCH");
    if (ended.status != 0) std::printf("  status %d: %s\n", ended.status, ended.err.c_str());
    std::fflush(stdout);
    fine_ = fine_ && fits && ended.status == 0;
  }

  const std::string format_;
  ServedLedger ledger_;
  bool fine_ = true;
};

int Main(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--format") arguments.format = argv[i + 1];
    if (name == "--records") arguments.records = std::strtoull(argv[i + 1], nullptr, 10);
    if (name == "--bytes") arguments.bytes = std::strtoull(argv[i + 1], nullptr, 10);
    if (name == "--dir") setenv("TMPDIR", argv[i + 1], 1);
  }
  return Bench(arguments).RunAll() ? 0 : 1;
}

}  // namespace
}  // namespace envledger

int main(int argc, char** argv) { return envledger::Main(argc, argv); }
