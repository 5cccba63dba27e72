#include "tests/end_to_end/trace_answers.h"

#include <gtest/gtest.h>

#include <set>
#include <string_view>
#include <unordered_map>

#include "ledger/base/time.h"
#include "ledger/codec/quantity.h"

namespace envledger {
namespace {

using nlohmann::json;

// The lines of a text, without copying it: an answer can be hundreds of megabytes.
void ForEachLine(std::string_view text, const std::function<void(std::string_view)>& visit) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    visit(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

int64_t Milli(const json& quantity) {
  const auto milli = ParseQuantity(quantity.get_ref<const std::string&>());
  EXPECT_TRUE(milli.ok()) << quantity;
  return milli.ok() ? *milli : 0;
}

const json* Find(const json& object, const char* field) {
  if (!object.is_object()) return nullptr;
  const auto it = object.find(field);
  return it == object.end() || it->is_null() ? nullptr : &*it;
}

void AddTo(Sums& sums, const json* resources) {
  if (resources == nullptr) return;
  for (const auto& [name, quantity] : resources->items()) {
    if (quantity.is_string()) {
      sums[name] += Milli(quantity);
    } else if (const json* amount = Find(quantity, "amount")) {
      sums[TextOf(quantity, "per") == "unit" ? name + " (per unit)" : name] += Milli(*amount);
    }
  }
}

// Hours are printed with nine digits after the point; what is held here is a whole number of milli-unit-seconds, which
// are 3.6 million to the unit-hour, so that rounding to the nearest gives back the exact number.
__int128 MilliUnitSeconds(const std::string& hours) {
  const size_t point = std::min(hours.find('.'), hours.size());
  std::string digits = hours.substr(0, point) + (hours + ".").substr(point + 1);
  while (digits.find('.') != std::string::npos) digits.erase(digits.find('.'), 1);
  const size_t fraction = hours.size() > point ? hours.size() - point - 1 : 0;
  digits.append(9 - fraction, '0');
  __int128 nano_hours = 0;
  for (const char c : digits) nano_hours = nano_hours * 10 + (c - '0');
  return (nano_hours * 3'600'000 + 500'000'000) / 1'000'000'000;
}

}  // namespace

std::string TextOf(const json& object, const char* field) {
  const json* value = Find(object, field);
  return value != nullptr && value->is_string() ? value->get<std::string>() : "";
}

void ExpectSums(const Sums& sums, const json& facts, const std::string& kind) {
  Sums expected;
  for (const auto& [suffix, mark] : {std::pair{"_milli", ""}, std::pair{"_per_unit_milli", " (per unit)"}}) {
    if (!facts.contains(kind + suffix)) continue;
    for (const auto& [name, amount] : facts[kind + suffix].items()) expected[name + mark] = amount.get<int64_t>();
  }
  std::string difference;
  std::set<std::string> names;
  for (const auto& [name, amount] : sums) names.insert(name);
  for (const auto& [name, amount] : expected) names.insert(name);
  for (const std::string& name : names) {
    const auto have = sums.find(name);
    const auto want = expected.find(name);
    const __int128 a = have == sums.end() ? 0 : have->second;
    const __int128 b = want == expected.end() ? 0 : want->second;
    if (a != b)
      difference += kind + " " + name + ": " + FormatQuantity(a) + ", the facts say " + FormatQuantity(b) + "\n";
  }
  EXPECT_EQ(difference, "");
}

void ExpectCounts(const Counts& counts, const json& facts, const std::string& what) {
  Counts expected;
  for (const auto& [name, count] : facts.items()) {
    if (count != 0) expected[name] = count;
  }
  EXPECT_EQ(counts, expected) << what;
}

void Tally::Add(const json& envelope) {
  ++envelopes;
  const std::string& stage = envelope["stage"].get_ref<const std::string&>();
  static const std::set<std::string> kEnds = {"denied",    "rejected", "completed", "failed",
                                              "cancelled", "revoked",  "expired",   "lost"};
  open += kEnds.contains(stage) ? 0 : 1;
  ++by_final_stage[stage];
  ++by_kind[envelope["execution"]["kind"]];
  const json& scope = envelope["scope"];
  ++by_scope[scope.contains("id") ? TextOf(scope, "kind") + ":" + TextOf(scope, "id") : "none"];
  if (const std::string tenant = TextOf(envelope, "tenant"); !tenant.empty()) ++by_tenant[tenant];
  AddTo(requested, Find(envelope, "requested"));
  if (const json* grant = Find(envelope, "granted")) {
    ++with_grant;
    AddTo(granted, Find(*grant, "resources"));
  }
  if (const json* outcome = Find(envelope, "outcome")) AddTo(used, Find(*outcome, "usage"));
  if (const json* decision = Find(envelope, "decision")) {
    const json* decider = Find(*decision, "decider");
    decided_by_requester += decider != nullptr && *decider == envelope["requester"] ? 1 : 0;
  }
  std::set<std::string> relations;
  if (const json* relation_map = Find(envelope, "relation")) {
    for (const auto& [resource, relation] : relation_map->items()) {
      relations.insert(relation.get<std::string>());
      ++resources_with[relation];
      ++by_resource[resource][relation];
    }
  }
  for (const std::string& relation : relations) ++envelopes_with[relation];
  differ_where_both_stated += relations.contains("narrowed") || relations.contains("widened") ? 1 : 0;
  relations.erase("as_requested");
  differ += relations.empty() ? 0 : 1;
  last_opened = envelope["opened_at"];
  if (first_opened.empty()) first_opened = last_opened;
}

void TraceAnswers::ForEach(std::vector<std::string> words, const std::function<void(const json&)>& visit) const {
  words.insert(words.end(), {"--format", "jsonl"});
  const Ended answer = ledger_.OnSocket(words);
  ASSERT_EQ(answer.status, 0) << answer.err;
  json completeness;
  ForEachLine(answer.out, [&](std::string_view line) {
    const json row = json::parse(line);
    if (row.contains("completeness")) {
      completeness = row["completeness"];
    } else {
      visit(row);
    }
  });
  EXPECT_EQ(completeness["complete"], true) << completeness;
}

void TraceAnswers::ForEachEnvelope(std::vector<std::string> filters,
                                   const std::function<void(const json&)>& visit) const {
  filters.insert(filters.begin(), {"query", "--limit", "0"});
  ForEach(std::move(filters), visit);
}

uint64_t TraceAnswers::CountEnvelopes(const std::vector<std::string>& filters) const {
  uint64_t count = 0;
  ForEachEnvelope(filters, [&](const json&) { ++count; });
  return count;
}

std::vector<AccountLine> TraceAnswers::Account(std::vector<std::string> words) const {
  std::vector<AccountLine> lines;
  words.insert(words.begin(), "account");
  ForEach(std::move(words), [&](const json& row) {
    AccountLine& line = lines.emplace_back();
    line.by = row["by"];
    line.envelopes = row["envelopes"];
    for (const auto& [name, of_it] : row["resources"].items()) {
      for (const char* kind : {"requested", "granted", "used"}) {
        const json& sum = of_it[kind];
        if (const json* amount = Find(sum, "amount")) line.sums[kind][name] += Milli(*amount);
        if (const json* amount = Find(sum, "per_unit")) line.sums[kind][name + " (per unit)"] += Milli(*amount);
        line.milli_unit_seconds[kind][name] += MilliUnitSeconds(TextOf(sum, "unit_hours"));
      }
    }
  });
  EXPECT_TRUE(!lines.empty() && lines.back().by.is_null()) << "the total comes last";
  return lines;
}

json TraceAnswers::Show(const std::string& envelope_id) const {
  const Ended shown = ledger_.OnSocket({"show", envelope_id, "--format", "json"});
  EXPECT_EQ(shown.status, 0) << shown.err;
  return json::parse(shown.out);
}

Counts TraceAnswers::Paths(uint64_t entries) const {
  const Ended followed = ledger_.OnSocket({"follow", "--from", "0", "--no-events", "--count", std::to_string(entries)});
  EXPECT_EQ(followed.status, 0) << followed.err;
  // A line is seq, date, time, stage, envelope, what it says; none of the first five has a blank inside.
  std::unordered_map<std::string, std::string> paths;
  uint64_t lines = 0;
  ForEachLine(followed.out, [&](std::string_view line) {
    std::string_view words[5];
    for (std::string_view& word : words) {
      line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
      word = line.substr(0, line.find(' '));
      line.remove_prefix(word.size());
    }
    std::string& path = paths[std::string(words[4])];
    path += (path.empty() ? "" : " > ") + std::string(words[3]);
    ++lines;
  });
  EXPECT_EQ(lines, entries);
  Counts counts;
  for (const auto& [id, path] : paths) ++counts[path];
  return counts;
}

std::vector<std::string> ByRequester(const json& principal) {
  return {"--principal", TextOf(principal, "kind") + ":" + TextOf(principal, "id"),
          "--issuer",    TextOf(principal, "issuer"),
          "--role",      "requester"};
}

}  // namespace envledger
