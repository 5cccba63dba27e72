#include "ledger/codec/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "ledger/codec/quantity.h"
#include "ledger/json/writer.h"
#include "tests/support/paths.h"

// nlohmann/json is the independent reader that the results are compared with.

namespace envledger {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

constexpr Nanos kNoon = 1'773'748'800 * kSecond;  // 2026-03-17T12:00:00Z

Resource Amount(std::string name, int64_t milli) {
  Resource resource;
  resource.name = std::move(name);
  resource.amount = milli;
  return resource;
}

Principal Alice() { return {PrincipalKind::kUser, "https://idp.example.com", "alice"}; }

// Every field of every family, each with a value of its own.
Identity FullIdentity() {
  Identity identity;
  identity.requester = {PrincipalKind::kAgent, "https://agents.example.com", "planner"};
  identity.subject = Alice();
  identity.delegation = {{{PrincipalKind::kService, "iss-1", "gateway"},
                          "del-1",
                          "del-0",
                          "https://sts.example.com",
                          {"serving.deploy", "serving.read"},
                          "serving",
                          kNoon - kSecond,
                          kNoon + kSecond,
                          HopBinding::kVerified},
                         {{PrincipalKind::kAgent, "iss-2", "planner"}, "del-2", "del-1", "", {}, "", {}, {}, {}}};
  identity.tenant = "research";
  identity.groups = {"ml", "on call"};
  identity.roles = {"deployer"};
  identity.authentication = Authentication{"oidc", "cred-1", "sess-1"};
  identity.source = Source{"api-gateway", "192.0.2.7", "client/1.0 \"beta\" \\ \t\n"};
  return identity;
}

Execution FullExecution() {
  Execution execution;
  execution.kind = ExecutionKind::kModelDeployment;
  execution.kind_detail = "canary";
  execution.operation = "POST /serving/deploy_model";
  execution.action = Action::kDelete;
  execution.targets = {{"model", "llama", "3", "sha256:00"}, {"", "only-id", "", ""}};
  execution.trigger = "pipeline";
  execution.request_digest = "sha256:ab";
  execution.parent_envelope_id = "env-0";
  execution.deadline = kNoon + 3600 * kSecond;
  execution.priority = "high";
  execution.dry_run = false;
  return execution;
}

Scope FullScope() {
  Scope scope;
  scope.kind = "project";
  scope.id = "vision";
  scope.role = "deployer";
  scope.binding = ScopeBinding::kBound;
  scope.requested_scopes = {"serving.invoke"};
  scope.classification = "internal";
  scope.purpose = "evaluation \xE2\x80\x94 \xF0\x9F\x9A\x80";
  scope.residency = "eu";
  scope.hints = {{"b", "second comes first"}, {"a", "2"}};
  return scope;
}

ResourceMap FullRequested() {
  Resource slices = Amount("nvidia.com/mig-1g.5gb", 500);
  slices.min = -1;
  slices.max = 9'000;
  slices.per = Per::kUnit;
  slices.unit_of = "replicas";
  slices.origin = Origin::kExplicit;
  slices.selector = "a100";
  Resource memory;
  memory.name = "memory";
  memory.min = 1000;
  return {Amount("gpu", 8000), slices, memory};
}

Transition Full() {
  Transition t;
  t.envelope_id = "env-1";
  t.stage = Stage::kRequested;
  t.occurred_at = kNoon + 250'000'000;
  t.identity = FullIdentity();
  t.execution = FullExecution();
  t.scope = FullScope();
  t.requested = FullRequested();
  t.decision = Decision{"dec-1",         "pdp-1",   Phase::kPre,
                        Effect::kNarrow, {"quota"}, Policy{"quota", "9", "sha256:cd"},
                        "rev-7",         {"log"},   Principal{PrincipalKind::kSystem, "iss-3", "pdp"}};
  t.granted = Granted{{Amount("gpu", 4000)}, {"serving.invoke"}, "grant-1", kNoon, kNoon + 1, Alice(), "quota"};
  t.routing = Routing{"k8s",     "eu-1",          "node-1", {"GPU-0"}, {{"node-2", {"GPU-1", "GPU-2"}}, {"node-3", {}}},
                      "ref/one", {{"pod", "p-1"}}};
  t.outcome = Outcome{"200", "done", {Amount("tokens", 1)}, "sha256:ef", kNoon + 2, kNoon + 3};
  t.correlation =
      Correlation{"req-1", "00-48c40d7fbfc484f0392c825688c31113-be0c31b5b2f76b33-01", "conv-1", {{"x", "y"}}};
  t.reason = "because";
  t.note = "noted";
  return t;
}

constexpr std::string_view kFullJson =
    R"({"envelope_id":"env-1","stage":"requested","occurred_at":"2026-03-17T12:00:00.25Z",)"
    R"("identity":{"requester":{"kind":"agent","issuer":"https://agents.example.com","id":"planner"},)"
    R"("subject":{"kind":"user","issuer":"https://idp.example.com","id":"alice"},)"
    R"("delegation":[{"actor":{"kind":"service","issuer":"iss-1","id":"gateway"},"delegation_id":"del-1",)"
    R"("parent_id":"del-0","issuer":"https://sts.example.com","scopes":["serving.deploy","serving.read"],)"
    R"("audience":"serving","issued_at":"2026-03-17T11:59:59Z","expires_at":"2026-03-17T12:00:01Z",)"
    R"("binding":"verified"},{"actor":{"kind":"agent","issuer":"iss-2","id":"planner"},"delegation_id":"del-2",)"
    R"("parent_id":"del-1"}],"tenant":"research","groups":["ml","on call"],"roles":["deployer"],)"
    R"("authentication":{"method":"oidc","credential_id":"cred-1","session_id":"sess-1"},)"
    R"("source":{"service":"api-gateway","address":"192.0.2.7","user_agent":"client/1.0 \"beta\" \\ \t\n"}},)"
    R"("execution":{"kind":"model_deployment","kind_detail":"canary","operation":"POST /serving/deploy_model",)"
    R"("action":"delete","targets":[{"type":"model","id":"llama","version":"3","digest":"sha256:00"},)"
    R"({"id":"only-id"}],"trigger":"pipeline","request_digest":"sha256:ab","parent_envelope_id":"env-0",)"
    R"("deadline":"2026-03-17T13:00:00Z","priority":"high","dry_run":false},)"
    R"("scope":{"kind":"project","id":"vision","role":"deployer","binding":"bound",)"
    R"("requested_scopes":["serving.invoke"],"classification":"internal","purpose":"evaluation )"
    "\xE2\x80\x94 \xF0\x9F\x9A\x80"
    R"(","residency":"eu","hints":{"b":"second comes first","a":"2"}},)"
    R"("requested":{"gpu":"8","nvidia.com/mig-1g.5gb":{"amount":"500m","min":"-1m","max":"9","per":"unit",)"
    R"("unit_of":"replicas","origin":"explicit","selector":"a100"},"memory":{"min":"1"}},)"
    R"("decision":{"id":"dec-1","point":"pdp-1","phase":"pre","effect":"narrow","reasons":["quota"],)"
    R"("policy":{"id":"quota","version":"9","digest":"sha256:cd"},"snapshot":"rev-7","obligations":["log"],)"
    R"("decider":{"kind":"system","issuer":"iss-3","id":"pdp"}},)"
    R"("granted":{"resources":{"gpu":"4"},"scopes":["serving.invoke"],"grant_id":"grant-1",)"
    R"("not_before":"2026-03-17T12:00:00Z","expires_at":"2026-03-17T12:00:00.000000001Z",)"
    R"("charge_to":{"kind":"user","issuer":"https://idp.example.com","id":"alice"},"reason":"quota"},)"
    R"("routing":{"backend":"k8s","cluster":"eu-1","node":"node-1","devices":["GPU-0"],)"
    R"("placements":[{"node":"node-2","devices":["GPU-1","GPU-2"]},{"node":"node-3"}],"target_ref":"ref/one",)"
    R"("native_ids":{"pod":"p-1"}},)"
    R"("outcome":{"code":"200","reason":"done","usage":{"tokens":"1m"},"result_digest":"sha256:ef",)"
    R"("started_at":"2026-03-17T12:00:00.000000002Z","ended_at":"2026-03-17T12:00:00.000000003Z"},)"
    R"("correlation":{"request_id":"req-1",)"
    R"("traceparent":"00-48c40d7fbfc484f0392c825688c31113-be0c31b5b2f76b33-01","conversation_id":"conv-1",)"
    R"("external_ids":{"x":"y"}},"reason":"because","note":"noted"})";

void ExpectParsed(std::string_view text, const Transition& expected) {
  const Result<JsonTransition> result = ParseTransitionJson(text);
  ASSERT_TRUE(result.ok()) << result.status().ToString() << "\n" << text;
  EXPECT_TRUE(result->transition == expected) << TransitionJson(result->transition) << "\nis not\n" << text;
}

TEST(Json, WritesEveryFieldInTheOrderOfTheSchema) { EXPECT_EQ(TransitionJson(Full()), kFullJson); }

TEST(Json, ReadsEveryField) { ExpectParsed(kFullJson, Full()); }

TEST(Json, ReadsFieldsInAnyOrderAndWithWhiteSpace) {
  // nlohmann sorts the fields by name, and maps are lists in the order given, so only one that is sorted stays equal.
  Transition sorted = Full();
  std::swap(sorted.scope->hints[0], sorted.scope->hints[1]);
  std::swap(sorted.requested->at(1), sorted.requested->at(2));
  const std::string pretty = json::parse(kFullJson).dump(3);
  ASSERT_THAT(pretty, StartsWith("{\n   \"correlation\""));
  ExpectParsed(" \t\r\n" + pretty + "\r\n", sorted);
}

TEST(Json, EachFamilyAloneComesBackAsItWas) {
  const Transition full = Full();
  std::vector<Transition> alone(12);
  alone[0].identity = full.identity;
  alone[1].execution = full.execution;
  alone[2].scope = full.scope;
  alone[3].requested = full.requested;
  alone[4].decision = full.decision;
  alone[5].granted = full.granted;
  alone[6].routing = full.routing;
  alone[7].outcome = full.outcome;
  alone[8].correlation = full.correlation;
  alone[9].reason = full.reason;
  alone[10].note = full.note;
  // The last one has nothing at all.
  for (const Transition& transition : alone) ExpectParsed(TransitionJson(transition), transition);
  EXPECT_EQ(TransitionJson(alone[11]), "{}");
}

TEST(Json, TellsAbsentFromEmptyWhereTheyDiffer) {
  Transition t;
  t.requested = ResourceMap{};
  t.granted = Granted{};
  t.execution.emplace().dry_run = true;
  EXPECT_EQ(TransitionJson(t), R"({"execution":{"dry_run":true},"requested":{},"granted":{"resources":{}}})");
  ExpectParsed(TransitionJson(t), t);
  t.requested->push_back(Amount("gpu", 0));
  EXPECT_THAT(TransitionJson(t), HasSubstr(R"("requested":{"gpu":"0"})"));
  ExpectParsed(TransitionJson(t), t);
  Transition empty_lists;
  empty_lists.scope = Scope{};
  ExpectParsed(R"({"scope":{"requested_scopes":[],"hints":{}}})", empty_lists);
}

TEST(Json, ReadsTheLongFormThatTheShortOneStandsFor) {
  Transition t;
  t.requested = ResourceMap{Amount("gpu", 8000)};
  ExpectParsed(R"({"requested":{"gpu":{"amount":"8.000","per":"total"}}})", t);
}

TEST(Json, APriorityMayBeAnInteger) {
  for (const char* digits : {"0", "7", "-5", "123456789012345678901234567890"}) {
    Transition t;
    t.execution.emplace().priority = digits;
    ExpectParsed("{\"execution\":{\"priority\":" + std::string(digits) + "}}", t);
  }
}

TEST(Json, ALeapSecondIsRemarkedOn) {
  const Result<JsonTransition> result =
      ParseTransitionJson(R"({"occurred_at":"2016-12-31T23:59:60.5Z","execution":{"deadline":"2017-01-01T00:00:00Z"},)"
                          R"("outcome":{"started_at":"2015-06-30T18:59:60-05:00"}})");
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_THAT(result->remarks,
              testing::ElementsAre(
                  "occurred_at: 2016-12-31T23:59:60.5Z is a leap second, recorded as 2017-01-01T00:00:00.5Z",
                  "outcome.started_at: 2015-06-30T18:59:60-05:00 is a leap second, recorded as 2015-07-01T00:00:00Z"));
  EXPECT_THAT(ParseTransitionJson(R"({"occurred_at":"2017-01-01T00:00:00Z"})")->remarks, testing::IsEmpty());
}

TEST(Json, TheExpectedRevisionIsNoPartOfTheTransition) {
  const Result<JsonTransition> result = ParseTransitionJson(R"({"expected_revision":18446744073709551615,"note":"n"})");
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_EQ(result->expected_revision, std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(result->transition.note, "n");
  EXPECT_EQ(ParseTransitionJson("{}")->expected_revision, std::nullopt);
  EXPECT_EQ(ParseTransitionJson(R"({"expected_revision":0})")->expected_revision, 0u);
}

TEST(Json, NoBeginningOfATransitionIsATransition) {
  for (size_t size = 0; size < kFullJson.size(); ++size) {
    EXPECT_FALSE(ParseTransitionJson(kFullJson.substr(0, size)).ok()) << size;
  }
}

// Quantities as counts of milli-units in the long form, so that different spellings of one amount compare equal.
void NormalizeResources(json& map) {
  for (json& resource : map) {
    if (resource.is_string()) resource = json{{"amount", resource}};
    for (const char* bound : {"amount", "min", "max"}) {
      if (resource.contains(bound)) resource[bound] = *ParseQuantity(resource[bound].get<std::string>());
    }
    if (resource.value("per", "") == "total") resource.erase("per");
  }
}

// Times without trailing zeros, wherever they stand.
void NormalizeTimes(json& value) {
  if (value.is_structured()) {
    for (json& item : value) NormalizeTimes(item);
  } else if (value.is_string()) {
    if (const Result<Nanos> time = ParseTime(value.get<std::string>()); time.ok()) value = FormatTime(*time);
  }
}

json Normalized(std::string_view text) {
  json transition = json::parse(text);
  NormalizeTimes(transition);
  if (transition.contains("requested")) NormalizeResources(transition["requested"]);
  if (transition.contains("granted")) NormalizeResources(transition["granted"]["resources"]);
  if (transition.contains("outcome") && transition["outcome"].contains("usage")) {
    NormalizeResources(transition["outcome"]["usage"]);
  }
  return transition;
}

void ExpectEqualWhenWrittenAgain(std::string_view line) {
  const Result<JsonTransition> result = ParseTransitionJson(line);
  ASSERT_TRUE(result.ok()) << result.status().ToString() << "\n" << line;
  const std::string again = TransitionJson(result->transition);
  ASSERT_EQ(Normalized(again), Normalized(line)) << line;
  ASSERT_TRUE(ParseTransitionJson(again)->transition == result->transition) << line;
}

TEST(Json, WhatItAcceptsOfDamagedTextIsJsonToAnotherReaderToo) {
  std::mt19937 random(3);
  constexpr std::string_view kBytes = "{}[]\",:\\ 0truefalsnu\x80\xC3\n";
  int accepted = 0;
  for (int i = 0; i < 4'000; ++i) {
    std::string text(kFullJson);
    for (unsigned edits = 1 + random() % 2; edits > 0; --edits) {
      const size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = kBytes[random() % kBytes.size()];
          break;
        case 1:
          text.erase(at, 1 + random() % 3);
          break;
        default:
          text.insert(at, 1, kBytes[random() % kBytes.size()]);
      }
    }
    const Result<JsonTransition> result = ParseTransitionJson(text);
    if (!result.ok()) {
      ASSERT_TRUE(IsUtf8(result.status().rule()) && IsUtf8(result.status().message())) << text;
      continue;
    }
    ++accepted;
    ASSERT_TRUE(json::accept(text)) << text;
    const Result<JsonTransition> again = ParseTransitionJson(TransitionJson(result->transition));
    ASSERT_TRUE(again.ok() && again->transition == result->transition) << text;
  }
  EXPECT_GT(accepted, 500);  // otherwise this test would say nothing
}

TEST(Json, StringsMeanTheSameToAnotherReader) {
  std::mt19937 random(4);
  const std::vector<unsigned> edges = {0,      1,      8,       0xB,     0x1F,    0x20,   '"',    '\\',
                                       '/',    0x7E,   0x7F,    0x80,    0x9F,    0xA0,   0xBF,   0xFF,
                                       0x100,  0x7FF,  0x800,   0x2028,  0x2029,  0xD7FF, 0xE000, 0xFEFF,
                                       0xFFFD, 0xFFFF, 0x10000, 0x1F680, 0x10FFFF};
  for (int i = 0; i < 5'000; ++i) {
    std::string escaped = "\"";
    for (size_t length = random() % 12; length > 0; --length) {
      unsigned point = random() % 4 != 0 ? edges[random() % edges.size()] : 1 + random() % 0xD7FF;
      char units[16];
      if (point >= 0x10000) {
        point -= 0x10000;
        std::snprintf(units, sizeof units, "\\u%04x\\u%04X", 0xD800 + (point >> 10), 0xDC00 + (point & 0x3FF));
      } else {
        std::snprintf(units, sizeof units, "\\u%04x", point);
      }
      escaped += units;
    }
    escaped += '"';
    const auto text = json::parse(escaped).get<std::string>();  // by the other reader
    ASSERT_EQ(json::parse(JsonString(text)), json(text));
    if (text.empty()) continue;
    for (const std::string& spelling : {escaped, json(text).dump(), json(text).dump(-1, ' ', true), JsonString(text)}) {
      const Result<JsonTransition> result = ParseTransitionJson("{\"note\":" + spelling + "}");
      ASSERT_TRUE(result.ok()) << spelling << ": " << result.status().ToString();
      ASSERT_EQ(result->transition.note, text) << spelling;
    }
  }
}

TEST(Json, EveryLineOfTheQuickStartIsWrittenAsItWasRead) {
  std::ifstream day(ENVLEDGER_SOURCE_DIR "/cli/quickstart/day.jsonl");
  int lines = 0;
  for (std::string line; std::getline(day, line); ++lines) ExpectEqualWhenWrittenAgain(line);
  EXPECT_GT(lines, 100);
}

class JsonTrace : public testing::TestWithParam<const char*> {};

TEST_P(JsonTrace, EveryLineIsWrittenAsItWasRead) {
  const std::string converter = ENVLEDGER_SOURCE_DIR "/../shared/traces/transitions.py";
  if (!std::ifstream(converter)) GTEST_SKIP() << "no public traces here (" << converter << ")";
  const std::string command = "python3 '" + converter + "' " + GetParam() + " --limit 500 2>/dev/null";
  FILE* const pipe = popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string output;
  char chunk[4096];
  for (size_t count; (count = fread(chunk, 1, sizeof chunk, pipe)) > 0;) output.append(chunk, count);
  const int status = pclose(pipe);
  if (output.empty())
    GTEST_SKIP() << "the converter of public traces does not run: exit status " << WEXITSTATUS(status);
  int lines = 0;
  std::istringstream stream(output);
  for (std::string line; std::getline(stream, line); ++lines) ExpectEqualWhenWrittenAgain(line);
  EXPECT_EQ(lines, 500);
}

INSTANTIATE_TEST_SUITE_P(Public, JsonTrace,
                         testing::Values("k8s-audit-2023", "mit-supercloud-2021", "alibaba-gpu-pods-2023",
                                         "azure-llm-2023"));

}  // namespace
}  // namespace envledger
