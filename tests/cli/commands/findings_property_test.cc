// `findings` against a second opinion: the findings of the design, looked for in the plainest way over all entries of a
// stored ledger, and compared with what the command prints, with random ledgers and filters.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "ledger/analysis/findings.h"
#include "ledger/query/stored_reader.h"
#include "tests/cli/fake_ledger.h"
#include "tests/query/oracle.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/random_traffic.h"
#include "tests/support/transitions.h"

namespace envledger::cli {
namespace {

using nlohmann::json;
using Records = std::vector<Record>;
// "kind envelope [seqs] when", each as often as it is found.
using Found = std::multiset<std::string>;

constexpr Nanos kNow = kTestStart + 300 * kSecond;
constexpr Nanos kMaxSkew = 90 * kSecond;

std::string Line(const std::string& kind, const std::string& envelope, const std::set<uint64_t>& seqs, Nanos when) {
  std::string text = kind + " " + envelope + " [";
  for (const uint64_t seq : seqs) text += " " + std::to_string(seq);
  return text + " ] " + FormatTime(when);
}

Nanos At(const Record& record) { return *record.transition.occurred_at; }

const Resource* Of(const ResourceMap& map, const std::string& name) {
  for (const Resource& resource : map) {
    if (resource.name == name) return &resource;
  }
  return nullptr;
}

enum class Compared { kLess, kMore, kNeither };

// A grant of something that was asked for, by section 4 of FORMAT.md.
Compared Compare(const Resource& ask, const Resource& grant) {
  if (ask.per != grant.per) return Compared::kNeither;
  if (!ask.unit_of.empty() && !grant.unit_of.empty() && ask.unit_of != grant.unit_of) return Compared::kNeither;
  if (!grant.amount) return Compared::kNeither;
  const std::optional<int64_t> least = ask.amount ? ask.amount : ask.min;
  const std::optional<int64_t> most = ask.amount ? ask.amount : ask.max;
  if (least && *grant.amount < *least) return Compared::kLess;
  if (most && *grant.amount > *most) return Compared::kMore;
  return Compared::kNeither;
}

void Grants(const std::string& id, const Records& records, Found& found) {
  const Transition& opening = records[0].transition;
  for (size_t i = 0; i < records.size(); ++i) {
    if (!records[i].transition.granted) continue;
    const Granted& granted = *records[i].transition.granted;
    Granted before;  // the grant that this one replaces
    std::vector<std::string> reasons;
    for (size_t j = 0; j <= i; ++j) {
      if (j < i && records[j].transition.granted) before = *records[j].transition.granted;
      if (records[j].transition.decision) reasons = records[j].transition.decision->reasons;
    }
    bool more = false;
    bool less = false;
    for (const Resource& given : granted.resources) {
      const Resource* repeated = Of(before.resources, given.name);
      if (opening.requested->empty() || (repeated != nullptr && *repeated == given)) continue;
      const Resource* asked = Of(*opening.requested, given.name);
      if (asked == nullptr) more = more || given.amount != 0;
      if (asked != nullptr) more = more || Compare(*asked, given) == Compared::kMore;
      if (asked != nullptr) less = less || Compare(*asked, given) == Compared::kLess;
    }
    const std::set<uint64_t> seqs = {records[0].seq, records[i].seq};
    if (more) found.insert(Line("widened_grant", id, seqs, At(records[i])));
    if (less && reasons.empty() && granted.reason.empty()) {
      found.insert(Line("unexplained_narrowing", id, seqs, At(records[i])));
    }
    const auto has = [](const std::vector<std::string>& words, const std::string& word) {
      return std::find(words.begin(), words.end(), word) != words.end();
    };
    for (const std::string& scope : granted.scopes) {
      if (has(opening.scope->requested_scopes, scope) || has(before.scopes, scope)) continue;
      found.insert(Line("scope_not_requested", id, seqs, At(records[i])));
      break;
    }
  }
}

void Decisions(const std::string& id, const Records& records, Found& found) {
  const Identity& identity = *records[0].transition.identity;
  for (const Record& record : records) {
    const auto& decision = record.transition.decision;
    if (!decision || !decision->decider || decision->decider->kind == PrincipalKind::kAnonymous) continue;
    if (decision->effect != Effect::kAllow && decision->effect != Effect::kNarrow) continue;
    if (*decision->decider == identity.requester || decision->decider == identity.subject) {
      found.insert(Line("self_approval", id, {records[0].seq, record.seq}, At(record)));
    }
  }
}

void Delegation(const std::string& id, const Records& records, Found& found) {
  const std::vector<DelegationHop>& hops = records[0].transition.identity->delegation;
  // The parent of each hop, an index; -1 for the outermost.
  std::vector<int> parents;
  for (int i = 0; i < static_cast<int>(hops.size()); ++i) {
    parents.push_back(i - 1);
    for (int j = 0; j < i; ++j) {
      const std::string& named = hops[static_cast<size_t>(i)].parent_id;
      if (!named.empty() && hops[static_cast<size_t>(j)].delegation_id == named) parents.back() = j;
    }
  }
  for (size_t i = 0; i < hops.size(); ++i) {
    const DelegationHop* scoped = nullptr;
    const DelegationHop* expiring = nullptr;
    for (int up = parents[i]; up >= 0; up = parents[static_cast<size_t>(up)]) {
      const DelegationHop& above = hops[static_cast<size_t>(up)];
      if (scoped == nullptr && !above.scopes.empty()) scoped = &above;
      if (expiring == nullptr && above.expires_at) expiring = &above;
    }
    bool wider = false;
    for (const std::string& scope : hops[i].scopes) {
      wider = wider || (scoped != nullptr &&
                        std::find(scoped->scopes.begin(), scoped->scopes.end(), scope) == scoped->scopes.end());
    }
    if (wider) found.insert(Line("delegation_widened", id, {records[0].seq}, At(records[0])));
    if (expiring != nullptr && hops[i].expires_at && *hops[i].expires_at > *expiring->expires_at) {
      found.insert(Line("delegation_outlived", id, {records[0].seq}, At(records[0])));
    }
  }
}

void Times(const std::string& id, const Records& records, Found& found) {
  bool ended = false;
  std::set<uint64_t> far;
  std::set<uint64_t> backwards;
  Nanos last_far = 0;
  Nanos last_backwards = 0;
  const Record* latest = nullptr;  // the record with the latest time so far
  const Record* grant = nullptr;
  for (const Record& record : records) {
    const Transition& t = record.transition;
    ended = ended || IsTerminal(t.stage);
    if (std::abs(record.recorded_at - At(record)) > kMaxSkew) {
      far.insert(record.seq);
      last_far = At(record);
    }
    if (latest != nullptr && At(record) < At(*latest)) {
      backwards.insert({latest->seq, record.seq});
      last_backwards = At(record);
    } else {
      latest = &record;
    }
    if (t.granted) grant = &record;
    if (t.stage == Stage::kStarted && grant != nullptr && grant->transition.granted->expires_at &&
        At(record) >= *grant->transition.granted->expires_at) {
      found.insert(Line("started_after_lease", id, {grant->seq, record.seq}, At(record)));
    }
  }
  if (!far.empty()) found.insert(Line("occurred_far_from_recorded", id, far, last_far));
  if (!backwards.empty()) found.insert(Line("occurred_backwards", id, backwards, last_backwards));
  const auto& deadline = records[0].transition.execution->deadline;
  if (deadline && *deadline < kNow && !ended) {
    found.insert(Line("open_past_deadline", id, {records.front().seq, records.back().seq}, At(records.back())));
  }
}

void Producers(const std::string& id, const Records& records, Found& found) {
  std::set<uint64_t> others;
  Nanos last = 0;
  for (const Record& record : records) {
    if (record.recorder.producer == records[0].recorder.producer) continue;
    others.insert(record.seq);
    last = At(record);
  }
  if (!others.empty()) found.insert(Line("cross_producer", id, others, last));
}

// The findings about the envelopes of `ids`; what is about the ledger is judged by all entries.
Found LookFor(const std::vector<std::string>& entries, const std::vector<std::string>& ids,
              const QueryRequest& filter) {
  std::map<std::string, Records> envelopes;
  std::map<std::string, Record> first_of;  // of each producer
  Found found;
  for (const std::string& bytes : entries) {
    const EntryView entry = *CheckEntry(bytes);
    const Nanos recorded = entry.header.recorded_at;
    if (entry.event && std::holds_alternative<ClockStepped>(*entry.event)) {
      const bool in = recorded >= filter.since.value_or(0) && recorded < filter.until.value_or(INT64_MAX);
      if (in) found.insert(Line("clock_step", "-", {entry.header.seq}, recorded));
    }
    if (entry.event) continue;
    const Record record = *DecodeRecord(bytes);
    envelopes[record.transition.envelope_id].push_back(record);
    first_of.emplace(record.recorder.producer, record);
  }
  for (const std::string& id : ids) {
    const Records& records = envelopes.at(id);
    Grants(id, records, found);
    Decisions(id, records, found);
    Delegation(id, records, found);
    Times(id, records, found);
    Producers(id, records, found);
    for (const auto& [producer, first] : first_of) {
      if (first.transition.envelope_id == id) {
        found.insert(Line("new_recorder", "-", {first.seq}, first.recorded_at));
      }
    }
  }
  return found;
}

Found Printed(const TestLedger& ledger, std::vector<std::string> words) {
  World world;
  world.context.now = [] { return kNow; };
  world.context.open_ledger = [&ledger](const LedgerSource&) { return OpenStored(ledger.data_dir()); };
  words.insert(words.begin(), "findings");
  words.insert(words.end(), {"--max-skew", "90s", "--format", "jsonl"});
  EXPECT_EQ(world.Run(words), 0) << world.err.str();
  Found found;
  std::istringstream lines(world.out.str());
  for (std::string text; std::getline(lines, text);) {
    const json line = json::parse(text);
    if (line.contains("completeness")) continue;
    const std::set<uint64_t> seqs(line["seqs"].begin(), line["seqs"].end());
    EXPECT_EQ(seqs.size(), line["seqs"].size()) << text;
    found.insert(Line(line["finding"], line["envelope_id"].is_null() ? "-" : line["envelope_id"].get<std::string>(),
                      seqs, *ParseTime(line["when"].get<std::string>())));
  }
  return found;
}

// Any producer may append to any envelope.
void Open(TestLedger& ledger) {
  for (int i = 0; i < 100; ++i) ledger.options.sealer.cross_producer.push_back({"recorder" + std::to_string(i), "*"});
  ledger.Open();
}

void Fill(TestLedger& ledger, RandomTraffic& traffic, int transitions) {
  for (int i = 0; i < transitions; ++i) {
    if (traffic.Below(25) == 0) {
      ledger.clock.Set(ledger.clock.Now() - static_cast<Nanos>(1 + traffic.Below(60)) * kSecond);
    } else {
      ledger.clock.Advance(static_cast<Nanos>(traffic.Below(4)) * kSecond);
    }
    const unsigned number = traffic.Below(1 + static_cast<unsigned>(i) / 40);
    const Recorder producer{2000 + number, 2000, 43, "recorder" + std::to_string(number)};
    const auto result = ledger.AppendAs(producer, {Encoded(traffic.Next())});
    ASSERT_TRUE(StatusOf(result).ok()) << StatusOf(result).ToString();
  }
}

// A filter, as words and as the request that the oracle understands.
std::vector<std::string> AFilter(RandomTraffic& random, QueryRequest& filter) {
  std::vector<std::string> words;
  if (random.Below(3) == 0) {
    filter.tenant = random.ATenant();
    words.insert(words.end(), {"--tenant", filter.tenant});
  }
  if (random.Below(3) == 0) {
    filter.principal.emplace().id = random.APrincipal().id;
    words.insert(words.end(), {"--principal", filter.principal->id});
  }
  if (random.Below(3) == 0) {
    filter.open = true;
    words.emplace_back("--open");
  }
  if (random.Below(3) == 0) {
    filter.since = random.ATime();
    words.insert(words.end(), {"--since", FormatTime(*filter.since)});
  }
  if (random.Below(3) == 0) {
    filter.until = random.ATime();
    words.insert(words.end(), {"--until", FormatTime(*filter.until)});
  }
  return words;
}

TEST(FindingsProperty, AreThoseThatLookingAtEveryEntryFinds) {
  std::map<std::string, int> kinds;
  for (unsigned seed = 1; seed <= 4; ++seed) {
    TestLedger ledger;
    Open(ledger);
    RandomTraffic traffic(seed);
    ASSERT_NO_FATAL_FAILURE(Fill(ledger, traffic, 300));
    ledger.Close();
    const std::vector<std::string> entries = TestLedger::Entries(ledger.data_dir());
    const Oracle oracle(entries);
    RandomTraffic random(seed + 1000);
    for (int i = 0; i < 12; ++i) {
      QueryRequest filter;
      const std::vector<std::string> words = i == 0 ? std::vector<std::string>() : AFilter(random, filter);
      std::string text;
      for (const std::string& word : words) text += word + " ";
      const Found expected = LookFor(entries, oracle.Query(filter), filter);
      ASSERT_EQ(Printed(ledger, words), expected) << "seed " << seed << ": " << text;
      for (const std::string& line : expected) ++kinds[line.substr(0, line.find(' '))];
    }
  }
  for (int i = 0; i < kFindingKindCount; ++i) {
    const std::string kind(Name(static_cast<FindingKind>(i)));
    EXPECT_GT(kinds[kind], 3) << kind << " did not occur: nothing was compared";
  }
}

TEST(FindingsProperty, OneKindIsAskedForAsOneOfAll) {
  TestLedger ledger;
  Open(ledger);
  RandomTraffic traffic(9);
  ASSERT_NO_FATAL_FAILURE(Fill(ledger, traffic, 200));
  ledger.Close();
  const Found all = Printed(ledger, {});
  Found together;
  for (int i = 0; i < kFindingKindCount; ++i) {
    const std::string kind(Name(static_cast<FindingKind>(i)));
    for (const std::string& line : Printed(ledger, {"--finding", kind})) {
      EXPECT_EQ(line.substr(0, line.find(' ')), kind);
      together.insert(line);
    }
  }
  EXPECT_EQ(together, all);
}

}  // namespace
}  // namespace envledger::cli
