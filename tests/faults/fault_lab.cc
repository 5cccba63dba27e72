// What an attempt is judged by:
//
//   - The daemon ends only with a documented exit status, and never because of a fault that it should not notice. Of
//     the documented ones, an I/O error allows 0 and 5: it is no verdict on the ledger.
//   - Whoever waits for an answer gets one, or sees the connection end; a signal ends the daemon. Patience is long, and
//     nothing is judged by how long it took.
//   - A fault that is noticed is named, by the text of its errno, in an answer or on the daemon's standard error.
//   - After a start without faults, every acknowledged record is there once and as it was acknowledged, what was not
//     answered can be sent again, and `envledger verify` passes.
#include "tests/faults/fault_lab.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <new>
#include <random>
#include <set>
#include <stdexcept>

#include "ledger/client/remote_reader.h"
#include "ledger/codec/transition.h"
#include "tests/crash/producers.h"
#include "tests/support/traffic.h"
#include "tests/support/wait.h"

namespace envledger {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kPatience{60};
constexpr size_t kTextBytes = 12'000;
constexpr unsigned kBatchOfTexts = 32;
// More than the log's buffer of 32 MiB.
constexpr unsigned kBatchesThatFlush = 110;
constexpr unsigned kBatchesOfStories = 6;
// Enough for a start to write tables in parts, which it writes back one by one.
constexpr unsigned kBatchesBefore = 16;

const std::vector<std::string>& Options() {
  static const std::vector<std::string> options = {"--checkpoint-seconds=3600", "--checkpoint-entries=1000000"};
  return options;
}

std::string Encoded(const Transition& transition) {
  auto bytes = EncodeTransition(transition);
  if (!bytes.ok()) throw std::runtime_error("a transition cannot be encoded: " + bytes.status().ToString());
  return *std::move(bytes);
}

// Openings with texts that do not compress to nothing.
std::vector<Batch> BatchesOfTexts(const std::string& name, unsigned count) {
  std::mt19937_64 random(count);
  std::string letters(1 << 20, ' ');
  for (size_t i = 0; i < letters.size(); ++i) {
    if (i % 8 != 7) letters[i] = static_cast<char>('a' + random() % 26);
  }
  std::vector<Batch> batches(count);
  for (unsigned i = 0; i < count * kBatchOfTexts; ++i) {
    Transition transition = Requested(name + "-" + std::to_string(i), "alice");
    transition.scope->purpose = letters.substr(random() % (letters.size() - kTextBytes), kTextBytes);
    batches[i / kBatchOfTexts].push_back(Encoded(transition));
  }
  return batches;
}

Batch Story(const std::string& name) {
  Batch batch;
  for (const Transition& transition : WholeStory(name, "bob")) batch.push_back(Encoded(transition));
  return batch;
}

Result<std::vector<Acknowledgment>> Append(const std::string& socket, const Batch& batch) {
  ENVLEDGER_ASSIGN_OR_RETURN(const auto client, AuditClient::Connect(socket, kPatience));
  AppendRequest request;
  for (const std::string& bytes : batch) request.items.push_back({bytes, std::nullopt});
  ENVLEDGER_ASSIGN_OR_RETURN(AppendResponse response, client->CallFor<AppendResponse>(std::move(request)));
  return std::move(response.acknowledgments);
}

std::string LastLine(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

// What a message about the fault must contain.
bool Names(const std::string& text, const FaultCase& fault) {
  if (text.find(std::strerror(fault.error)) != std::string::npos) return true;
  // An allocation has no errno.
  return fault.call == FaultCall::kMmap && text.find("out of memory") != std::string::npos;
}

}  // namespace

class FaultLab::Attempt {
 public:
  Attempt(FaultLab& lab, const FaultCase& fault) : lab_(lab), ledger_(lab.ledger_), page_(*lab.page_), fault_(fault) {
    for (const auto& [batch, acknowledgments] : lab.promises_) oracle_.Acknowledged(batch, acknowledgments);
  }

  FaultResult Run() {
    switch (fault_.phase) {
      case FaultPhase::kInit:
        Init();
        break;
      case FaultPhase::kStart:
        Start();
        break;
      default:
        Serve();
    }
    Disarm();
    Judge();
    CheckAfterwards();
    for (const std::string& problem : oracle_.problems()) Wrong(problem);
    return result_;
  }

 private:
  void Wrong(const std::string& what) { result_.wrong.push_back(what); }
  void Say(const std::string& what) { result_.said += what + "\n"; }

  void Arm() { lab_.Arm(fault_); }
  void Disarm() { page_.armed = 0; }
  bool Killed() const { return fault_.error == kKill && page_.struck > 0; }

  // Waits for the program's end.
  Ended EndOf(Child& program, const char* what) {
    if (!WaitUntil([&] { return !program.running(); }, kPatience)) {
      Wrong(std::string(what) + " hangs");
      program.Signal(SIGKILL);
    }
    return program.Wait();
  }

  // Judges the exit status of a program that may have ended because of the fault.
  void Finished(const Ended& ended) {
    if (!ended.err.empty()) Say(ended.err);
    if (ended.status == 0) return;
    if (Killed() && ended.status == 128 + SIGKILL) {
      result_.seen = FaultSeen::kKilled;
      return;
    }
    result_.seen = FaultSeen::kEnded;
    if (ended.status != 5) {
      Wrong("it ended with status " + std::to_string(ended.status) + ": " + LastLine(ended.err));
    } else if (LastLine(ended.err).find("envledgerd: ") == std::string::npos) {
      Wrong("no message says why it ended: " + LastLine(ended.err));
    }
  }

  void Init() {
    fs::remove_all(ledger_.data_dir());
    Arm();
    Child init(InitCommand(), lab_.setup_);
    Finished(EndOf(init, "init"));
    // Either there is a ledger now, or it can be created.
    Disarm();
    const Ended again = RunProgram(InitCommand());
    if (again.status != 0 && (again.status != 2 || !fs::exists(ledger_.data_dir() + "/log"))) {
      Wrong("the next init ended with " + std::to_string(again.status) + ": " + again.err);
    }
    if (result_.seen == FaultSeen::kNotReached && again.status != 2) Wrong("init ended well, but made no ledger");
    oracle_is_empty_ = true;
  }
  std::vector<std::string> InitCommand() const {
    return {DaemonPath(),          "--init", "--data-dir",      ledger_.data_dir(), "--origin",
            ServedLedger::kOrigin, "--key",  ledger_.key_path()};
  }

  void Start() {
    Arm();
    ledger_.Launch(Options(), lab_.setup_);
    if (!ledger_.WaitUntilReady()) {
      if (ledger_.daemon().running()) Wrong("the start hangs");
      ledger_.daemon().Signal(SIGKILL);
      return Finished(ledger_.daemon().Wait());
    }
    Disarm();
    Look();
    End();
  }

  void Serve() {
    ledger_.Launch(Options(), lab_.setup_);
    if (!ledger_.WaitUntilReady()) throw std::runtime_error("no start: " + ledger_.daemon().Wait().err);
    Arm();
    switch (fault_.phase) {
      case FaultPhase::kAppend:
        for (unsigned i = 0; i < kBatchesOfStories; ++i) AppendOne(Story("story-" + std::to_string(i)));
        break;
      case FaultPhase::kFlush:
        // Made once: they are large.
        if (lab_.flushing_.empty()) lab_.flushing_ = BatchesOfTexts("text", kBatchesThatFlush);
        Flush();
        break;
      case FaultPhase::kCheckpoint:
        AppendOne(Story("story"));
        Sign();
        break;
      default:
        break;
    }
    if (fault_.phase != FaultPhase::kStop) {
      Look();
      Disarm();
    }
    End();
  }

  // The buffer is written into a table beside further appends, until the write-ahead log that it came from is removed.
  void Flush() {
    const std::set<std::string> before = LogsOfTheLog();
    for (const Batch& batch : lab_.flushing_) {
      if (!AppendOne(batch)) return;
    }
    const auto flushed = [&] {
      const std::set<std::string> now = LogsOfTheLog();
      return std::none_of(before.begin(), before.end(), [&](const std::string& log) { return now.count(log) > 0; });
    };
    unsigned more = 0;
    bool goes_on = true;
    const auto ended = [&] {
      if (!flushed()) goes_on = AppendOne(Story("more-" + std::to_string(more++)));
      return !goes_on || flushed();
    };
    if (!WaitUntil(ended, kPatience)) Wrong("the log's buffer is not written, and nobody says why");
  }
  std::set<std::string> LogsOfTheLog() const {
    std::set<std::string> logs;
    for (const auto& file : fs::directory_iterator(ledger_.data_dir() + "/log")) {
      if (file.path().extension() == ".log") logs.insert(file.path().filename());
    }
    return logs;
  }

  bool AppendOne(const Batch& batch) {
    const auto answer = Append(ledger_.append_socket(), batch);
    if (answer.ok()) {
      oracle_.Acknowledged(batch, *answer);
      return true;
    }
    oracle_.Unanswered(batch);
    Refused("append", answer.status());
    return false;
  }

  void Sign() {
    const auto reader = RemoteReader::Connect(ledger_.audit_socket(), kPatience);
    const auto answer = reader.ok() ? (*reader)->Checkpoints({.limit = 1, .latest = true, .sign_now = true})
                                    : Result<CheckpointsResponse>(reader.status());
    if (answer.ok()) return oracle_.KeepCheckpoint(answer->notes.front());
    Refused("sign", answer.status());
  }

  void Refused(const std::string& what, const Status& status) {
    Say(what + ": " + status.ToString());
    if (status.message().find("did not answer") != std::string::npos) Wrong("no answer to " + what);
    if (status.code() != Code::kUnavailable && status.code() != Code::kUnknownOutcome &&
        status.code() != Code::kNotFound) {
      Wrong(what + " was refused: " + status.ToString());
    }
    if (result_.seen < FaultSeen::kStopped) result_.seen = FaultSeen::kStopped;
  }

  // Whether the daemon answers questions, and what it says of itself.
  void Look() {
    if (!ledger_.daemon().running()) return;
    const auto reader = RemoteReader::Connect(ledger_.audit_socket(), kPatience);
    const auto status = reader.ok() ? (*reader)->Status({}) : Result<StatusResponse>(reader.status());
    if (!status.ok()) {
      // It may be about to end because of the fault.
      if (!WaitUntil([this] { return !ledger_.daemon().running(); }, kPatience)) {
        Wrong("questions are not answered: " + status.status().ToString());
      }
      return;
    }
    if (status->healthy) return;
    Say("status: " + status->problem);
    if (result_.seen < FaultSeen::kReported) result_.seen = FaultSeen::kReported;
  }

  void End() {
    const bool by_itself = !ledger_.daemon().running();
    if (!by_itself) ledger_.daemon().Signal(SIGTERM);
    const FaultSeen before = result_.seen;
    Finished(EndOf(ledger_.daemon(), "the stop"));
    // A stop that cannot seal or sign any more says so by its status, too.
    if (!by_itself && result_.seen == FaultSeen::kEnded && before > FaultSeen::kNothing) result_.seen = before;
  }

  void Judge() {
    const bool struck = page_.struck > 0;
    if (fault_.error == 0) return;
    if (!struck) {
      if (result_.seen != FaultSeen::kNotReached) Wrong("nothing failed, and yet: " + result_.said);
      return;
    }
    if (result_.seen == FaultSeen::kNotReached) result_.seen = FaultSeen::kNothing;
    if (result_.seen == FaultSeen::kNothing || result_.seen == FaultSeen::kKilled) return;
    if (IsHarmless(fault_)) Wrong("a fault that must not be noticed was: " + result_.said);
    if (!Names(result_.said, fault_))
      Wrong("no message names " + std::string(std::strerror(fault_.error)) + ": " + result_.said);
  }

  void CheckAfterwards() {
    const Oracle nothing;
    ledger_.Launch(Options(), {});
    if (!ledger_.WaitUntilReady()) {
      ledger_.daemon().Signal(SIGKILL);
      return Wrong("the next start does not get ready: " + LastLine(ledger_.daemon().Wait().err));
    }
    Compare();
    AppendUnanswered(ledger_.append_socket(), oracle_);
    AppendOne(Story("afterwards"));
    Sign();
    const Ended stopped = ledger_.Stop();
    if (stopped.status != 0) Wrong("the stop afterwards ended with " + std::to_string(stopped.status) + stopped.err);
    Verify();
  }

  void Compare() {
    std::vector<std::string> entries;
    const auto reader = RemoteReader::Connect(ledger_.audit_socket(), kPatience);
    for (uint64_t size = 1; reader.ok() && entries.size() < size;) {
      auto page = (*reader)->Entries({entries.size(), 0});
      if (!page.ok() || page->entries.empty()) return Wrong("entries cannot be read: " + page.status().ToString());
      size = page->tree_size;
      std::move(page->entries.begin(), page->entries.end(), std::back_inserter(entries));
    }
    const Broken broken = oracle_is_empty_ ? Oracle().Compare(entries) : oracle_.Compare(entries);
    if (broken.any()) {
      Wrong(std::to_string(broken.lost) + " lost, " + std::to_string(broken.doubled) + " doubled, " +
            std::to_string(broken.changed) + " changed: " + broken.first);
    }
  }

  void Verify() {
    const TempDir outside;
    const std::string anchor = outside.path() + "/checkpoint";
    std::ofstream(anchor, std::ios::binary) << oracle_.anchor();
    const Ended verified = ledger_.OnDirectory({"verify", "--vkey", ledger_.vkey(), "--checkpoint", anchor});
    if (verified.status != 0 || verified.out.find("VALID") == std::string::npos) {
      Wrong("verify ended with " + std::to_string(verified.status) + ": " + verified.out + verified.err);
    }
  }

  FaultLab& lab_;
  ServedLedger& ledger_;
  FaultPage& page_;
  const FaultCase fault_;
  Oracle oracle_;
  bool oracle_is_empty_ = false;
  FaultResult result_;
};

FaultLab::FaultLab() {
  const std::string path = directory_.path() + "/page";
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  void* mapped = MAP_FAILED;
  if (fd >= 0 && ftruncate(fd, sizeof(FaultPage)) == 0) {
    mapped = mmap(nullptr, sizeof(FaultPage), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  }
  close(fd);
  if (mapped == MAP_FAILED) throw std::runtime_error("cannot map " + path);
  page_ = new (mapped) FaultPage;
  setup_.environment = {
      {"LD_PRELOAD", ENVLEDGER_FAULT_SHIM}, {kFaultRootVariable, ledger_.data_dir()}, {kFaultPageVariable, path}};
  for (unsigned session = 0; session < 2; ++session) {
    ledger_.Start(Options());
    for (Batch& batch : BatchesOfTexts("before-" + std::to_string(session), kBatchesBefore)) {
      auto answer = Append(ledger_.append_socket(), batch);
      if (!answer.ok()) throw std::runtime_error("append: " + answer.status().ToString());
      promises_.emplace_back(std::move(batch), *std::move(answer));
    }
    if (session == 0) ledger_.Stop();
  }
  ledger_.Kill();
  fs::copy(ledger_.data_dir(), directory_.path() + "/data", fs::copy_options::recursive);
}

FaultLab::~FaultLab() { munmap(page_, sizeof(FaultPage)); }

void FaultLab::Restore() {
  fs::remove_all(ledger_.data_dir());
  fs::copy(directory_.path() + "/data", ledger_.data_dir(), fs::copy_options::recursive);
}

void FaultLab::Arm(const FaultCase& fault) {
  page_->call = fault.call;
  page_->error = fault.error;
  page_->first = fault.first;
  page_->end = fault.calls > UINT64_MAX - fault.first ? UINT64_MAX : fault.first + fault.calls;
  page_->struck = 0;
  for (auto& seen : page_->seen) seen = 0;
  page_->armed = 1;
}

FaultResult FaultLab::Run(const FaultCase& fault) {
  Restore();
  return Attempt(*this, fault).Run();
}

Ended FaultLab::RunVerify(const FaultCase& fault) {
  Restore();
  Arm(fault);
  Child tool({ToolPath(), "verify", "--data-dir", ledger_.data_dir()}, setup_);
  Ended ended = tool.Wait();
  page_->armed = 0;
  return ended;
}

std::array<uint64_t, kFaultCalls> FaultLab::Count(FaultPhase phase) {
  const FaultResult result = Run({.phase = phase, .error = 0});
  if (!result.wrong.empty()) throw std::runtime_error(std::string(NameOf(phase)) + ": " + result.wrong.front());
  std::array<uint64_t, kFaultCalls> counts{};
  for (size_t i = 0; i < kFaultCalls; ++i) counts[i] = page_->seen[i];
  return counts;
}

}  // namespace envledger
