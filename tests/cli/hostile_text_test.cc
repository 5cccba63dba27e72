// What producers, daemons and users write must not reach a terminal or a spreadsheet as anything but text: every
// command and format, on a ledger in which every field is hostile.
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "cli/output/output_style.h"
#include "cli/output/verify_report.h"
#include "ledger/text/unicode.h"
#include "tests/cli/fake_ledger.h"

namespace envledger::cli {
namespace {

// Clears the screen, in 7 and in 8 bits; a window title and a bell; a line break, a return and a tab; text turned
// round; what shows as nothing; wide and combining characters.
const std::string kTricks =
    "\x1b[2J\u009b2J\x1b]0;owned\x07\r\n\t\x7f\u202eesrever\u2066\u200b\ufeff\u00ad\u65e5\u672c\u8a9e e\u0301";

std::string Hostile(const std::string& text) { return text + kTricks; }

Transition HostileRequest(const std::string& id, const std::string& first) {
  Transition t = Requested(id, User(first + Hostile("alice"), Hostile("=issuer")), kMorning);
  Identity& identity = *t.identity;
  identity.subject = Principal{PrincipalKind::kService, Hostile("@issuer"), first + Hostile("subject")};
  identity.tenant = first + Hostile("tenant");
  DelegationHop hop;
  hop.actor = User(first + Hostile("hop"));
  hop.delegation_id = Hostile("d");
  hop.scopes = {Hostile("scope")};
  DelegationHop wider = hop;
  wider.actor = User(Hostile("wider"));
  wider.scopes = {Hostile("=more")};
  identity.delegation = {hop, wider};
  identity.groups = {Hostile("group")};
  Execution& execution = *t.execution;
  execution.kind = ExecutionKind::kOther;
  execution.kind_detail = first + Hostile("detail");
  execution.operation = first + Hostile("operation");
  execution.trigger = Hostile("trigger");
  execution.targets = {{.type = first + Hostile("type"), .id = Hostile("id"), .version = Hostile("v"), .digest = ""}};
  t.scope->kind = first + Hostile("kind");
  t.scope->id = Hostile("id");
  t.scope->purpose = Hostile("purpose");
  t.scope->hints = {{Hostile("key"), Hostile("value")}};
  t.requested = ResourceMap{Amount(first + Hostile("gpu"), "8"), Amount("memory", "64Gi")};
  t.requested->front().selector = Hostile("selector");
  Correlation& correlation = t.correlation.emplace();
  correlation.request_id = first + Hostile("request");
  return t;
}

// Three envelopes, the id of the third's requester as long as a string may be.
void FillHostile(FakeLedger& ledger) {
  const std::string firsts[] = {"=", "+", "-"};
  for (int i = 0; i < 3; ++i) {
    const std::string id = "env-" + std::to_string(i);
    const std::string& first = firsts[i];
    Transition request = HostileRequest(id, first);
    if (i == 2) request.identity->requester.id = std::string(16'000, 'w');
    ledger.Append(request);
    Transition grant = GrantedGpus(id, "16");
    grant.decision->reasons = {first + Hostile("reason")};
    grant.decision->policy = Policy{first + Hostile("policy"), Hostile("7"), ""};
    grant.decision->decider = request.identity->requester;
    grant.granted->resources = {Amount(first + Hostile("gpu"), "16")};
    grant.granted->scopes = {first + Hostile("granted")};
    grant.granted->grant_id = first + Hostile("grant");
    grant.granted->reason = first + Hostile("because");
    grant.routing->backend = first + Hostile("backend");
    grant.routing->cluster = first + Hostile("cluster");
    grant.routing->node = first + Hostile("node");
    grant.routing->native_ids = {{Hostile("pod"), Hostile("native")}};
    ledger.Append(grant);
    Transition end = Completed(id);
    end.outcome->code = first + Hostile("code");
    end.outcome->reason = first + Hostile("ended");
    end.outcome->usage = {Amount(first + Hostile("gpu"), "4")};
    ledger.Append(end);
    Transition note;
    note.envelope_id = id;
    note.stage = Stage::kAnnotated;
    note.occurred_at = kMorning;
    note.note = first + Hostile("note");
    ledger.Append(note);
    ledger.principals.push_back({.principal = request.identity->requester, .by_role = {1, 0, 0, 1}, .envelopes = 1});
  }
  ledger.genesis.clear();  // which the fake puts in the place of entry 0
  StatusResponse& status = ledger.status;
  status.healthy = true;
  status.problem = Hostile("=problem");
  status.version = Hostile("=version");
  status.origin = Hostile("=origin");
  status.vkey = Hostile("=vkey");
  status.gauges = {{Hostile("=gauge"), 1}};
  status.refusals = {{.producer = Hostile("=producer"), .uid = 1, .rule = Hostile("rule"), .count = 2}};
}

// "" where there is nothing that a terminal would obey, else what and where. `rearranged`: nor what deceives the eye.
std::string FirstRaw(const std::string& text, bool rearranged) {
  static const std::vector<std::string> kInvisible = {"\u202e", "\u2066", "\u200b", "\ufeff", "\u00ad"};
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool end_of_row = c == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    const bool c1 = c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if ((c < 0x20 && c != '\n' && !end_of_row) || c == 0x7f || c1) {
      return "byte " + std::to_string(c) + " in: " + text.substr(i < 30 ? 0 : i - 30, 60);
    }
  }
  for (const std::string& invisible : kInvisible) {
    if (rearranged && text.find(invisible) != std::string::npos) return "an invisible character";
  }
  return "";
}

std::vector<std::vector<std::string>> CsvRows(const std::string& text) {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> row;
  std::string field;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '"' && i + 1 < text.size() && text[i + 1] == '"') {
      field += text[++i];
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && (text[i] == ',' || text[i] == '\r')) {
      row.push_back(std::exchange(field, ""));
    } else if (!quoted && text[i] == '\n') {
      rows.push_back(std::exchange(row, {}));
    } else {
      field += text[i];
    }
  }
  return rows;
}

struct HostileWorld : World {
  explicit HostileWorld(size_t width = 0) {
    FillHostile(*ledger);
    ledger->Sign();
    ledger->status.vkey = Hostile("=vkey");
    context.out_is_terminal = context.err_is_terminal = width > 0;
    context.width = width;
    variables["NO_COLOR"] = "1";
  }
};

const std::vector<std::vector<std::string>> kCommands = {
    {"query"},
    {"show", "env-0"},
    {"show", "env-0", "--tree"},
    {"principals"},
    {"account"},
    {"account", "--by", "principal,requester,tenant,reason,policy,scope,target,resource"},
    {"findings"},
    {"follow", "--data-dir", "d", "--from", "0"},
    {"status"},
    {"checkpoint"},
};

TEST(HostileText, NoCommandLetsATerminalObeyIt) {
  for (const size_t width : {80u, 120u, 250u}) {
    for (const std::vector<std::string>& command : kCommands) {
      HostileWorld world(width);
      SCOPED_TRACE(command[0] + " " + std::to_string(width));
      EXPECT_EQ(world.Run(command), 0) << world.err.str();
      EXPECT_EQ(FirstRaw(world.out.str(), true), "");
      EXPECT_EQ(FirstRaw(world.err.str(), true), "");
      EXPECT_NE(world.out.str(), "");
    }
  }
}

TEST(HostileText, IsWrittenOutWhereItStands) {
  for (const char* command : {"query", "principals", "findings"}) {
    HostileWorld world;
    ASSERT_EQ(world.Run({command}), 0);
    EXPECT_NE(world.out.str().find("alice\\x1b[2J\\x9b2J"), std::string::npos) << world.out.str();
  }
}

TEST(HostileText, ColumnsStandBelowEachOtherWhateverStandsInThem) {
  for (const char* command : {"query", "findings"}) {
    HostileWorld world;
    ASSERT_EQ(world.Run({command}), 0);
    std::set<size_t> places;  // where the envelope's id begins
    size_t rows = 0;
    std::istringstream lines(world.out.str());
    for (std::string line; std::getline(lines, line);) {
      const size_t at = line.find("  env-");
      if (at == std::string::npos) continue;
      ++rows;
      places.insert(ColumnsOf(line.substr(0, at + 2)));
    }
    EXPECT_GE(rows, 3u);
    EXPECT_EQ(places.size(), 1u) << command;
  }
}

TEST(HostileText, NoTableIsWiderThanItsTerminal) {
  for (const size_t width : {112u, 160u}) {
    for (const std::string command : {"query", "principals", "findings", "show"}) {
      HostileWorld world(width);
      SCOPED_TRACE(command + " " + std::to_string(width));
      std::vector<std::string> words = {command};
      if (command == "show") words.emplace_back("env-2");
      ASSERT_EQ(world.Run(words), 0) << world.err.str();
      std::istringstream lines(world.out.str());
      for (std::string line; std::getline(lines, line) && !line.empty();) EXPECT_LE(ColumnsOf(line), width) << line;
    }
  }
}

TEST(HostileText, IsEscapedInJson) {
  for (std::vector<std::string> command : kCommands) {
    HostileWorld world(100);
    command.insert(command.end(), {"--format", "jsonl"});
    EXPECT_EQ(world.Run(command), 0) << world.err.str();
    EXPECT_EQ(FirstRaw(world.out.str(), false), "") << command[0];
  }
  for (const char* form : {"jsonl", "ocsf", "cloudevents"}) {
    HostileWorld world(100);
    EXPECT_EQ(world.Run({"export", "--format", form}), 0) << world.err.str();
    EXPECT_EQ(FirstRaw(world.out.str(), false), "") << form;
  }
}

TEST(HostileText, IsNoFormulaInAnyCsv) {
  std::vector<std::vector<std::string>> commands = {
      {"export", "--rows", "records"},
      {"export", "--rows", "envelopes"},
      {"account", "--by", "principal,requester,tenant,reason,policy,scope,target,resource"}};
  for (const std::vector<std::string>& command : kCommands) {
    if (command[0] != "follow") commands.push_back(command);
  }
  size_t disarmed = 0;
  for (std::vector<std::string> command : commands) {
    HostileWorld world;
    SCOPED_TRACE(command[0]);
    command.insert(command.end(), {"--format", "csv"});
    ASSERT_EQ(world.Run(command), 0) << world.err.str();
    EXPECT_EQ(FirstRaw(world.out.str(), true), "");
    const auto rows = CsvRows(world.out.str());
    ASSERT_GT(rows.size(), 1u);
    for (const auto& row : rows) {
      EXPECT_EQ(row.size(), rows.front().size());
      for (const std::string& field : row) {
        EXPECT_FALSE(!field.empty() && std::string("=+-@\t\r").find(field[0]) != std::string::npos) << field;
        disarmed += field.starts_with("'") ? 1 : 0;
      }
    }
  }
  EXPECT_GT(disarmed, 100u);
}

TEST(HostileText, IsNotEchoedRawByDiagnostics) {
  const std::vector<std::vector<std::string>> lines = {
      {"show", Hostile("env")},
      {"proof", Hostile("env")},
      {Hostile("command")},
      {"query", "--" + Hostile("option")},
      {"query", "--stage", Hostile("stage")},
      {"query", "--since", Hostile("time")},
      {"account", "--by", Hostile("by")},
      {"findings", "--finding", Hostile("kind")},
      {"query", "--format", Hostile("format")},
      {"query", "--prove", "--vkey", Hostile("vkey")},
      {"completion", Hostile("shell")},
      {"help", Hostile("command")},
      {"export", "--format", Hostile("form")},
  };
  for (const auto& words : lines) {
    HostileWorld world(80);
    EXPECT_NE(world.Run(words), 0) << words[0];
    EXPECT_NE(world.err.str(), "");
    EXPECT_EQ(FirstRaw(world.err.str() + world.out.str(), true), "") << words[0];
  }
  // One name, several principals: they are listed.
  HostileWorld world(80);
  for (const char* issuer : {"one", "two"}) {
    world.ledger->principals.push_back({.principal = User("twin", Hostile(issuer)), .by_role = {}, .envelopes = 1});
  }
  world.Run({"query", "--principal", "twin"});
  EXPECT_NE(world.err.str().find("more than one principal"), std::string::npos) << world.err.str();
  EXPECT_EQ(FirstRaw(world.err.str(), true), "");
}

TEST(HostileText, IsNotPrintedRawByAVerification) {
  VerifyReport report;
  report.verdict = Verdict::kTampered;
  report.origin = Hostile("origin");
  report.failures = {
      {.seq = 3, .check = Hostile("=check"), .message = Hostile("=message"), .verdict = Verdict::kTampered}};
  report.failure_count = 1;
  report.checks = {{"chain", Hostile("3 entries")}};
  std::ostringstream out;
  PrintVerify(out, OutputStyle{.format = Format::kTable, .width = 80}, report);
  EXPECT_EQ(FirstRaw(out.str(), true), "");
  EXPECT_EQ(FirstRaw(VerifyJson(report), false), "");
  EXPECT_EQ(FirstRaw(VerifyCsv(report), true), "");
  const auto rows = CsvRows(VerifyCsv(report));
  ASSERT_EQ(rows.size(), 2u);
  for (const std::string& field : rows[1]) EXPECT_FALSE(field.starts_with("=")) << field;
}

// A daemon that lies can send any note. On a terminal it is text; into a file it goes byte for byte.
TEST(HostileText, OfACheckpointIsRawOnlyInAFile) {
  for (const size_t width : {0u, 80u}) {
    HostileWorld world(width);
    world.ledger->checkpoints = {"origin\x1b[2J\n1\nAAAA\n\n\u2014 origin\u202e AAAA\n"};
    EXPECT_EQ(world.Run({"checkpoint"}), 0) << world.err.str();
    if (width == 0) {
      EXPECT_EQ(world.out.str(), world.ledger->checkpoints[0]);
    } else {
      EXPECT_EQ(world.out.str(), "origin\\x1b[2J\n1\nAAAA\n\n\u2014 origin\\u{202e} AAAA\n");
    }
  }
}

}  // namespace
}  // namespace envledger::cli
