#include "tests/support/ledger_fixture.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "ledger/codec/transition.h"
#include "ledger/service/recovery.h"
#include "ledger/store/layout.h"
#include "tests/support/chain_builder.h"

namespace envledger {

namespace fs = std::filesystem;

TestLedger::TestLedger() : key_(std::make_unique<SigningKey>(TestKey())) {
  options.data_dir = dir_.path() + "/data";
  options.version = "test";
  options.checkpointer.every = std::chrono::hours(1);
  options.checkpointer.copy_patience = std::chrono::hours(1);
  options.refusals_every = std::chrono::hours(1);
  options.min_free_bytes = 0;
  const Status made =
      InitLedger(options.data_dir, kTestOrigin, *key_, PublishedCheckpointPath(options.data_dir), clock);
  EXPECT_TRUE(made.ok()) << made.ToString();
}

TestLedger::~TestLedger() = default;

Status TestLedger::TryOpen(char key_seed, const PendingRotation* pending) {
  *key_ = TestKey(key_seed);
  auto ledger = Ledger::Open(options, *key_, pending, clock, {});
  if (!ledger.ok()) return std::move(ledger).status();
  ENVLEDGER_RETURN_IF_ERROR((*ledger)->Begin());
  ledger_ = *std::move(ledger);
  return Ok();
}

void TestLedger::Open() {
  const Status opened = TryOpen();
  ASSERT_TRUE(opened.ok()) << opened.ToString();
}

void TestLedger::Close() {
  const Status closed = ledger_->Close("test");
  EXPECT_TRUE(closed.ok()) << closed.ToString();
  ledger_.reset();
}

void TestLedger::Kill() { ledger_.reset(); }

std::future<AppendResult> TestLedger::Submit(const std::vector<std::string>& transitions,
                                             const std::vector<std::optional<uint64_t>>& expected,
                                             const std::string& producer) {
  return SubmitAs({1001, 1001, 43, producer}, transitions, expected);
}

std::future<AppendResult> TestLedger::SubmitAs(const Recorder& recorder, const std::vector<std::string>& transitions,
                                               const std::vector<std::optional<uint64_t>>& expected) {
  auto frame = std::make_shared<std::string>();
  for (const std::string& transition : transitions) *frame += transition;
  AppendWork work;
  size_t at = 0;
  for (size_t i = 0; i < transitions.size(); ++i) {
    const std::string_view bytes = std::string_view(*frame).substr(at, transitions[i].size());
    at += bytes.size();
    auto checked = CheckedTransition::Check(bytes);
    EXPECT_TRUE(checked.ok()) << checked.status().ToString();
    work.items.push_back({*std::move(checked), expected.empty() ? std::nullopt : expected[i]});
  }
  work.frame = std::move(frame);
  work.recorder = std::make_shared<const Recorder>(recorder);
  auto done = std::make_shared<std::promise<AppendResult>>();
  work.done = [done](AppendResult result) { done->set_value(std::move(result)); };
  ledger_->Append(std::move(work));
  return done->get_future();
}

AppendResult TestLedger::Append(const std::vector<std::string>& transitions,
                                const std::vector<std::optional<uint64_t>>& expected, const std::string& producer) {
  return Submit(transitions, expected, producer).get();
}

AppendResult TestLedger::AppendAs(const Recorder& recorder, const std::vector<std::string>& transitions,
                                  const std::vector<std::optional<uint64_t>>& expected) {
  return SubmitAs(recorder, transitions, expected).get();
}

std::vector<Acknowledgment> TestLedger::MustAppend(const std::vector<std::string>& transitions) {
  AppendResult result = Append(transitions);
  EXPECT_TRUE(StatusOf(result).ok()) << StatusOf(result).ToString();
  if (auto* response = std::get_if<AppendResponse>(&result)) return std::move(response->acknowledgments);
  return {};
}

std::string TestLedger::Copy() {
  const std::string to = dir_.path() + "/copy" + std::to_string(copies_++);
  // The files of a running ledger come and go, so the copy is repeated if a file disappeared meanwhile.
  for (int attempt = 0; attempt < 10; ++attempt) {
    std::error_code error;
    fs::remove_all(to, error);
    fs::copy(options.data_dir, to, fs::copy_options::recursive, error);
    if (!error) return to;
  }
  ADD_FAILURE() << "cannot copy " << options.data_dir;
  return to;
}

void TestLedger::Restore(const std::string& from) {
  fs::remove_all(options.data_dir);
  fs::copy(from, options.data_dir, fs::copy_options::recursive);
}

VerifyReport TestLedger::Verify() { return Verify(data_dir()); }

VerifyReport TestLedger::Verify(const std::string& data_dir) {
  auto report = VerifyStored(data_dir, {}, {});
  EXPECT_TRUE(report.ok()) << report.status().ToString();
  if (!report.ok()) return {};
  return *std::move(report);
}

std::vector<std::string> TestLedger::Entries(const std::string& data_dir) {
  std::vector<std::string> entries;
  const auto log = LogDb::OpenReadOnly(LogPath(data_dir), {});
  EXPECT_TRUE(log.ok()) << log.status().ToString();
  if (!log.ok()) return entries;
  const Status status = (*log)->Scan(0, UINT64_MAX, [&](uint64_t, std::string_view entry) {
    entries.emplace_back(entry);
    return true;
  });
  EXPECT_TRUE(status.ok()) << status.ToString();
  return entries;
}

Opened TestLedger::LastOpened(const std::string& data_dir) {
  Opened last;
  for (const std::string& bytes : Entries(data_dir)) {
    const auto entry = CheckEntry(bytes);
    if (!entry.ok() || !entry->event) continue;
    if (const Opened* opened = std::get_if<Opened>(&*entry->event)) last = *opened;
  }
  return last;
}

Status StatusOf(const AppendResult& result) {
  const auto* error = std::get_if<ErrorInfo>(&result);
  return error != nullptr ? error->status : Ok();
}

std::string Text(const VerifyReport& report) {
  std::string text(Name(report.verdict));
  for (const VerifyFailure& failure : report.failures) {
    text += "\n" + (failure.seq ? std::to_string(*failure.seq) : "-") + " " + failure.check + ": " + failure.message;
  }
  return text;
}

void FlipBit(const std::string& path, uint64_t byte, int bit) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  ASSERT_TRUE(file.good()) << path;
  file.seekg(static_cast<std::streamoff>(byte));
  const int old = file.get();
  ASSERT_NE(old, EOF) << path << " has no byte " << byte;
  file.seekp(static_cast<std::streamoff>(byte));
  file.put(static_cast<char>(old ^ (1 << bit)));
}

std::string FileOf(const std::string& dir, const std::string& ending) {
  std::string best;
  for (const auto& file : fs::recursive_directory_iterator(dir)) {
    const std::string path = file.path().string();
    if (!file.is_regular_file() || !path.ends_with(ending)) continue;
    if (best.empty() || fs::file_size(path) > fs::file_size(best)) best = path;
  }
  EXPECT_FALSE(best.empty()) << "no file *" << ending << " in " << dir;
  return best;
}

}  // namespace envledger
