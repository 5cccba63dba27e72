// A round: the daemon starts on what the last crash left. Its entries are compared with the promises, the ledger is
// verified against a checkpoint kept outside, unanswered appends are sent again, and answered ones too. Then producers
// append, and it crashes once more, in one of several situations.
//
// A start that is refused is a failure. What can still be read of the log is then compared with the promises, so that a
// refusal that protects nothing is told apart from a loss.
#include "tests/crash/trial.h"

#include <signal.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "ledger/client/remote_reader.h"
#include "ledger/store/layout.h"
#include "ledger/verify/verify.h"
#include "tests/crash/salvage.h"
#include "tests/support/wait.h"

namespace envledger {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kPatience{120};
constexpr unsigned kOperationsOfAStart = 80;

std::unique_ptr<LedgerReader> Reader(const std::string& socket) {
  auto reader = RemoteReader::Connect(socket, kPatience);
  return reader.ok() ? *std::move(reader) : nullptr;
}

std::string LastLine(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

// Asks for signatures, and keeps every checkpoint, until the daemon is gone.
void KeepSigning(const std::string& socket, const std::atomic<bool>& stop, Oracle& oracle) {
  const auto reader = Reader(socket);
  while (reader && !stop) {
    const auto answer = reader->Checkpoints({.from_size = 0, .limit = 1, .latest = true, .sign_now = true});
    if (!answer.ok()) return;
    for (const std::string& note : answer->notes) oracle.KeepCheckpoint(note);
  }
}

// A byte in the middle of a file becomes another one.
void FlipByte(const std::string& path) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  const auto middle = static_cast<std::streamoff>(std::filesystem::file_size(path) / 2);
  file.seekg(middle);
  const int byte = file.get();
  file.seekp(middle);
  file.put(static_cast<char>(byte ^ 0x40));
}

std::unique_ptr<CrashLayer> MakeLayer(CrashMode mode, const std::string& root) {
  if (mode == CrashMode::kKill) return std::make_unique<Kills>();
  const PowerCuts::Disk disk{.syncs_lie = mode == CrashMode::kLyingDisk,
                             .names_in_any_order = mode == CrashMode::kPowerCutAnyOrder};
  return std::make_unique<PowerCuts>(root, disk);
}

}  // namespace

std::string Tally::Summary() const {
  return std::to_string(rounds) + " rounds, " + std::to_string(crashes) + " crashes, " + std::to_string(acknowledged) +
         " records acknowledged: " + std::to_string(lost) + " lost, " + std::to_string(doubled) + " doubled, " +
         std::to_string(changed) + " changed; " + std::to_string(starts) + " starts, of at most " +
         std::to_string(longest_start.count()) + " ms; " + std::to_string(failures.size()) + " failures";
}

Trial::Trial(CrashMode mode, uint64_t seed, Tally& tally) : seed_(seed), tally_(tally), random_(seed) {
  layer_ = MakeLayer(mode, std::filesystem::path(ledger_.data_dir()).parent_path());
  options_ = {"--checkpoint-seconds=1", "--checkpoint-entries=" + std::to_string(20 + Below(400)),
              "--group-max-entries=" + std::to_string(8 << Below(8)), "--log-level=warning"};
}

void Trial::Fail(const std::string& what) {
  tally_.failures.push_back("seed " + std::to_string(seed_) + ", round " + std::to_string(round_) + ": " + what);
  goes_on_ = false;
}

void Trial::Run(unsigned rounds) {
  static constexpr Round kRounds[] = {
      &Trial::CrashUnderLoad,     &Trial::CrashUnderLoad,     &Trial::CrashUnderLoad,
      &Trial::CrashUnderLoad,     &Trial::CrashWhileStarting, &Trial::CrashWhileStarting,
      &Trial::CrashWhileStopping, &Trial::CrashWhileStopping, &Trial::CrashAroundCheckpoints,
      &Trial::CrashAroundFlush,   &Trial::CrashInRotation,    &Trial::CrashInRebuild};
  for (round_ = 0; goes_on_ && round_ < rounds; ++round_) {
    ++tally_.rounds;
    if (!StartAndCheck()) break;
    (this->*kRounds[Below(std::size(kRounds))])();
  }
  if (goes_on_ && StartAndCheck()) Finish();
  tally_.acknowledged += oracle_.acknowledged();
}

bool Trial::StartAndCheck() {
  const auto begin = steady_clock::now();
  ledger_.Launch(options_, layer_->Setup());
  if (!ledger_.WaitUntilReady()) return Refused();
  last_start_ = std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin);
  tally_.longest_start = std::max(tally_.longest_start, last_start_);
  ++tally_.starts;
  if (!CompareAll()) return false;
  VerifyWithAnchor();
  AppendUnanswered(ledger_.append_socket(), oracle_);
  AppendSample(ledger_.append_socket(), oracle_);
  if (const auto reader = Reader(ledger_.audit_socket())) {
    const auto answer = reader->Checkpoints({.from_size = 0, .limit = 1, .latest = true, .sign_now = Below(2) == 0});
    if (!answer.ok()) Fail("no checkpoint: " + answer.status().ToString());
    if (answer.ok()) oracle_.KeepCheckpoint(answer->notes.front());
  }
  for (const std::string& problem : oracle_.problems()) Fail(problem);
  return goes_on_;
}

// Always false.
bool Trial::Refused() {
  goes_on_ = false;
  const std::string message = LastLine(ledger_.daemon().Wait().err);
  std::string problem;
  const std::vector<std::string> entries = SalvageEntries(LogPath(ledger_.data_dir()), &problem);
  if (!Compare(entries)) {
    Fail("the start was refused: " + message);
    return false;
  }
  Fail("a start was refused though nothing was lost: " + message + " (salvaged: " + problem + ")");
  return false;
}

bool Trial::CompareAll() {
  const auto reader = Reader(ledger_.audit_socket());
  std::vector<std::string> entries;
  for (uint64_t size = 1; reader && entries.size() < size;) {
    auto page = reader->Entries({entries.size(), 0});
    if (!page.ok() || page->entries.empty()) {
      Fail("entry " + std::to_string(entries.size()) + " cannot be read: " + page.status().ToString());
      return false;
    }
    size = page->tree_size;
    std::move(page->entries.begin(), page->entries.end(), std::back_inserter(entries));
  }
  return Compare(entries);
}

bool Trial::Compare(const std::vector<std::string>& entries) {
  const Broken broken = oracle_.Compare(entries);
  tally_.lost += broken.lost;
  tally_.doubled += broken.doubled;
  tally_.changed += broken.changed;
  if (broken.any()) {
    Fail(std::to_string(broken.lost) + " lost, " + std::to_string(broken.doubled) + " doubled, " +
         std::to_string(broken.changed) + " changed, " + std::to_string(broken.checkpoints) +
         " checkpoints broken; the first: " + broken.first);
  }
  return !broken.any();
}

// An index that is being rebuilt beside normal operation is incomplete for a while.
void Trial::VerifyWithAnchor() {
  VerifyOptions options;
  const auto key = ParseVerifierKey(ledger_.vkey());
  if (!key.ok()) throw std::runtime_error("the ledger's vkey: " + key.status().ToString());
  options.trusted_key = *key;
  options.threads = 1;
  if (!oracle_.anchor().empty()) options.anchors = {{oracle_.anchor(), "kept by the oracle", true}};
  std::string said;
  const bool valid = WaitUntil(
      [&] {
        const auto report = VerifyStored(ledger_.data_dir(), options, nullptr);
        said = report.ok() ? StatusOf(*report).ToString() : report.status().ToString();
        const bool passes = report.ok() && IsPass(report->verdict);
        return passes || !report.ok() || report->verdict != Verdict::kIncomplete;
      },
      kPatience);
  if (!valid || said != Ok().ToString()) Fail("verify: " + said);
}

void Trial::Finish() {
  const Ended stopped = ledger_.Stop();
  if (stopped.status != 0) Fail("a clean stop ended with " + std::to_string(stopped.status) + ": " + stopped.err);
  const TempDir outside;
  const std::string anchor = outside.path() + "/checkpoint";
  std::ofstream(anchor, std::ios::binary) << oracle_.anchor();
  const Ended verified = ledger_.OnDirectory({"verify", "--vkey", ledger_.vkey(), "--checkpoint", anchor});
  if (verified.status != 0 || verified.out.find("VALID") == std::string::npos) {
    Fail("envledger verify ended with " + std::to_string(verified.status) + ": " + verified.out + verified.err);
  }
}

void Trial::Settle() {
  ++tally_.crashes;
  story_ += "  " + layer_->Settle(random_) + "\n";
}

// --- the situations ---

Load Trial::ALoad() {
  return {.threads = 1 + Below(5), .most_items = 1u << Below(7), .most_inflight = 1 + Below(8), .purpose_bytes = 0};
}

DiskOp Trial::AKind() {
  // Before a sync, and before its end, is where most is at stake.
  static constexpr DiskOp kKinds[] = {DiskOp::kAny,       DiskOp::kWrite,   DiskOp::kSyncBegin,
                                      DiskOp::kSyncBegin, DiskOp::kSyncEnd, DiskOp::kSyncEnd,
                                      DiskOp::kCreate,    DiskOp::kUnlink,  DiskOp::kRename};
  return kKinds[Below(std::size(kKinds))];
}

void Trial::LoadAndCrash(const Load& load, uint64_t acknowledgments, const Span& span, bool stop_first) {
  const uint64_t wanted = oracle_.acknowledged() + acknowledgments;
  const std::string name = "s" + std::to_string(seed_) + "-r" + std::to_string(round_);
  Producers producers(ledger_.append_socket(), name, load, random_(), oracle_);
  const bool enough =
      WaitUntil([&] { return oracle_.acknowledged() >= wanted || !ledger_.daemon().running(); }, kPatience);
  if (!enough) Fail("appends do not go on");
  if (stop_first) ledger_.daemon().Signal(SIGTERM);
  layer_->Crash(ledger_.daemon(), span, random_);
  ledger_.daemon().Wait();
  producers.Stop();
  Settle();
}

void Trial::LaunchAndCrash() {
  ledger_.Launch(options_, layer_->Setup());
  const auto twice = static_cast<unsigned>(2000 * last_start_.count());
  layer_->Crash(ledger_.daemon(), {.microseconds = twice, .operations = kOperationsOfAStart, .kind = DiskOp::kAny},
                random_);
  ledger_.daemon().Wait();
  Settle();
}

Ended Trial::ToolAndCrash(const std::vector<std::string>& words, const Span& span) {
  std::vector<std::string> command = {ToolPath()};
  command.insert(command.end(), words.begin(), words.end());
  Child tool(command, layer_->Setup());
  layer_->Crash(tool, span, random_);
  Ended ended = tool.Wait();
  Settle();
  return ended;
}

Ended Trial::RunTool(const std::vector<std::string>& words) {
  std::vector<std::string> command = {ToolPath()};
  command.insert(command.end(), words.begin(), words.end());
  return Child(command, layer_->Setup()).Wait();
}

void Trial::CrashUnderLoad() {
  story_ += "round " + std::to_string(round_) + ": under load\n";
  LoadAndCrash(ALoad(), 1 + Below(400), {.microseconds = 5000, .operations = 40, .kind = AKind()}, false);
}

void Trial::CrashWhileStarting() {
  story_ += "round " + std::to_string(round_) + ": under load, then while starting\n";
  LoadAndCrash(ALoad(), 1 + Below(100), {.microseconds = 5000, .operations = 10}, false);
  LaunchAndCrash();
}

void Trial::CrashWhileStopping() {
  story_ += "round " + std::to_string(round_) + ": while stopping\n";
  LoadAndCrash(ALoad(), 1 + Below(100), {.microseconds = 40'000, .operations = 60}, true);
}

void Trial::CrashAroundCheckpoints() {
  story_ += "round " + std::to_string(round_) + ": around checkpoints\n";
  std::atomic<bool> stop = false;
  std::thread signer([&] { KeepSigning(ledger_.audit_socket(), stop, oracle_); });
  LoadAndCrash(ALoad(), 1 + Below(300), {.microseconds = 5000, .operations = 20, .kind = DiskOp::kRename}, false);
  stop = true;
  signer.join();
}

// The log's buffer of 32 MiB becomes full, and a new write-ahead log begins.
void Trial::CrashAroundFlush() {
  story_ += "round " + std::to_string(round_) + ": around a flush\n";
  const Load load{.threads = 3, .most_items = 32, .most_inflight = 2, .purpose_bytes = 12'000};
  const DiskOp kind = Below(2) == 0 ? DiskOp::kUnlink : DiskOp::kCreate;
  LoadAndCrash(load, 2600, {.microseconds = 300'000, .operations = 3, .kind = kind}, false);
}

void Trial::CrashInRotation() {
  story_ += "round " + std::to_string(round_) + ": under load, then in a rotation, then while starting\n";
  LoadAndCrash(ALoad(), 1 + Below(50), {.microseconds = 5000, .operations = 10}, false);
  const std::vector<std::string> words = {"key",        "rotate",          "--key", ledger_.key_path(),
                                          "--data-dir", ledger_.data_dir()};
  ToolAndCrash(words, {.microseconds = 40'000, .operations = 25});
  const Ended rotated = RunTool(words);
  if (rotated.status != 0) Fail("key rotate: " + rotated.err);
  LaunchAndCrash();
}

void Trial::CrashInRebuild() {
  story_ += "round " + std::to_string(round_) + ": under load, then in a rebuild of the index\n";
  LoadAndCrash(ALoad(), 1 + Below(300), {.microseconds = 5000, .operations = 10}, false);
  std::vector<std::string> files;
  for (const auto& file : std::filesystem::directory_iterator(IndexPath(ledger_.data_dir()))) {
    const std::string name = file.path().filename();
    if (file.is_regular_file() && file.file_size() > 0 && name != "LOCK") files.push_back(file.path());
  }
  std::sort(files.begin(), files.end());
  if (!files.empty()) FlipByte(files[Below(static_cast<unsigned>(files.size()))]);
  if (Below(2) == 0) {
    ToolAndCrash({"index", "rebuild", "--data-dir", ledger_.data_dir()}, {.microseconds = 60'000, .operations = 60});
  }
  LaunchAndCrash();
}

Tally RunTrials(CrashMode mode, uint64_t seed, unsigned rounds, bool verbose) {
  Tally tally;
  while (tally.rounds < rounds) {
    const size_t failed = tally.failures.size();
    Trial trial(mode, seed, tally);
    trial.Run(std::min<unsigned>(Trial::kMostRounds, rounds - static_cast<unsigned>(tally.rounds)));
    if (verbose || tally.failures.size() > failed) {
      std::printf("seed %llu\n%s", static_cast<unsigned long long>(seed), trial.story().c_str());
    }
    for (size_t i = failed; i < tally.failures.size(); ++i) std::printf("FAILED: %s\n", tally.failures[i].c_str());
    ++seed;
  }
  return tally;
}

}  // namespace envledger
