// Of `show`, on terminals of several widths.
#include "cli/output/timeline.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/chain/tree.h"
#include "ledger/text/unicode.h"
#include "tests/cli/fake_ledger.h"

namespace envledger::cli {
namespace {

TEST(Timeline, IsTheTableOfShow) {
  World world;
  FillDay(*world.ledger);
  ASSERT_EQ(world.Run({"show", "env-1"}), 0);
  std::string text = world.out.str();
  for (const std::string& entry : world.ledger->envelopes[0].entries) {
    const std::string hash = Hex(View(LeafHash(entry)));
    const size_t at = text.find(hash);
    ASSERT_NE(at, std::string::npos) << "every record's leaf hash is shown";
    text.replace(at, hash.size(), "HASH");
  }
  EXPECT_EQ(text, R"(env-1  completed

  asked by    user:alice  https://id.example.com
  tenant      search
  what        model_deployment  POST /serving/deploy_model
  on          model:llama-3@2
  scope       project:search-ml  bound

  RESOURCE  REQUESTED  GRANTED  USED  RELATION
  gpu               8        4     4  narrowed
  memory         64Gi     64Gi     -  as_requested

  ● requested   2026-03-17 09:20:00
  │   requested gpu 8, memory 64Gi
  │   sealed    #0 at 2026-03-17 09:20:00.5 by gateway, uid 1000 pid 4242
  │   leaf      HASH
  │
  ● granted     2026-03-17 09:20:02  +2.0s
  │   decision  narrow
  │   because   quota of the project
  │   granted   gpu 4 (narrowed, asked 8), memory 64Gi
  │   grant     grant-1
  │   routed to kserve / gpu-n05
  │   sealed    #1 at 2026-03-17 09:20:02.5 by gateway, uid 1000 pid 4242
  │   leaf      HASH
  │
  ● completed   2026-03-17 09:21:30  +1m 28s
      outcome   ok
      used      gpu 4
      sealed    #2 at 2026-03-17 09:21:30.5 by gateway, uid 1000 pid 4242
      leaf      HASH

3 records. Complete as of 5 entries, root abababababababab…, no signed checkpoint yet.
)");
}

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

Transition Delegated() {
  Transition asked = Requested("env-1", User("aria-with-a-very-long-name-" + std::string(120, 'x') + "\x1b[2J"));
  asked.identity->subject = User("dana");
  asked.identity->delegation = {{.actor = asked.identity->requester,
                                 .delegation_id = "dlg-1",
                                 .parent_id = "",
                                 .issuer = "",
                                 .scopes = {"kb.search"},
                                 .audience = "",
                                 .issued_at = {},
                                 .expires_at = kMorning + 3600 * kSecond,
                                 .binding = HopBinding::kVerified}};
  asked.scope->requested_scopes = {"kb.search", "tickets.read"};
  asked.scope->purpose = "\u65e5\u672c\u8a9e " + std::string(300, 'w');
  return asked;
}

void FillStory(FakeLedger& ledger) {
  ledger.Append(Delegated());
  Transition granted = GrantedGpus("env-1", "4");
  granted.granted->scopes = {"kb.search", "admin"};
  ledger.Append(granted);
  ledger.Append(Completed("env-1"));
}

TEST(Timeline, NoLineIsWiderThanTheTerminalAndNothingIsRaw) {
  for (const size_t width : {80u, 120u, 200u}) {
    World world;
    FillStory(*world.ledger);
    world.context.out_is_terminal = true;
    world.context.width = width;
    ASSERT_EQ(world.Run({"show", "env-1", "--color", "never"}), 0) << world.err.str();
    for (const std::string& line : LinesOf(world.out.str())) EXPECT_LE(ColumnsOf(line), width) << line;
    EXPECT_EQ(world.out.str().find('\x1b'), std::string::npos);
    EXPECT_EQ(world.out.str().find("…\n"), std::string::npos) << "nothing may be cut";
  }
}

TEST(Timeline, IsPlainWhenPipedWhateverTheWidth) {
  std::string first;
  for (const size_t width : {40u, 200u}) {
    World world;
    FillStory(*world.ledger);
    world.context.width = width;
    ASSERT_EQ(world.Run({"show", "env-1"}), 0);
    if (first.empty()) first = world.out.str();
    EXPECT_EQ(world.out.str(), first);
  }
  EXPECT_EQ(first.find('\x1b'), std::string::npos);
  EXPECT_NE(first.find(std::string(300, 'w') + "\n"), std::string::npos) << "a long value is one line";
}

TEST(Timeline, MarksWhatWasGrantedOtherwiseThanRequested) {
  World world;
  FillStory(*world.ledger);
  ASSERT_EQ(world.Run({"show", "env-1"}), 0);
  const std::string out = world.out.str();
  EXPECT_NE(out.find("granted   gpu 4 (narrowed, asked 8), memory 64Gi"), std::string::npos) << out;
  EXPECT_NE(out.find("may       kb.search\n"), std::string::npos) << out;
  EXPECT_NE(out.find("may also  admin (not requested)"), std::string::npos) << out;
  EXPECT_NE(out.find("may not   tickets.read (requested)"), std::string::npos) << out;
  EXPECT_NE(out.find("asks, verified, dlg-1, may kb.search, until 2026-03-17 10:20:00"), std::string::npos) << out;
}

TEST(Timeline, WideTerminalsHaveTheSealBesideItsRecord) {
  World world;
  FillStory(*world.ledger);
  world.context.out_is_terminal = true;
  world.context.width = 200;
  ASSERT_EQ(world.Run({"show", "env-1", "--color", "never"}), 0);
  bool beside = false;
  for (const std::string& line : LinesOf(world.out.str())) {
    beside = beside || (line.find("● granted") != std::string::npos && line.find("sealed    #1") != std::string::npos);
  }
  EXPECT_TRUE(beside) << world.out.str();
}

TEST(Timeline, OneRecordHasNoLineThatLeadsOn) {
  std::ostringstream out;
  OutputStyle style;
  Envelope envelope;
  envelope.envelope_id = "env-1";
  envelope.stage = Stage::kRequested;
  envelope.revisions = 1;
  Timeline timeline(out, style, envelope);
  const size_t heading = out.str().size();
  Record record;
  record.transition.stage = Stage::kRequested;
  record.transition.occurred_at = kMorning;
  record.recorded_at = kMorning - 61 * kSecond;
  timeline.Add(record, "entry");
  EXPECT_EQ(out.str().find("│"), std::string::npos) << out.str();
  EXPECT_NE(out.str().find("● requested", heading), std::string::npos) << out.str();
  EXPECT_NE(out.str().find("(1m 1s before its occurred_at)"), std::string::npos) << out.str();
}

}  // namespace
}  // namespace envledger::cli
