// What the commands print for programs is what schema/OUTPUT.md says: each object holds the fields of its type and no
// other, and each field that is named is printed by some command.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "ledger/base/time.h"
#include "ledger/codec/quantity.h"
#include "ledger/index/index_keys.h"
#include "ledger/store/layout.h"
#include "tests/support/daemon.h"
#include "tests/support/doctor.h"
#include "tests/support/paths.h"

namespace envledger {
namespace {

using nlohmann::json;

std::vector<std::string> Split(const std::string& text, const std::string& separator) {
  std::vector<std::string> parts;
  size_t from = 0;
  int depth = 0;  // inside [...] and {...} nothing separates
  for (size_t at = 0; at < text.size(); ++at) {
    depth += text[at] == '[' || text[at] == '{' ? 1 : text[at] == ']' || text[at] == '}' ? -1 : 0;
    if (depth > 0 || text.compare(at, separator.size(), separator) != 0) continue;
    parts.push_back(text.substr(from, at - from));
    from = at + separator.size();
  }
  parts.push_back(text.substr(from));
  return parts;
}

std::string Trimmed(const std::string& text) {
  const size_t from = text.find_first_not_of(' ');
  return from == std::string::npos ? "" : text.substr(from, text.find_last_not_of(' ') - from + 1);
}

// "`a`, `b`": a and b.
std::vector<std::string> Names(const std::string& cell) {
  std::vector<std::string> names;
  for (size_t at = cell.find('`'); at != std::string::npos; at = cell.find('`', at + 1)) {
    const size_t end = cell.find('`', at + 1);
    names.push_back(cell.substr(at + 1, end - at - 1));
    at = end;
  }
  return names;
}

struct Field {
  std::string type;
  bool always = true;
  bool seen = false;
};

// The tables of the page.
class Page {
 public:
  Page() {
    std::ifstream in(std::string(ENVLEDGER_SOURCE_DIR) + "/schema/OUTPUT.md");
    std::string type;
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with("### ")) type = Names(line).at(0);
      if (line == "## CSV") type = "CSV";
      if (line.starts_with("All fields of an `")) includes_[type] = Names(line).at(0);
      if (!line.starts_with("| `") || type.empty()) continue;
      const std::vector<std::string> cells = Split(line, "|");
      if (type == "CSV") {
        for (const std::string& name : Names(cells.at(2))) csv[Names(cells.at(1)).at(0)].push_back(name);
        continue;
      }
      for (const std::string& name : Names(cells.at(1))) {
        types_[type][name] = {Trimmed(cells.at(2)), Trimmed(cells.at(3)).empty()};
      }
    }
  }

  std::map<std::string, std::vector<std::string>> csv;

  // Fails the test where `value` is not of the type; `path` says where it stands.
  void Check(const json& value, const std::string& type, const std::string& path) {
    const std::vector<std::string> alternatives = Split(type, " or ");
    if (alternatives.size() > 1) {
      // A quantity is text, what else it may be is an object; null is itself.
      for (const std::string& one : alternatives) {
        const bool fits = one == "null"   ? value.is_null()
                          : IsScalar(one) ? value.is_string() || value.is_number()
                                          : value.is_object();
        if (fits) return Check(value, one, path);
      }
      ADD_FAILURE() << path << " is none of " << type << ": " << value;
    } else if (type.front() == '[') {
      ASSERT_TRUE(value.is_array()) << path;
      for (const json& item : value) Check(item, type.substr(1, type.size() - 2), path + "[]");
    } else if (type.front() == '{') {
      ASSERT_TRUE(value.is_object()) << path << ": " << value;
      for (const auto& [name, item] : value.items()) Check(item, type.substr(1, type.size() - 2), path + "." + name);
    } else if (types_.contains(type)) {
      CheckObject(value, type, path);
    } else {
      CheckScalar(value, type, path);
    }
  }

  std::vector<std::string> NeverSeen() const {
    std::vector<std::string> fields;
    for (const auto& [type, of_it] : types_) {
      for (const auto& [name, field] : of_it) {
        if (!field.seen) fields.push_back(type + ": " + name);
      }
    }
    return fields;
  }

 private:
  bool IsScalar(const std::string& type) const {
    return !types_.contains(type) && type.front() != '{' && type != "transition" && type != "event";
  }

  void CheckObject(const json& value, const std::string& type, const std::string& path) {
    ASSERT_TRUE(value.is_object()) << path << " is no " << type << ": " << value;
    std::vector<std::map<std::string, Field>*> tables = {&types_.at(type)};
    if (includes_.contains(type)) tables.push_back(&types_.at(includes_.at(type)));
    std::set<std::string> known;
    for (std::map<std::string, Field>* table : tables) {
      for (auto& [name, field] : *table) {
        known.insert(name);
        if (!value.contains(name)) {
          EXPECT_FALSE(field.always) << path << " is a " << type << " without " << name << ": " << value;
          continue;
        }
        field.seen = true;
        Check(value[name], field.type, path + "." + name);
      }
    }
    for (const auto& [name, item] : value.items()) {
      EXPECT_TRUE(known.contains(name)) << path << " has " << name << ", which schema/OUTPUT.md does not name";
    }
  }

  void CheckScalar(const json& value, const std::string& type, const std::string& path) {
    const std::string text = value.is_string() ? value.get<std::string>() : "";
    const auto only = [&](const char* characters) { return text.find_first_not_of(characters) == std::string::npos; };
    bool is = value.is_string();
    if (type == "null") is = value.is_null();
    if (type == "number") is = value.is_number();
    if (type == "boolean") is = value.is_boolean();
    if (type == "transition" || type == "event")
      is = value.is_object() && value.contains(type == "event" ? type : "stage");
    if (type == "time") is = is && ParseTime(text).ok() && text.back() == 'Z';
    if (type == "hash") is = is && text.size() == 64 && only("0123456789abcdef");
    if (type == "quantity") is = is && ParseQuantity(text).ok();
    if (type == "hours") is = is && !text.empty() && only("-.0123456789");
    if (type == "note") is = is && text.find("\n\n\u2014 ") != std::string::npos;
    static const std::set<std::string> kTypes = {"null",  "text",     "number", "boolean", "time",       "hash",
                                                 "hours", "quantity", "note",   "base64",  "transition", "event"};
    EXPECT_TRUE(kTypes.contains(type)) << path << ": the page has no type " << type;
    EXPECT_TRUE(is) << path << " is no " << type << ": " << value;
  }

  std::map<std::string, std::map<std::string, Field>> types_;
  std::map<std::string, std::string> includes_;
};

// Every field that a producer can state, and three envelopes: one inside another, one that says
// that it was requested within itself.
constexpr const char* kTransitions = R"(
{"envelope_id":"e1","stage":"requested","occurred_at":"2026-03-17T09:00:00.5Z","identity":{"requester":{"kind":"user","issuer":"i","id":"alice"},"subject":{"kind":"service","issuer":"i","id":"s"},"tenant":"t"},"execution":{"kind":"other","kind_detail":"probe","operation":"POST /x","targets":[{"type":"model","id":"m","version":"1","digest":"sha256:00"}],"parent_envelope_id":"nowhere"},"scope":{"kind":"project","id":"p","role":"r","binding":"bound","requested_scopes":["read"],"classification":"c","purpose":"x","residency":"eu","hints":{"k":"v"}},"requested":{"gpu":"8","cpu":{"amount":"4","min":"2","max":"6","origin":"explicit","selector":"fast"},"tokens":{"amount":"5","per":"unit","unit_of":"gpu"},"disk":{"min":"1"}}}
{"envelope_id":"e1","stage":"granted","occurred_at":"2026-03-17T09:00:01Z","decision":{"effect":"narrow","policy":{"id":"p","version":"1","digest":"sha256:00"},"decider":{"kind":"user","issuer":"i","id":"alice"}},"granted":{"resources":{"gpu":"16"},"scopes":["read"],"grant_id":"g","not_before":"2026-03-17T09:00:01Z","expires_at":"2026-03-18T09:00:01Z","charge_to":{"kind":"user","issuer":"i","id":"alice"},"reason":"free"},"routing":{"backend":"b","cluster":"c","node":"n","devices":["0"],"placements":[{"node":"n2","devices":["1"]}],"target_ref":"t","native_ids":{"pod":"p"}}}
{"envelope_id":"e1","stage":"completed","occurred_at":"2026-03-17T11:00:01Z","outcome":{"code":"0","reason":"done","usage":{"gpu":"8"},"result_digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000","started_at":"2026-03-17T09:00:01Z","ended_at":"2026-03-17T11:00:01Z"}}
{"envelope_id":"e2","stage":"requested","occurred_at":"2026-03-17T09:00:00Z","identity":{"requester":{"kind":"user","issuer":"i","id":"bob"}},"execution":{"kind":"inference","parent_envelope_id":"e1"},"scope":{"kind":"none","binding":"unbound"},"requested":{}}
{"envelope_id":"e2","stage":"denied","occurred_at":"2026-03-17T09:00:02Z","decision":{"effect":"deny","reasons":["no"]}}
{"envelope_id":"e3","stage":"requested","occurred_at":"2026-03-17T09:00:03Z","identity":{"requester":{"kind":"user","issuer":"i","id":"bob"}},"execution":{"kind":"inference","parent_envelope_id":"e3"},"scope":{"kind":"none","binding":"unbound"},"requested":{}}
{"envelope_id":"e1","stage":"annotated","occurred_at":"2026-03-17T12:00:00Z","note":"late"}
)";

class OutputTest : public ::testing::Test {
 protected:
  // Runs the command with --format json, and holds what it prints against the type.
  void Json(std::vector<std::string> words, const std::string& type, int status = 0) {
    words.insert(words.end(), {"--format", "json"});
    const Ended ended = Run(words);
    ASSERT_EQ(ended.status, status) << words[0] << ": " << ended.err;
    page_.Check(json::parse(ended.out), type, words[0]);
  }
  // Each line is of one of the types; the last is a last line, where there is one.
  void Jsonl(std::vector<std::string> words, const std::vector<std::string>& types, bool last = true) {
    words.insert(words.end(), {"--format", "jsonl"});
    const Ended ended = Run(words);
    ASSERT_EQ(ended.status, 0) << words[0] << ": " << ended.err;
    std::istringstream in(ended.out);
    json row;
    for (std::string line; std::getline(in, line);) {
      row = json::parse(line);
      if (row.contains("completeness") && types[0] != "shown envelope") {
        page_.Check(row, "last line", words[0]);
        continue;
      }
      const bool second = types.size() > 1 && row.contains("event");
      page_.Check(row, types[second ? 1 : 0], words[0]);
    }
    if (last) {
      EXPECT_TRUE(row.contains("completeness")) << words[0];
    }
  }
  void Csv(const std::vector<std::string>& words, const std::string& name) {
    std::vector<std::string> all = words;
    all.insert(all.end(), {"--format", "csv"});
    const Ended ended = Run(all);
    ASSERT_EQ(ended.status, 0) << ended.err;
    std::string expected;
    for (const std::string& column : page_.csv[name]) expected += (expected.empty() ? "" : ",") + column;
    EXPECT_EQ(ended.out.substr(0, ended.out.find("\r\n")), expected) << name;
    csv_seen_.insert(name);
  }
  Ended Run(const std::vector<std::string>& words) {
    if (words[0] == "append") return ledger_.Tool(words, kTransitions);
    if (words[0] == "proof" && words.size() > 1 && words[1] == "verify") return ledger_.Tool(words);
    return online_ ? ledger_.OnSocket(words) : ledger_.OnDirectory(words);
  }
  // What `proof` prints, and `proof verify` of what it writes.
  void ReadProofs() {
    Json({"proof", "2"}, "inclusion proof");
    Json({"proof", "--consistency", "1", "8"}, "consistency proof");
    std::ofstream(Path("old")) << ledger_.OnSocket({"checkpoint", "--size", "1"}).out;
    for (const char* seq : {"0", "2"}) {
      ASSERT_EQ(Run({"proof", seq, "--output", Path("proof"), "--entry", Path("entry")}).status, 0);
      Json({"proof", "verify", Path("proof"), "--entry", Path("entry"), "--vkey", ledger_.vkey()},
           "proof verification");
    }
    ASSERT_EQ(Run({"proof", "--consistency", "1", "--output", Path("growth")}).status, 0);
    Json({"proof", "verify", Path("growth"), "--old-checkpoint", Path("old"), "--vkey", ledger_.vkey()},
         "proof verification");
    ServedLedger stranger;
    Json({"proof", "verify", Path("growth"), "--old-checkpoint", Path("old"), "--vkey", stranger.vkey()},
         "proof verification", 1);
  }
  std::string Path(const std::string& name) const { return ledger_.path(name); }

  Page page_;
  ServedLedger ledger_;
  bool online_ = true;
  std::set<std::string> csv_seen_;
};

TEST_F(OutputTest, HoldsTheFieldsThatThePageNamesAndNoOther) {
  ledger_.Start();
  const std::vector<std::string> append = {"append", "-", "--append-socket", ledger_.append_socket()};
  Json(append, "append summary");
  Jsonl(append, {"acknowledgment"}, false);
  Csv(append, "append");
  EXPECT_NE(
      ledger_
          .Append(
              R"({"envelope_id":"x","stage":"granted","occurred_at":"2026-03-17T09:00:00Z","granted":{"resources":{}}})")
          .status,
      0);
  Json({"status"}, "status");
  Json({"checkpoint", "--sign-now"}, "checkpoint");

  const std::vector<std::string> proven = {"query",  "--principal",  "alice", "--prove",
                                           "--vkey", ledger_.vkey(), "--at",  "2026-03-18"};
  Json(proven, "query answer");
  Json({"query", "--scan"}, "query answer");
  Json({"query", "--limit", "1"}, "query answer");
  Jsonl({"query"}, {"envelope"});
  Json({"show", "e1", "--tree", "--at", "2026-03-18", "--prove", "--vkey", ledger_.vkey()}, "shown envelope");
  Json({"show", "e3", "--tree"}, "shown envelope");
  Jsonl({"show", "e2"}, {"shown envelope"}, false);
  Json({"principals"}, "principals answer");
  Jsonl({"principals"}, {"principal row"});
  Json({"account", "--by", "principal,tenant,resource,charge_to"}, "account answer");
  Jsonl({"account"}, {"account row"});
  Json({"findings"}, "findings answer");
  Jsonl({"findings"}, {"finding"});
  Jsonl({"follow", "--from", "0", "--count", "5"}, {"followed record", "followed event"}, false);
  Jsonl({"export"}, {"exported record"});
  Jsonl({"export", "--rows", "entries"}, {"exported record", "exported event"});
  Jsonl({"export", "--rows", "envelopes"}, {"envelope"});
  Json({"verify"}, "verification");
  Json({"key", "show", "--history"}, "keys");
  Jsonl({"key", "show", "--history"}, {"key"}, false);
  ASSERT_NO_FATAL_FAILURE(ReadProofs());

  for (const std::string name : {"query", "principals", "account --by principal,resource", "account --by tenant,stage",
                                 "findings", "verify", "status", "checkpoint", "key show --history"}) {
    Csv(Split(name, " "), name);
  }
  Csv({"show", "e1"}, "show");
  Csv({"proof", "2"}, "proof");
  Csv({"proof", "--consistency", "1", "8"}, "proof --consistency");
  Csv({"export", "--rows", "records"}, "export --rows records");
  for (const auto& [name, columns] : page_.csv) EXPECT_TRUE(csv_seen_.contains(name)) << name << " was not compared";

  // A revision that an index has lost is a hole, which is said in fields of its own.
  EXPECT_EQ(ledger_.Stop().status, 0);
  online_ = false;
  DeleteKey(IndexPath(ledger_.data_dir()), "envelopes", RevisionKey(IndexPath(ledger_.data_dir()), "e1", 1));
  Json({"query"}, "query answer", 1);
  Json({"query", "--prove", "--vkey", ledger_.vkey()}, "query answer", 1);
  Json({"verify"}, "verification", 1);
  EXPECT_EQ(page_.NeverSeen(), std::vector<std::string>()) << "named by schema/OUTPUT.md, and printed by no command";
}

}  // namespace
}  // namespace envledger
