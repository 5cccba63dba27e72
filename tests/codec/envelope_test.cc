#include "ledger/codec/envelope.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/codec/json.h"
#include "ledger/codec/transition.h"

namespace envledger {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

Transition FromJson(const std::string& text) {
  Result<JsonTransition> result = ParseTransitionJson(text);
  EXPECT_TRUE(result.ok()) << result.status().ToString() << "\n" << text;
  return result.ok() ? std::move(result->transition) : Transition{};
}

ResourceMap Resources(const std::string& text) { return *FromJson("{\"requested\":" + text + "}").requested; }

// The records of one envelope: every transition gets seq 10, 20, ...
std::vector<Record> Story(const std::vector<std::string>& transitions) {
  std::vector<Record> records;
  for (const std::string& text : transitions) {
    Record record;
    record.transition = FromJson(text);
    record.revision = records.size();
    record.seq = 10 * (records.size() + 1);
    records.push_back(std::move(record));
  }
  return records;
}

std::string RelationOfOne(const std::string& asked, const std::string& given) {
  const RelationMap relation = RelationOf(Resources("{\"r\":" + asked + "}"), Resources("{\"r\":" + given + "}"));
  return relation.size() == 1 ? std::string(Name(relation.begin()->second)) : "not one relation";
}

TEST(Relation, EveryNameIsReadBack) {
  for (int i = 0; i < 6; ++i) EXPECT_EQ(ParseRelation(Name(static_cast<Relation>(i))), static_cast<Relation>(i));
  EXPECT_EQ(ParseRelation("unknown"), std::nullopt);
  EXPECT_EQ(ParseRelation(""), std::nullopt);
}

TEST(RecordsAsOf, KeepsWhatHadHappenedInTheLedgersOrder) {
  std::vector<Record> records(4);
  const Nanos times[] = {10, 30, 20, 40};  // the second and third were appended the wrong way round
  for (size_t i = 0; i < records.size(); ++i) {
    records[i].seq = i;
    records[i].transition.occurred_at = times[i];
  }
  const auto seqs = [&](Nanos at) {
    std::vector<uint64_t> left;
    for (const Record& record : RecordsAsOf(records, at)) left.push_back(record.seq);
    return left;
  };
  EXPECT_EQ(seqs(9), std::vector<uint64_t>{});
  EXPECT_EQ(seqs(10), std::vector<uint64_t>{0});
  EXPECT_EQ(seqs(25), (std::vector<uint64_t>{0, 2}));
  EXPECT_EQ(seqs(40), (std::vector<uint64_t>{0, 1, 2, 3}));
  records[1].transition.occurred_at = 5;
  EXPECT_EQ(seqs(9), std::vector<uint64_t>{}) << "before it was requested there is no envelope";
}

TEST(Relation, OfAnAmountIsThatOfTheNumbers) {
  const struct {
    const char* asked;
    const char* given;
    const char* relation;
  } kTable[] = {
      {R"("8")", R"("8")", "as_requested"},
      {R"("8")", R"("8000m")", "as_requested"},
      {R"("1Ki")", R"("1024")", "as_requested"},
      {R"("8")", R"("7999m")", "narrowed"},
      {R"("8")", R"("8001m")", "widened"},
      {R"("8")", R"("0")", "withheld"},
      {R"("1m")", R"("0")", "withheld"},
      {R"("0")", R"("0")", "as_requested"},  // nothing was asked, and nothing withheld
      {R"("0")", R"("1")", "widened"},
      {R"("0")", R"("-1")", "narrowed"},
      {R"("-1")", R"("0")", "widened"},
      {R"("8")", R"("-1")", "narrowed"},
      {R"("9223372036854775807m")", R"("-9223372036854775808m")", "narrowed"},
      {R"("-9223372036854775808m")", R"("9223372036854775807m")", "widened"},
      // An amount counts even where the ask has bounds too.
      {R"({"amount":"8","min":"4","max":"16"})", R"("8")", "as_requested"},
      {R"({"amount":"8","min":"4","max":"16"})", R"("4")", "narrowed"},
      {R"({"amount":"8","min":"4","max":"16"})", R"("16")", "widened"},
      {R"({"amount":"8","min":"4","max":"16"})", R"("0")", "withheld"},
      {R"("8")", R"({"amount":"8","min":"4","max":"16"})", "as_requested"},
      // Neither the selector nor the origin enters.
      {R"({"amount":"8","selector":"a100","origin":"explicit"})", R"({"amount":"8","selector":"h100"})",
       "as_requested"},
  };
  for (const auto& row : kTable) {
    EXPECT_EQ(RelationOfOne(row.asked, row.given), row.relation) << row.asked << " " << row.given;
  }
}

TEST(Relation, OfBoundsIsAsRequestedWithinThem) {
  const struct {
    const char* asked;
    const char* given;
    const char* relation;
  } kTable[] = {
      {R"({"min":"2","max":"8"})", R"("2")", "as_requested"},
      {R"({"min":"2","max":"8"})", R"("5")", "as_requested"},
      {R"({"min":"2","max":"8"})", R"("8")", "as_requested"},
      {R"({"min":"2","max":"8"})", R"("1999m")", "narrowed"},
      {R"({"min":"2","max":"8"})", R"("8001m")", "widened"},
      {R"({"min":"2","max":"8"})", R"("0")", "withheld"},
      {R"({"min":"0","max":"8"})", R"("0")", "as_requested"},
      {R"({"min":"2"})", R"("1000")", "as_requested"},
      {R"({"min":"2"})", R"("1")", "narrowed"},
      {R"({"min":"2"})", R"("0")", "withheld"},
      {R"({"max":"8"})", R"("0")", "as_requested"},
      {R"({"max":"8"})", R"("9")", "widened"},
      {R"({"max":"-1"})", R"("0")", "widened"},
      // A grant that names no amount says how much only when it repeats the ask.
      {R"({"min":"2","max":"8"})", R"({"min":"2","max":"8"})", "as_requested"},
      {R"({"min":"2","max":"8"})", R"({"min":"3","max":"8"})", "unstated"},
      {R"("8")", R"({"max":"8"})", "unstated"},
  };
  for (const auto& row : kTable) {
    EXPECT_EQ(RelationOfOne(row.asked, row.given), row.relation) << row.asked << " " << row.given;
  }
}

TEST(Relation, OfAPerUnitAndATotalAmountIsUnstated) {
  EXPECT_EQ(RelationOfOne(R"({"amount":"1","per":"unit"})", R"("1")"), "unstated");
  EXPECT_EQ(RelationOfOne(R"("0")", R"({"amount":"0","per":"unit"})"), "unstated");
  EXPECT_EQ(RelationOfOne(R"({"amount":"2","per":"unit"})", R"({"amount":"1","per":"unit"})"), "narrowed");
  EXPECT_EQ(RelationOfOne(R"({"amount":"1","per":"unit","unit_of":"replicas"})",
                          R"({"amount":"1","per":"unit","unit_of":"replicas"})"),
            "as_requested");
  EXPECT_EQ(RelationOfOne(R"({"amount":"1","per":"unit","unit_of":"replicas"})", R"({"amount":"1","per":"unit"})"),
            "as_requested");
  EXPECT_EQ(RelationOfOne(R"({"amount":"1","per":"unit","unit_of":"replicas"})",
                          R"({"amount":"1","per":"unit","unit_of":"nodes"})"),
            "unstated");
}

TEST(Relation, NamesEveryResourceOfEitherSideOnce) {
  const RelationMap relation = RelationOf(Resources(R"({"gpu":"8","cpu":"4","memory":"64Gi"})"),
                                          Resources(R"({"memory":"32Gi","disk":"1Ti","gpu":"0","zero":"0"})"));
  EXPECT_THAT(relation, ElementsAre(Pair("cpu", Relation::kUnstated), Pair("disk", Relation::kAdded),
                                    Pair("gpu", Relation::kWithheld), Pair("memory", Relation::kNarrowed),
                                    Pair("zero", Relation::kAdded)));
}

TEST(Relation, OfAnEmptyAskIsThatAllWasAdded) {
  EXPECT_THAT(RelationOf({}, {}), IsEmpty());
  EXPECT_THAT(RelationOf({}, Resources(R"({"gpu":"1"})")), ElementsAre(Pair("gpu", Relation::kAdded)));
  EXPECT_THAT(RelationOf(Resources(R"({"gpu":"1"})"), {}), ElementsAre(Pair("gpu", Relation::kUnstated)));
}

TEST(Relation, HasTheWordsOfTheDesign) {
  std::vector<std::string_view> words;
  for (int i = 0; i < 7; ++i) words.push_back(Name(static_cast<Relation>(i)));
  EXPECT_THAT(words, ElementsAre("as_requested", "narrowed", "widened", "withheld", "unstated", "added", "unknown"));
}

constexpr const char* kRequested =
    R"({"envelope_id":"e","stage":"requested","occurred_at":"2026-03-17T12:00:00Z",)"
    R"("identity":{"requester":{"kind":"user","issuer":"idp","id":"alice"},"tenant":"t"},)"
    R"("execution":{"kind":"inference"},"scope":{"kind":"project","id":"p","binding":"bound"},)"
    R"("requested":{"gpu":"8","cpu":"4"},"correlation":{"request_id":"r"}})";

std::string Then(const std::string& stage, int second, const std::string& families = "") {
  return R"({"envelope_id":"e","stage":")" + stage + R"(","occurred_at":"2026-03-17T12:00:0)" + std::to_string(second) +
         "Z\"" + (families.empty() ? "" : "," + families) + "}";
}

TEST(FoldEnvelope, OfTheFirstRecordAloneIsTheRequest) {
  const Envelope envelope = FoldEnvelope(Story({kRequested}));
  const Transition request = FromJson(kRequested);
  EXPECT_EQ(envelope.envelope_id, "e");
  EXPECT_EQ(envelope.stage, Stage::kRequested);
  EXPECT_EQ(envelope.opened_at, *request.occurred_at);
  EXPECT_EQ(envelope.updated_at, *request.occurred_at);
  EXPECT_EQ(envelope.identity, *request.identity);
  EXPECT_EQ(envelope.execution, *request.execution);
  EXPECT_EQ(envelope.scope, *request.scope);
  EXPECT_EQ(envelope.requested, *request.requested);
  EXPECT_EQ(envelope.correlation, request.correlation);
  EXPECT_EQ(envelope.granted, std::nullopt);
  EXPECT_EQ(envelope.decision, std::nullopt);
  EXPECT_EQ(envelope.routing, std::nullopt);
  EXPECT_EQ(envelope.outcome, std::nullopt);
  EXPECT_EQ(envelope.reason, "");
  EXPECT_THAT(envelope.relation, IsEmpty());
  EXPECT_EQ(envelope.grant_revision, 0u);
  EXPECT_EQ(envelope.first_seq, 10u);
  EXPECT_EQ(envelope.last_seq, 10u);
  EXPECT_EQ(envelope.revisions, 1u);
}

TEST(FoldEnvelope, TakesTheLatestOfEverything) {
  const Envelope envelope = FoldEnvelope(Story({
      kRequested,
      Then("deferred", 1, R"("reason":"queue full")"),
      Then("admitted", 2, R"("decision":{"effect":"allow","id":"d1"})"),
      Then("granted", 3, R"("granted":{"resources":{"gpu":"8","cpu":"4"},"grant_id":"g1"},"routing":{"node":"n1"})"),
      Then("started", 4),
      Then("granted", 5, R"("granted":{"resources":{"gpu":"4"}},"decision":{"effect":"narrow","id":"d2"})"),
      Then("started", 6, R"("routing":{"node":"n2"})"),
      Then("completed", 7, R"("outcome":{"code":"ok"})"),
  }));
  EXPECT_EQ(envelope.stage, Stage::kCompleted);
  EXPECT_EQ(FormatTime(envelope.opened_at), "2026-03-17T12:00:00Z");
  EXPECT_EQ(FormatTime(envelope.updated_at), "2026-03-17T12:00:07Z");
  EXPECT_EQ(envelope.reason, "queue full");
  EXPECT_EQ(envelope.decision->id, "d2");
  EXPECT_EQ(envelope.granted->resources, Resources(R"({"gpu":"4"})"));
  EXPECT_EQ(envelope.granted->grant_id, "");  // a grant is whole, not merged with the one before
  EXPECT_EQ(envelope.grant_revision, 2u);
  EXPECT_EQ(envelope.routing->node, "n2");
  EXPECT_EQ(envelope.outcome->code, "ok");
  EXPECT_EQ(envelope.requested, Resources(R"({"gpu":"8","cpu":"4"})"));
  EXPECT_THAT(envelope.relation, ElementsAre(Pair("cpu", Relation::kUnstated), Pair("gpu", Relation::kNarrowed)));
  EXPECT_EQ(envelope.last_seq, 80u);
  EXPECT_EQ(envelope.revisions, 8u);
}

TEST(FoldEnvelope, OfAnEnvelopeThatWasNeverGrantedHasNoRelation) {
  const Envelope envelope =
      FoldEnvelope(Story({kRequested, Then("denied", 1, R"("decision":{"effect":"deny","reasons":["no"]})")}));
  EXPECT_EQ(envelope.stage, Stage::kDenied);
  EXPECT_EQ(envelope.decision->effect, Effect::kDeny);
  EXPECT_THAT(envelope.relation, IsEmpty());
}

TEST(FoldEnvelope, AnAnnotationAddsAnOutcomeButChangesNoStage) {
  const Envelope envelope = FoldEnvelope(Story({
      kRequested,
      Then("lost", 1, R"("reason":"node gone")"),
      Then("annotated", 2, R"("note":"found later","outcome":{"code":"ok"})"),
  }));
  EXPECT_EQ(envelope.stage, Stage::kLost);
  EXPECT_EQ(envelope.outcome->code, "ok");
  EXPECT_EQ(FormatTime(envelope.updated_at), "2026-03-17T12:00:02Z");
  EXPECT_EQ(envelope.revisions, 3u);
}

TEST(FoldEnvelope, ACancellationsDeciderIsADecision) {
  const Envelope envelope = FoldEnvelope(Story({
      kRequested,
      Then("admitted", 1, R"("decision":{"effect":"allow"})"),
      Then("cancelled", 2, R"("decision":{"decider":{"kind":"user","issuer":"idp","id":"bob"}})"),
  }));
  EXPECT_EQ(envelope.decision->effect, Effect::kUnspecified);
  EXPECT_EQ(envelope.decision->decider->id, "bob");
}

TEST(FoldEnvelope, TimesMayRunBackwards) {
  const Envelope envelope = FoldEnvelope(
      Story({kRequested, R"({"envelope_id":"e","stage":"expired","occurred_at":"2026-03-17T11:00:00Z"})"}));
  EXPECT_EQ(FormatTime(envelope.updated_at), "2026-03-17T11:00:00Z");
}

EntryHeader Header() {
  EntryHeader header;
  header.seq = 7;
  header.recorded_at = 1'773'748'801 * kSecond;
  header.previous.fill(9);
  header.recorder = {1000, 1001, 77, "gateway"};
  header.envelope_revision = 3;
  header.envelope_previous = 5;
  header.principal_links = {{kRequester, 0, 1, std::nullopt}, {kDecider, kSubject, 4, 6}};
  return header;
}

TEST(DecodeRecord, GivesBackWhatWasSealed) {
  const Transition transition = FromJson(kRequested);
  const Result<std::string> bytes = EncodeTransition(transition);
  ASSERT_TRUE(bytes.ok()) << bytes.status().ToString();
  EntryBuilder builder;
  const Result<Record> record = DecodeRecord(*builder.Build(Header(), *bytes));
  ASSERT_TRUE(record.ok()) << record.status().ToString();
  EXPECT_EQ(record->seq, 7u);
  EXPECT_EQ(record->recorded_at, Header().recorded_at);
  EXPECT_EQ(record->revision, 3u);
  EXPECT_EQ(record->recorder, Header().recorder);
  EXPECT_EQ(record->links, Header().principal_links);
  EXPECT_TRUE(record->transition == transition) << TransitionJson(record->transition);
}

TEST(DecodeRecord, RefusesAnEventOfTheLedger) {
  EntryHeader header;
  header.seq = 3;
  header.recorder = {0, 0, 1, "envledgerd"};
  EntryBuilder builder;
  const Result<Record> record = DecodeRecord(*builder.Build(header, Closed{"signal"}));
  ASSERT_FALSE(record.ok());
  EXPECT_EQ(record.status().code(), Code::kInvalidArgument);
  EXPECT_THAT(record.status().message(), HasSubstr("entry 3"));
}

TEST(DecodeRecord, CallsDamagedBytesCorruption) {
  const Result<std::string> bytes = EncodeTransition(FromJson(kRequested));
  ASSERT_TRUE(bytes.ok()) << bytes.status().ToString();
  EntryBuilder builder;
  const std::string entry(*builder.Build(Header(), *bytes));
  EXPECT_EQ(DecodeRecord("").status().code(), Code::kCorruption);
  EXPECT_EQ(DecodeRecord(std::string_view(entry).substr(0, entry.size() - 1)).status().code(), Code::kCorruption);
  // A well-formed entry around something that is no transition.
  const Result<Record> record = DecodeRecord(*builder.Build(Header(), std::string(64, '\0')));
  EXPECT_EQ(record.status().code(), Code::kCorruption);
}

}  // namespace
}  // namespace envledger
