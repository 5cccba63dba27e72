// Reports of a real ledger: every filter of `query` chooses, is stated, and is judged again when the report is checked.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>

#include "cli/arguments/query_request.h"
#include "ledger/codec/transition.h"
#include "ledger/files/file.h"
#include "ledger/query/stored_reader.h"
#include "ledger/report/data.h"
#include "ledger/report/filters.h"
#include "ledger/report/page.h"
#include "tests/cli/fake_ledger.h"
#include "tests/support/chain_builder.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/temp_dir.h"

namespace envledger::cli {
namespace {

std::string At(int seconds) { return FormatTime(kMorning + seconds * kSecond); }

// alice's env-1 has everything that a filter can ask for, and is narrowed and completed; bob's env-2 is widened and
// open; env-3, which alice asks for and bob cancels, belongs to another tenant.
class ReportFilters : public testing::Test {
 protected:
  ReportFilters() {
    ledger_.Open();
    Transition first = Requested("env-1", User("alice"));
    first.identity->delegation.resize(1);
    first.identity->delegation[0].actor = {PrincipalKind::kAgent, "https://id.example.com", "aria"};
    first.execution->parent_envelope_id = "env-0";
    first.correlation = Correlation{};
    first.correlation->request_id = "req-1";
    first.correlation->traceparent = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01";
    Append(first);
    Transition grant = GrantedGpus("env-1", "4");
    grant.routing->native_ids = {{"job", "job-1"}};
    Append(grant);
    Transition second = Requested("env-2", User("bob"), kMorning + 60 * kSecond);
    second.execution->kind = ExecutionKind::kInference;
    second.execution->targets = {{.type = "model", .id = "other", .version = "", .digest = ""}};
    second.execution->deadline = kMorning + 600 * kSecond;
    second.scope->id = "maps";
    Append(second);
    Transition more = GrantedGpus("env-2", "16", kMorning + 62 * kSecond);
    more.routing->node = "gpu-n06";
    Append(more);
    Append(Completed("env-1"));
    Transition third = Requested("env-3", User("alice"), kMorning + 120 * kSecond);
    third.identity->tenant = "maps";
    Append(third);
    Transition cancelled;
    cancelled.envelope_id = "env-3";
    cancelled.stage = Stage::kCancelled;
    cancelled.occurred_at = kMorning + 130 * kSecond;
    cancelled.decision = Decision{};
    cancelled.decision->decider = User("bob");
    Append(cancelled);
    ledger_.Close();
  }

  void Append(const Transition& transition) { ledger_.MustAppend({*EncodeTransition(transition)}); }

  int Run(const std::vector<std::string>& words) {
    World world;
    world.context.open_ledger = [this](const LedgerSource&) { return OpenStored(ledger_.data_dir()); };
    const int status = world.Run(words);
    out_ = world.out.str();
    err_ = world.err.str();
    return status;
  }
  int Report(std::vector<std::string> filters) {
    filters.insert(filters.begin(), {"report", "--output", path()});
    return Run(filters);
  }
  int Verify() { return Run({"report", "verify", path(), "--vkey", vkey_, "--format", "json"}); }

  std::string path() const { return directory_.path() + "/report.html"; }
  std::string Page() const { return *ReadFile(path(), 1 << 24); }
  ReportData Evidence() const {
    const std::string page = Page();
    const size_t begin = page.find(kReportDataBegin) + kReportDataBegin.size();
    return *ReadReportData(page.substr(begin, page.find(kReportDataEnd, begin) - begin));
  }
  // Another value of a filter, or one more filter, in the evidence alone.
  void Forge(const std::string& name, const std::string& value) {
    ReportData data = Evidence();
    std::erase_if(data.filters, [&](const KeyValue& filter) { return filter.key == name; });
    data.filters.push_back({name, value});
    const auto place = [](const KeyValue& filter) -> ptrdiff_t {
      if (filter.key == kEnvelopeFilter) return -1;
      const auto& all = QueryFilters();
      return std::find_if(all.begin(), all.end(), [&](const QueryFilter& one) { return one.name == filter.key; }) -
             all.begin();
    };
    std::sort(data.filters.begin(), data.filters.end(),
              [&](const KeyValue& a, const KeyValue& b) { return place(a) < place(b); });
    Put(data);
  }
  void Put(const ReportData& data) {
    const std::string page = Page();
    const size_t begin = page.find(kReportDataBegin) + kReportDataBegin.size();
    const size_t end = page.find(kReportDataEnd, begin);
    std::string changed = page.substr(0, begin);
    AddReportDataJson(data, changed);
    ASSERT_TRUE(WriteFileDurably(path(), changed + page.substr(end), 0600).ok());
  }
  // A forger's page, made of the evidence as the tool makes it.
  void PutRemade(const ReportData& data) {
    const std::string page = *ReportPage(data, *StoriesOf(data));
    ASSERT_TRUE(WriteFileDurably(path(), page, 0600).ok());
  }

  const std::string vkey_ = FormatVerifierKey(*MakeVerifierKey(kTestOrigin, TestKey().public_key()));
  TestLedger ledger_;
  TempDir directory_;
  std::string out_;
  std::string err_;
};

struct Case {
  std::string name;
  std::string value;                   // of the report; empty for an option that takes none
  size_t envelopes = 0;                // that it chooses
  std::string forged;                  // another value, by which one of them would not be there
  std::vector<std::string> with = {};  // what it needs beside it
  std::string complaint = "does not match";
};

const std::vector<Case> kCases = {
    {"principal", "user:alice", 2, "user:bob", {}, "--principal does not name"},
    {"issuer", "https://id.example.com", 2, "https://x", {"--principal", "alice"}, "--principal does not name"},
    {"role", "requester", 2, "decider", {"--principal", "alice"}},
    {"tenant", "search", 2, "maps"},
    {"kind", "inference", 1, "model_deployment"},
    {"target", "model:llama-3", 2, "model:other"},
    {"scope", "project:search-ml", 2, "project:maps"},
    {"stage", "granted,cancelled", 2, "granted"},
    {"recorder", "gateway", 3, "worker"},
    {"request-id", "req-1", 1, "req-2"},
    {"trace-id", "0123456789abcdef0123456789abcdef", 1, "0123456789abcdef0123456789abcdee"},
    {"native-id", "job-1", 1, "job-2"},
    {"node", "gpu-n05", 1, "gpu-n06"},
    {"parent", "env-0", 1, "env-9"},
    {"delegated", "", 1, ""},
    {"since", At(60), 2, At(61)},
    {"until", At(61), 2, At(60)},
    {"recorded-since", "2020-01-01T00:00:00Z", 3, "2100-01-01T00:00:00Z"},
    {"recorded-until", "2100-01-01T00:00:00Z", 3, "2020-01-01T00:00:00Z"},
    {"open", "", 1, ""},
    {"narrowed", "", 1, ""},
    {"widened", "", 1, ""},
    {"relation", "narrowed,widened", 2, "widened"},
    {"at", At(100), 2, At(30), {}, "requested later than"},
    {"limit", "2", 2, "3", {}, "does not match its limit"},
    {"order", "desc", 3, "asc", {}, "is out of order"},
};

TEST_F(ReportFilters, OfQueryAllChooseAreStatedAndAreJudgedAgain) {
  std::set<std::string> tested = {"cursor", "scan"};
  for (const Case& one : kCases) tested.insert(one.name);
  for (const OptionSpec& spec : QueryOptions()) EXPECT_TRUE(tested.contains(std::string(spec.name))) << spec.name;

  for (const Case& one : kCases) {
    SCOPED_TRACE(one.name);
    std::vector<std::string> words = one.with;
    words.push_back("--" + one.name);
    if (!one.value.empty()) words.push_back(one.value);
    ASSERT_EQ(Report(words), 0) << err_;
    EXPECT_EQ(Evidence().envelopes.size(), one.envelopes);
    EXPECT_EQ(Verify(), 0) << err_;
    const std::string stated = "--" + one.name + (one.value.empty() ? "" : " " + one.value);
    EXPECT_NE(out_.find(stated), std::string::npos) << out_;
    if (one.value.empty()) {
      ASSERT_EQ(Report({}), 0) << err_;
    }
    Forge(one.name, one.forged);
    EXPECT_EQ(Verify(), 1);
    EXPECT_NE(err_.find(one.complaint), std::string::npos) << err_;
  }
}

TEST_F(ReportFilters, MayAskThatNoIndexIsUsed) {
  ASSERT_EQ(Report({"--tenant", "search", "--scan"}), 0) << err_;
  EXPECT_NE(Page().find("--tenant search --scan"), std::string::npos);
  EXPECT_EQ(Verify(), 0) << err_;
}

TEST_F(ReportFilters, AreNotStatedInWordsThatMeanSomethingElseLater) {
  ASSERT_EQ(Report({"--since", "2h"}), 0) << err_;
  EXPECT_EQ(*FindFilter(Evidence(), "since"), At(3600 - 7200));
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{{"since", "24h"},
                                                                                    {"since", "2026-03-17"},
                                                                                    {"cursor", "x"},
                                                                                    {"help", ""},
                                                                                    {"tenant", ""},
                                                                                    {"colour", "red"}}) {
    ASSERT_EQ(Report({}), 0) << err_;
    ReportData data = Evidence();
    data.filters.push_back({name, value});
    Put(data);
    EXPECT_EQ(Verify(), 1) << name << " " << value;
    EXPECT_NE(err_.find("its filters: "), std::string::npos) << err_;
  }
}

TEST_F(ReportFilters, LeaveOutWhatOccurredAfterTheMoment) {
  ASSERT_EQ(Report({"--at", At(62)}), 0) << err_;
  const std::string then = Page();
  EXPECT_NE(then.find("State as of 2026-03-17 09:21:02 UTC."), std::string::npos);
  EXPECT_NE(then.find("1 record of a later time"), std::string::npos);
  EXPECT_NE(then.find("1 later left out"), std::string::npos);
  EXPECT_EQ(then.find(">completed</span>"), std::string::npos) << "env-1 was not, yet";
  EXPECT_NE(then.find("<title>gpu used: \u2013</title>"), std::string::npos);
  // gpu 4 for 60 seconds, and 16 for none: until the moment, not until the report.
  EXPECT_NE(then.find("time held: 0.07 unit-hours"), std::string::npos);
  EXPECT_EQ(then.find("open_past_deadline"), std::string::npos);
  EXPECT_EQ(Evidence().entries.size(), 5u) << "of both envelopes, all records: they show what came later";
  EXPECT_EQ(Verify(), 0) << err_;
  EXPECT_NE(out_.find("\"at\":\"" + At(62) + "\""), std::string::npos) << out_;

  ASSERT_EQ(Report({}), 0) << err_;
  const std::string now = Page();
  EXPECT_EQ(now.find("State as of"), std::string::npos);
  EXPECT_NE(now.find(">completed</span>"), std::string::npos);
  EXPECT_NE(now.find("open_past_deadline"), std::string::npos) << "env-2 is, by now";
  EXPECT_EQ(Verify(), 0) << err_;
  EXPECT_NE(out_.find("\"at\":null"), std::string::npos) << out_;
}

TEST_F(ReportFilters, OfOneEnvelopeAreTheMomentAlone) {
  ASSERT_EQ(Report({"--envelope", "env-1", "--at", At(10)}), 0) << err_;
  EXPECT_NE(Page().find("State as of 2026-03-17 09:20:10 UTC."), std::string::npos);
  EXPECT_EQ(Verify(), 0) << err_;
  Forge("envelope", "env-2");
  EXPECT_EQ(Verify(), 1);
  EXPECT_NE(err_.find("is not the one given by --envelope env-2"), std::string::npos) << err_;
  ASSERT_EQ(Report({"--tenant", "nobody"}), 0) << err_;
  ReportData none = Evidence();
  none.filters = {{"envelope", "env-2"}};
  PutRemade(none);
  EXPECT_EQ(Verify(), 1) << "it is said to be the one, complete, and is not there";
  EXPECT_NE(err_.find("0 envelopes instead of the one given by --envelope env-2"), std::string::npos) << err_;
  EXPECT_EQ(Report({"--envelope", "env-2", "--at", At(10)}), 3) << "it was requested later";
  EXPECT_EQ(Report({"--envelope", "env-2", "--open"}), 2);
  EXPECT_EQ(Report({"--at", "yesterday"}), 2);
}

TEST_F(ReportFilters, ShowAPrincipalsRecordThatIsLeftOut) {
  ASSERT_EQ(Report({"--principal", "user:alice"}), 0) << err_;
  EXPECT_EQ(Verify(), 0) << err_;
  EXPECT_NE(out_.find("The 2 records of user:alice@id.example.com are numbered without a gap"), std::string::npos);
  // What the report of alice without her first envelope would state, whole and proved.
  ASSERT_EQ(Report({"--principal", "user:alice", "--since", At(100)}), 0) << err_;
  ReportData data = Evidence();
  std::erase_if(data.filters, [](const KeyValue& filter) { return filter.key == "since"; });
  Put(data);
  EXPECT_EQ(Verify(), 1);
  EXPECT_NE(err_.find("record 1 of user:alice@id.example.com, entry "), std::string::npos) << err_;
  // And one that names her without any record of hers.
  ASSERT_EQ(Report({"--principal", "user:nobody"}), 0) << err_;
  EXPECT_EQ(Verify(), 0) << err_;
  data = Evidence();
  data.filters = {{"principal", "user:alice"}};
  data.principals = {User("alice")};
  Put(data);
  EXPECT_EQ(Verify(), 1);
  EXPECT_NE(err_.find("there is no record of user:alice@id.example.com"), std::string::npos) << err_;
}

TEST_F(ReportFilters, SayThatThereAreMoreWhenOneMoreMatches) {
  const std::string more = "there are more";
  // env-2 is open; env-3, which comes later, is not.
  ASSERT_EQ(Report({"--open", "--limit", "1"}), 0) << err_;
  EXPECT_EQ(err_.find(more), std::string::npos) << err_;
  EXPECT_EQ(Page().find(more), std::string::npos);
  EXPECT_FALSE(Evidence().more);
  EXPECT_EQ(Verify(), 0) << err_;
  EXPECT_NE(out_.find("\"complete\":true"), std::string::npos) << out_;
  // Closed ones that come before another open one are passed over, in either direction.
  ledger_.Open();
  for (int i = 4; i < 8; ++i) Append(Requested("env-" + std::to_string(i), User("carol"), kMorning + i * 60 * kSecond));
  for (int i = 4; i < 7; ++i) {
    Append(GrantedGpus("env-" + std::to_string(i), "1", kMorning + (i * 60 + 1) * kSecond));
    Append(Completed("env-" + std::to_string(i), kMorning + (i * 60 + 2) * kSecond));
  }
  ledger_.Close();
  for (const char* order : {"asc", "desc"}) {
    for (const bool cut : {true, false}) {
      SCOPED_TRACE(std::string(order) + (cut ? " 1" : " 2"));
      ASSERT_EQ(Report({"--open", "--order", order, "--limit", cut ? "1" : "2"}), 0) << err_;
      EXPECT_EQ(err_.find(more) != std::string::npos, cut) << err_;
      EXPECT_EQ(Page().find(more) != std::string::npos, cut);
      EXPECT_EQ(Verify(), 0) << err_;
    }
  }
}

// By a report that says itself that it has a hole, so that its revisions need not be dense.
TEST_F(ReportFilters, ShowEveryEntryThatTheReportEmbedsOnce) {
  ASSERT_EQ(Report({}), 0) << err_;
  ReportData whole = Evidence();
  whole.complete = false;
  whole.problem = "a record is lost";
  PutRemade(whole);
  ASSERT_EQ(Verify(), 0) << err_;
  std::vector<uint64_t>& seqs = whole.envelopes[0].seqs;
  ASSERT_EQ(seqs.size(), 3u);
  const std::vector<uint64_t> all = seqs;
  const std::string last = std::to_string(all[2]);
  seqs = {all[0], all[1], all[1]};
  PutRemade(whole);
  EXPECT_EQ(Verify(), 1) << "as many are shown as are embedded";
  EXPECT_NE(err_.find("entry " + std::to_string(all[1]) + " is listed after entry "), std::string::npos) << err_;
  seqs = {all[0], all[2], all[1]};
  PutRemade(whole);
  EXPECT_EQ(Verify(), 1);
  EXPECT_NE(err_.find("listed after entry " + last), std::string::npos) << err_;
  seqs = {all[0], all[1]};
  PutRemade(whole);
  EXPECT_EQ(Verify(), 1);
  EXPECT_NE(err_.find("entry " + last + " is in no envelope"), std::string::npos) << err_;
}

TEST_F(ReportFilters, AreResolvedAlikeByAllCommandsThatTakeThem) {
  ledger_.Open();
  Append(Requested("env-4", User("alice", "https://other.example.com"), kMorning + 200 * kSecond));
  ledger_.Close();
  const std::string note = "this is about more than one principal: ";
  const std::vector<std::string> of = {"--principal", "alice"};
  for (std::vector<std::string> words :
       std::vector<std::vector<std::string>>{{"query"}, {"account"}, {"findings"}, {"export"}}) {
    if (words[0] == "export") words.insert(words.end(), {"--format", "jsonl"});
    words.insert(words.end(), of.begin(), of.end());
    Run(words);
    EXPECT_NE(err_.find(note), std::string::npos) << words[0] << "\n" << err_;
  }
  ASSERT_EQ(Report(of), 0) << err_;
  EXPECT_NE(err_.find(note), std::string::npos) << err_;
  EXPECT_EQ(Evidence().principals.size(), 2u);
  EXPECT_EQ(Verify(), 0) << err_;
}

}  // namespace
}  // namespace envledger::cli
