#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/codec/json.h"

namespace envledger {
namespace {

using testing::HasSubstr;

struct Malformed {
  std::string text;
  std::string path;     // the whole of it
  std::string message;  // a part of it
};

void ExpectRefused(const std::vector<Malformed>& table) {
  for (const Malformed& malformed : table) {
    SCOPED_TRACE(malformed.text);
    const Result<JsonTransition> result = ParseTransitionJson(malformed.text);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.status().code(), Code::kInvalidArgument);
    EXPECT_EQ(result.status().rule(), malformed.path) << result.status().ToString();
    EXPECT_THAT(result.status().message(), HasSubstr(malformed.message));
  }
}

TEST(JsonRefusals, NameTheColumnWhereTheTextIsNotJson) {
  ExpectRefused({
      {"", "", "not JSON at column 1: expected an object, but the text ends here"},
      {"  ", "", "column 3"},
      {"[]", "", "expected an object, found a list"},
      {"null", "", "null"},
      {"\"x\"", "", "expected an object, found a string"},
      {"8", "", "expected an object, found a number"},
      {"true", "", "expected an object, found a boolean"},
      {"x", "", "not JSON at column 1: expected an object"},
      {"\xEF\xBB\xBF{}", "", "column 1"},
      {"{", "", "column 2: expected a field's name in quotes, but the text ends here"},
      {"{}}", "", "column 3: expected nothing after the object"},
      {"{} {}", "", "column 4: expected nothing after the object"},
      {"{},", "", "column 3"},
      {"{,}", "", "column 2"},
      {"{\"note\":\"n\",}", "", "column 13: expected a field's name in quotes"},
      {"{\"note\":\"n\" \"reason\":\"r\"}", "", "column 13: expected ',' or '}'"},
      {"{\"note\":\"n\"", "", "column 12: expected ',' or '}', but the text ends here"},
      {"{\"note\":\"n\"]", "", "column 12"},
      {"{\"note\" \"n\"}", "", "column 9: expected ':'"},
      {"{\"note\"}", "", "column 8: expected ':'"},
      {"{\"note\":}", "note", "column 9: expected a string"},
      {"{\"note\":n}", "note", "null"},
      {"{\"note\":'n'}", "note", "column 9"},
      {"{note:\"n\"}", "", "column 2"},
      {"{'note':\"n\"}", "", "column 2"},
      {"{/**/\"note\":\"n\"}", "", "column 2"},
      {"{\"note\":\"n\"} // end", "", "column 14"},
      {"{\"note\":\"n", "note", "column 11: expected the string's closing quote, but the text ends here"},
      {"{\"note\":\"n\\", "note", "unknown escape"},
      {"{\"note\":\"n\\\"", "note", "closing quote"},
      {"{\"no", "", "column 5"},
      {"{\"note\":\"a\nb\"}", "note", "column 11: control characters"},
      {"{\"note\":\"a\\tb\nc\"}", "note", "column 14: control characters"},
      {std::string("{\"note\":\"a\0b\"}", 14), "note", "control characters"},
      {std::string("{}\0", 3), "", "column 3"},
      {"{\"note\":\"\\x41\"}", "note", "column 10: unknown escape"},
      {"{\"note\":\"\\U0041\"}", "note", "unknown escape"},
      {"{\"note\":\"\\u12\"}", "note", "four hexadecimal digits"},
      {"{\"note\":\"\\u12g4\"}", "note", "four hexadecimal digits"},
      {"{\"note\":\"\\u", "note", "four hexadecimal digits"},
      {"{\"note\":\"\\ud800\"}", "note", "surrogate"},
      {"{\"note\":\"\\ud800x\"}", "note", "surrogate"},
      {"{\"note\":\"\\ud800\\n\"}", "note", "surrogate"},
      {"{\"note\":\"\\ud800\\u0041\"}", "note", "surrogate"},
      {"{\"note\":\"\\ud800\\ud800\"}", "note", "surrogate"},
      {"{\"note\":\"\\udc00\"}", "note", "surrogate"},
      {"{\"note\":\"\\ud83d\\u\"}", "note", "four hexadecimal digits"},
      {"{\"execution\":{\"priority\":-}}", "execution.priority", "digit after '-'"},
      {"{\"execution\":{\"priority\":01}}", "execution.priority", "leading zeros"},
      {"{\"execution\":{\"priority\":+1}}", "execution.priority", "column 26"},
      {"{\"execution\":{\"dry_run\":tru}}", "execution.dry_run", "expected true or false"},
      {"{\"execution\":{\"dry_run\":truely}}", "execution", "column 29: expected ',' or '}'"},
      {"{\"identity\":{\"groups\":[\"a\",]}}", "identity.groups[1]", "column 28: expected a string"},
      {"{\"identity\":{\"groups\":[\"a\"}}", "identity.groups", "column 27: expected ',' or ']'"},
      {"{\"identity\":{\"groups\":[", "identity.groups[0]", "but the text ends here"},
      {"{\"identity\":{\"groups\":[\"a\" \"b\"]}}", "identity.groups", "column 28"},
  });
}

TEST(JsonRefusals, NameFieldsThatAreUnknownTwiceOrMissing) {
  ExpectRefused({
      {R"({"":"x"})", "", "empty field name"},
      {R"({"scope":{"hints":{"":"x"}}})", "scope.hints", "empty field name"},
      {R"({"foo":1})", "foo", "unknown field"},
      {R"({"Stage":"requested"})", "Stage", "unknown field"},
      {R"({"stage ":"requested"})", "[\"stage \"]", "unknown field"},
      {R"({"a.b":1})", "[\"a.b\"]", "unknown field"},
      {"{\"a\\u001b\":1}", "[\"a\\x1b\"]", "unknown field"},
      {R"({"identity":{"name":"x"}})", "identity.name", "unknown field"},
      {R"({"identity":{"requester":{"roles":[]}}})", "identity.requester.roles", "unknown field"},
      {R"({"identity":{"subject":{"x":1}}})", "identity.subject.x", "unknown field"},
      {R"({"identity":{"delegation":[{},{"x":1}]}})", "identity.delegation[1].x", "unknown field"},
      {R"({"identity":{"authentication":{"token":"t"}}})", "identity.authentication.token", "unknown field"},
      {R"({"identity":{"source":{"ip":"::1"}}})", "identity.source.ip", "unknown field"},
      {R"({"execution":{"targets":[{"name":"x"}]}})", "execution.targets[0].name", "unknown field"},
      {R"({"scope":{"scopes":[]}})", "scope.scopes", "unknown field"},
      {R"({"requested":{"gpu":{"name":"x"}}})", "requested.gpu.name", "unknown field"},
      {R"({"decision":{"policy":{"name":"x"}}})", "decision.policy.name", "unknown field"},
      {R"({"granted":{"resources":{},"x":1}})", "granted.x", "unknown field"},
      {R"({"routing":{"placements":[{"node":"n","x":1}]}})", "routing.placements[0].x", "unknown field"},
      {R"({"outcome":{"x":1}})", "outcome.x", "unknown field"},
      {R"({"correlation":{"trace_id":"x"}})", "correlation.trace_id", "unknown field"},
      {R"({"note":"a","note":"b"})", "note", "twice"},
      {R"({"note":"a","n\u006fte":"b"})", "note", "twice"},
      {R"({"expected_revision":1,"expected_revision":1})", "expected_revision", "twice"},
      {R"({"identity":{"tenant":"a","tenant":"a"}})", "identity.tenant", "twice"},
      {R"({"identity":{},"identity":{}})", "identity", "twice"},
      {R"({"scope":{"hints":{"b":"1","a":"1","b":"1"}}})", "scope.hints.b", "twice"},
      {R"({"requested":{"gpu":"1","cpu":"1","gpu":"1"}})", "requested.gpu", "twice"},
      {R"({"requested":{"nvidia.com/gpu":"1","nvidia.com/gpu":"1"}})", "requested[\"nvidia.com/gpu\"]", "twice"},
      {R"({"requested":{"gpu":{"min":"1","min":"1"}}})", "requested.gpu.min", "twice"},
      {R"({"routing":{"native_ids":{"a":"1","a":"2"}}})", "routing.native_ids.a", "twice"},
      {R"({"correlation":{"external_ids":{"a":"1","a":"2"}}})", "correlation.external_ids.a", "twice"},
      {R"({"granted":{}})", "granted.resources", "missing"},
      {R"({"granted":{"scopes":["a"]}})", "granted.resources", "missing"},
  });
}

TEST(JsonRefusals, NameTheTypeThatWasWantedAndTheOneFound) {
  ExpectRefused({
      {R"({"envelope_id":7})", "envelope_id", "expected a string, found a number"},
      {R"({"envelope_id":null})", "envelope_id", "is null: leave it out instead"},
      {R"({"envelope_id":["e"]})", "envelope_id", "expected a string, found a list"},
      {R"({"envelope_id":{}})", "envelope_id", "expected a string, found an object"},
      {R"({"envelope_id":true})", "envelope_id", "expected a string, found a boolean"},
      {R"({"stage":1})", "stage", "expected a string, found a number"},
      {R"({"occurred_at":1773748800})", "occurred_at", "expected a time such as"},
      {R"({"identity":[]})", "identity", "expected an object, found a list"},
      {R"({"identity":"alice"})", "identity", "expected an object, found a string"},
      {R"({"identity":{"requester":"alice"}})", "identity.requester", "expected an object, found a string"},
      {R"({"identity":{"requester":{"id":42}}})", "identity.requester.id", "expected a string, found a number"},
      {R"({"identity":{"delegation":{}}})", "identity.delegation", "expected a list, found an object"},
      {R"({"identity":{"delegation":["x"]}})", "identity.delegation[0]", "expected an object, found a string"},
      {R"({"identity":{"delegation":[{},{"actor":{"id":1}}]}})", "identity.delegation[1].actor.id", "a number"},
      {R"({"identity":{"groups":"ml"}})", "identity.groups", "expected a list, found a string"},
      {R"({"identity":{"groups":["a",1]}})", "identity.groups[1]", "expected a string, found a number"},
      {R"({"identity":{"subject":null}})", "identity.subject", "null"},
      {R"({"execution":{"dry_run":"true"}})", "execution.dry_run", "expected true or false, found a string"},
      {R"({"execution":{"dry_run":1}})", "execution.dry_run", "expected true or false, found a number"},
      {R"({"execution":{"dry_run":null}})", "execution.dry_run", "null"},
      {R"({"execution":{"priority":1.5}})", "execution.priority", "without fraction or exponent"},
      {R"({"execution":{"priority":1e3}})", "execution.priority", "without fraction or exponent"},
      {R"({"execution":{"priority":true}})", "execution.priority", "expected a string, found a boolean"},
      {R"({"execution":{"targets":[[]]}})", "execution.targets[0]", "expected an object, found a list"},
      {R"({"scope":{"hints":[]}})", "scope.hints", "expected an object of strings, found a list"},
      {R"({"scope":{"hints":{"a":1}}})", "scope.hints.a", "expected a string, found a number"},
      {R"({"requested":[]})", "requested", "expected an object of quantities, found a list"},
      {R"({"requested":null})", "requested", "null"},
      {R"({"requested":{"gpu":8}})", "requested.gpu", "write quantities as strings"},
      {R"({"requested":{"gpu":-8}})", "requested.gpu", "write quantities as strings"},
      {R"({"requested":{"gpu":{"amount":8}}})", "requested.gpu.amount", "write quantities as strings"},
      {R"({"requested":{"gpu":["8"]}})", "requested.gpu", "expected a quantity such as \"8\", found a list"},
      {R"({"requested":{"gpu":true}})", "requested.gpu", "expected a quantity such as \"8\", found a boolean"},
      {R"({"requested":{"gpu":null}})", "requested.gpu", "null"},
      {R"({"requested":{"gpu":{"min":{}}}})", "requested.gpu.min", "found an object"},
      {R"({"granted":{"resources":null}})", "granted.resources", "null"},
      {R"({"granted":{"resources":{"gpu":1}}})", "granted.resources.gpu", "write quantities as strings"},
      {R"({"routing":{"devices":{}}})", "routing.devices", "expected a list, found an object"},
      {R"({"routing":{"placements":[{"devices":[1]}]}})", "routing.placements[0].devices[0]", "found a number"},
      {R"({"outcome":{"code":200}})", "outcome.code", "expected a string, found a number"},
      {R"({"outcome":{"usage":{"tokens":5}}})", "outcome.usage.tokens", "write quantities as strings"},
      {R"({"expected_revision":"1"})", "expected_revision", "expected an integer, found a string"},
      {R"({"expected_revision":-1})", "expected_revision", "not a number from 0 to 2^64 - 1: \"-1\""},
      {R"({"expected_revision":1.0})", "expected_revision", "without fraction"},
      {R"({"expected_revision":18446744073709551616})", "expected_revision", "not a number from 0 to 2^64 - 1"},
      {R"({"expected_revision":null})", "expected_revision", "null"},
  });
}

TEST(JsonRefusals, QuoteTheValueThatIsNotUnderstood) {
  ExpectRefused({
      {R"({"envelope_id":""})", "envelope_id", "is empty: leave it out instead"},
      {R"({"stage":""})", "stage", "is empty"},
      {R"({"occurred_at":""})", "occurred_at", "is empty"},
      {R"({"identity":{"groups":["a",""]}})", "identity.groups[1]", "is empty"},
      {R"({"scope":{"hints":{"a":""}}})", "scope.hints.a", "is empty"},
      {R"({"requested":{"gpu":""}})", "requested.gpu", "is empty"},
      {R"({"stage":"Requested"})", "stage", "unknown word \"Requested\"; expected one of requested, deferred"},
      {R"({"stage":"unspecified"})", "stage", "unknown word"},
      {R"({"identity":{"requester":{"kind":"human"}}})", "identity.requester.kind",
       "one of user, service, agent, workload, role, job, system, anonymous"},
      {R"({"identity":{"delegation":[{},{"actor":{"kind":"x"}}]}})", "identity.delegation[1].actor.kind", "\"x\""},
      {R"({"identity":{"delegation":[{"binding":"bound"}]}})", "identity.delegation[0].binding",
       "one of asserted, verified, failed"},
      {R"({"execution":{"kind":"deploy"}})", "execution.kind", "one of model_deployment"},
      {R"({"execution":{"action":"delete_"}})", "execution.action",
       "one of create, read, update, delete, execute, connect"},
      {R"({"scope":{"binding":"asserted"}})", "scope.binding", "one of bound, unbound, failed"},
      {R"({"requested":{"gpu":{"per":"node"}}})", "requested.gpu.per", "one of total, unit"},
      {R"({"requested":{"gpu":{"origin":"x"}}})", "requested.gpu.origin", "one of explicit, defaulted"},
      {R"({"decision":{"phase":"x"}})", "decision.phase", "one of pre, ongoing, post"},
      {R"({"decision":{"effect":"permit"}})", "decision.effect", "one of allow, deny, narrow, defer, escalate"},
      {R"({"granted":{"resources":{},"charge_to":{"kind":"x"}}})", "granted.charge_to.kind", "unknown word"},
      {R"({"occurred_at":"2026-03-17"})", "occurred_at", "not an RFC 3339 time with an offset: \"2026-03-17\""},
      {R"({"occurred_at":"2026-03-17T12:00:00"})", "occurred_at", "RFC 3339"},
      {R"({"occurred_at":"2026-02-29T12:00:00Z"})", "occurred_at", "RFC 3339"},
      {R"({"occurred_at":"2026-11-28T10:30:60Z"})", "occurred_at", "a leap second can only be"},
      {R"({"occurred_at":"1969-12-31T23:59:59Z"})", "occurred_at", "outside 1970 to 2262"},
      {R"({"execution":{"deadline":"soon"}})", "execution.deadline", "\"soon\""},
      {R"({"granted":{"resources":{},"not_before":"x"}})", "granted.not_before", "RFC 3339"},
      {R"({"outcome":{"ended_at":"x"}})", "outcome.ended_at", "RFC 3339"},
      {R"({"requested":{"gpu":"0.0001"}})", "requested.gpu", "finer than a thousandth: \"0.0001\""},
      {R"({"requested":{"gpu":{"max":"1u"}}})", "requested.gpu.max", "finer than a thousandth: \"1u\""},
      {R"({"requested":{"gpu":"1E"}})", "requested.gpu", "outside 64 bits of thousandths: \"1E\""},
      {R"({"requested":{"gpu":"eight"}})", "requested.gpu", "\"eight\""},
      {R"({"granted":{"resources":{"gpu":{"amount":"x"}}}})", "granted.resources.gpu.amount", "\"x\""},
      {R"({"outcome":{"usage":{"tokens":"1e-9"}}})", "outcome.usage.tokens", "\"1e-9\""},
      {"{\"note\":\"\xFF\"}", "note", "not UTF-8: \"\\xff\""},
      {"{\"note\":\"\\n\xC3\"}", "note", "not UTF-8"},
      {"{\"note\":\"\xC3\\u00a9\"}", "note", "not UTF-8"},
      {"{\"note\":\"\xED\xA0\x80\"}", "note", "not UTF-8"},
      {"{\"\xFF\":1}", "", "not UTF-8"},
      {"{\"scope\":{\"hints\":{\"a\":\"\x80\"}}}", "scope.hints.a", "not UTF-8"},
  });
}

TEST(JsonRefusals, NestingInTheInputDoesNotNestTheReader) {
  const std::string deep(1'000'000, '[');
  EXPECT_EQ(ParseTransitionJson(deep).status().message(), "expected an object, found a list");
  const Result<JsonTransition> inside = ParseTransitionJson("{\"identity\":{\"groups\":" + deep);
  EXPECT_EQ(inside.status().rule(), "identity.groups[0]");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"identity\":";
  EXPECT_EQ(ParseTransitionJson(objects).status().rule(), "identity.identity");
}

}  // namespace
}  // namespace envledger
