#include "tests/damage/damage_lab.h"

#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "ledger/client/remote_reader.h"
#include "ledger/codec/transition.h"
#include "tests/support/traffic.h"
#include "tests/support/wait.h"

namespace envledger {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kPatience{60};
constexpr size_t kBlock = 4096;

std::string Contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void Overwrite(const std::string& path, size_t at, const std::string& bytes) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(at));
  file << bytes;
}

std::string LastLine(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

// The verdict in a line of text.
std::string VerdictIn(const std::string& text) {
  for (const char* verdict : {"TAMPERED", "TRUNCATED", "INCOMPLETE", "WRONG_KEY"}) {
    if (text.find(verdict) != std::string::npos) return verdict;
  }
  return "";
}

}  // namespace

const char* NameOf(Damage damage) {
  static constexpr const char* kNames[] = {"half",    "shorter", "empty", "zeroed",   "flipped",
                                           "deleted", "older",   "FIFO",  "directory"};
  return kNames[static_cast<size_t>(damage)];
}

DamageLab::DamageLab(bool killed) {
  fs::create_directory(ledger_.path("copy"));
  options_ = {"--checkpoint-copy=" + ledger_.path("copy/checkpoint"), "--checkpoint-seconds=3600"};
  const auto append = [this](const std::string& name) {
    const auto client = AuditClient::Connect(ledger_.append_socket(), kPatience);
    if (!client.ok()) throw std::runtime_error(client.status().ToString());
    for (int i = 0; i < 20; ++i) {
      Batch batch;
      AppendRequest request;
      for (const Transition& transition : WholeStory(name + "-" + std::to_string(i), "alice")) {
        batch.push_back(*EncodeTransition(transition));
        request.items.push_back({batch.back(), std::nullopt});
      }
      const auto answer = (*client)->CallFor<AppendResponse>(request);
      if (!answer.ok()) throw std::runtime_error(answer.status().ToString());
      oracle_.Acknowledged(batch, answer->acknowledgments);
    }
  };
  const auto keep = [this](const std::string& name) {
    fs::create_directory(store_.path() + "/" + name);
    for (const char* part : {"data", "copy"}) {
      fs::copy(ledger_.path(part), store_.path() + "/" + name + "/" + part, fs::copy_options::recursive);
    }
    fs::copy(ledger_.path("key"), store_.path() + "/" + name + "/key");
  };
  for (const char* session : {"first", "second", "third"}) {
    ledger_.Start(options_);
    append(session);
    if (std::string(session) == "third") break;
    ledger_.Stop();
    if (std::string(session) == "second") keep("older");
  }
  const auto reader = RemoteReader::Connect(ledger_.audit_socket(), kPatience);
  anchor_ = (*reader)->Checkpoints({.limit = 1, .latest = true, .sign_now = true})->notes.front();
  append("last");
  killed ? ledger_.Kill() : static_cast<void>(ledger_.Stop());
  keep("intact");
}

std::string DamageLab::InStore(const std::string& store, const std::string& file) const {
  return store_.path() + "/" + store + "/" + file;
}

std::vector<std::string> DamageLab::Files() const {
  std::vector<std::string> files;
  const std::string root = InStore("intact", "");
  for (const auto& file : fs::recursive_directory_iterator(root)) {
    if (file.is_regular_file()) files.push_back(file.path().string().substr(root.size()));
  }
  std::sort(files.begin(), files.end());
  return files;
}

bool DamageLab::Changes(const std::string& file, Damage damage) const {
  const std::string before = Contents(InStore("intact", file));
  switch (damage) {
    case Damage::kHalf:
    case Damage::kShorter:
    case Damage::kEmpty:
    case Damage::kZeroed:
    case Damage::kFlipped:
      return !before.empty();
    case Damage::kOlder: {
      const std::string older = InStore("older", file);
      return fs::exists(older) && Contents(older) != before;
    }
    case Damage::kDeleted:
    case Damage::kFifo:
    case Damage::kDirectory:
      return true;
  }
  return true;
}

void DamageLab::Restore() {
  for (const char* part : {"data", "copy", "key"}) {
    fs::remove_all(ledger_.path(part));
    fs::copy(InStore("intact", part), ledger_.path(part), fs::copy_options::recursive);
  }
}

void DamageLab::Apply(const std::string& file, Damage damage) {
  const std::string path = ledger_.path(file);
  const size_t size = fs::file_size(path);
  switch (damage) {
    case Damage::kHalf:
      return fs::resize_file(path, size / 2);
    case Damage::kShorter:
      return fs::resize_file(path, size - 1);
    case Damage::kEmpty:
      return fs::resize_file(path, 0);
    case Damage::kZeroed: {
      const size_t at = size > 2 * kBlock ? size / 2 / kBlock * kBlock : 0;
      return Overwrite(path, at, std::string(std::min(kBlock, size - at), '\0'));
    }
    case Damage::kFlipped:
      return Overwrite(path, size / 2, {static_cast<char>(Contents(path)[size / 2] ^ 0x10)});
    case Damage::kOlder:
      fs::copy_file(InStore("older", file), path, fs::copy_options::overwrite_existing);
      return;
    case Damage::kDeleted:
      fs::remove(path);
      return;
    case Damage::kFifo:
      fs::remove(path);
      if (mkfifo(path.c_str(), 0600) != 0) throw std::runtime_error("mkfifo " + path);
      return;
    case Damage::kDirectory:
      fs::remove(path);
      fs::create_directory(path);
      return;
  }
}

DamageResult DamageLab::Run(const std::string& file, Damage damage) {
  Restore();
  Apply(file, damage);
  DamageResult result;
  result.verify = Verify(result);
  Start(result);
  return result;
}

Reaction DamageLab::Verify(DamageResult& result) {
  const TempDir outside;
  std::ofstream(outside.path() + "/checkpoint", std::ios::binary) << anchor_;
  Child tool({ToolPath(), "verify", "--format", "json", "--data-dir", ledger_.data_dir(), "--vkey", ledger_.vkey(),
              "--checkpoint", outside.path() + "/checkpoint"},
             {});
  if (!WaitUntil([&] { return !tool.running(); }, kPatience)) {
    result.wrong.push_back("verify hangs");
    tool.Signal(SIGKILL);
  }
  const Ended ended = tool.Wait();
  Reaction reaction{ended.status, "", ended.out + ended.err};
  const auto report = nlohmann::json::parse(ended.out, nullptr, false);
  if (!report.is_discarded()) reaction.verdict = report["verdict"];
  if (ended.status != 0 && ended.status != 1 && ended.status != 3 && ended.status != 5) {
    result.wrong.push_back("verify ended with status " + std::to_string(ended.status) + ": " + reaction.said);
  }
  return reaction;
}

void DamageLab::Start(DamageResult& result) {
  ledger_.Launch(options_, {});
  const bool ready = ledger_.WaitUntilReady();
  if (ready) {
    Compare(result);
    ledger_.daemon().Signal(SIGTERM);
  }
  if (!WaitUntil([&] { return !ledger_.daemon().running(); }, ready ? kPatience : std::chrono::seconds(0))) {
    result.wrong.push_back(ready ? "the stop hangs" : "the start hangs");
    ledger_.daemon().Signal(SIGKILL);
  }
  const Ended ended = ledger_.daemon().Wait();
  result.start = {ended.status, ready ? "" : VerdictIn(LastLine(ended.err)), ended.err};
  result.rebuilt = ended.err.find("the index was rebuilt") != std::string::npos;
  if (ended.status != 0 && ended.status != 1 && ended.status != 2 && ended.status != 3 && ended.status != 5) {
    result.wrong.push_back("the daemon ended with status " + std::to_string(ended.status) + ": " + ended.err);
  }
}

// A ledger that is served has every record, or says of those that it cannot read that it cannot.
void DamageLab::Compare(DamageResult& result) {
  const auto reader = RemoteReader::Connect(ledger_.audit_socket(), kPatience);
  std::vector<std::string> entries;
  for (uint64_t size = 1; reader.ok() && entries.size() < size;) {
    auto page = (*reader)->Entries({entries.size(), 0});
    if (!page.ok() || page->entries.empty()) {
      if (result.verify.status != 1) result.wrong.push_back("verify passed what cannot be read");
      return;
    }
    size = page->tree_size;
    std::move(page->entries.begin(), page->entries.end(), std::back_inserter(entries));
  }
  const Broken broken = oracle_.Compare(entries);
  if (broken.any()) result.wrong.push_back("served without what was acknowledged: " + broken.first);
}

}  // namespace envledger
