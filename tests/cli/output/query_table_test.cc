// The rows of `query` on terminals and as csv.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>

#include "tests/cli/fake_ledger.h"

namespace envledger::cli {
namespace {

TEST(Query, TableOnANarrowTerminalFolds) {
  World world;
  FillDay(*world.ledger);
  world.context.out_is_terminal = true;
  world.context.width = 80;
  ASSERT_EQ(world.Run({"query", "--color", "never"}), 0);
  EXPECT_EQ(world.out.str(), R"(WHEN (UTC)           STAGE      WHO                      WHAT
  SCOPE              REQUESTED         GRANTED            RELATION      ENVELOPE
2026-03-17 09:20:00  completed  user:alice               model_deployment POST
                                                         /serving/deploy_model
                                                         model:llama-3@2
  project:search-ml  gpu 8, memory     gpu 4, memory      narrowed gpu  env-1
                     64Gi              64Gi
2026-03-17 09:21:00  requested  user:bob                 model_deployment POST
                                                         /serving/deploy_model
                                                         model:llama-3@2
  project:search-ml  gpu 8, memory     -                  -             env-2
                     64Gi
2026-03-17 09:22:00  requested  user:eve\x1b[2J\u{202e}  model_deployment =cmd()
                                                         model:llama-3@2
  project:search-ml  -                 -                  -             env-3

3 envelopes. Complete as of 5 entries, root abababababababab…, no signed
checkpoint yet.
)");
}

TEST(Query, TableOnAWideTerminalHasOneLineARow) {
  World world;
  FillDay(*world.ledger);
  world.context.out_is_terminal = true;
  world.context.width = 200;
  ASSERT_EQ(world.Run({"query", "--color", "never"}), 0);
  EXPECT_EQ(
      world.out.str(),
      R"(WHEN (UTC)           STAGE      WHO                      WHAT                                                         SCOPE              REQUESTED           GRANTED             RELATION      ENVELOPE
2026-03-17 09:20:00  completed  user:alice               model_deployment POST /serving/deploy_model model:llama-3@2  project:search-ml  gpu 8, memory 64Gi  gpu 4, memory 64Gi  narrowed gpu  env-1
2026-03-17 09:21:00  requested  user:bob                 model_deployment POST /serving/deploy_model model:llama-3@2  project:search-ml  gpu 8, memory 64Gi  -                   -             env-2
2026-03-17 09:22:00  requested  user:eve\x1b[2J\u{202e}  model_deployment =cmd() model:llama-3@2                      project:search-ml  -                   -                   -             env-3

3 envelopes. Complete as of 5 entries, root abababababababab…, no signed checkpoint yet.
)");
}

TEST(Query, StoredTextNeverReachesATerminalRaw) {
  for (const char* format : {"table", "csv", "json"}) {
    World world;
    FillDay(*world.ledger);
    world.context.out_is_terminal = true;
    world.variables["NO_COLOR"] = "1";
    ASSERT_EQ(world.Run({"query", "--format", format}), 0);
    EXPECT_EQ(world.out.str().find('\x1b'), std::string::npos) << format;
    EXPECT_EQ(world.err.str().find('\x1b'), std::string::npos) << format;
  }
}

TEST(Query, ColoursOnlyOnATerminal) {
  World piped;
  FillDay(*piped.ledger);
  piped.Run({"query"});
  EXPECT_EQ(piped.out.str().find('\x1b'), std::string::npos);
  World terminal;
  FillDay(*terminal.ledger);
  terminal.context.out_is_terminal = true;
  terminal.Run({"query"});
  EXPECT_NE(terminal.out.str().find("\x1b[32mcompleted\x1b[0m"), std::string::npos);
  World forced;
  FillDay(*forced.ledger);
  forced.variables["NO_COLOR"] = "1";
  forced.Run({"query", "--color", "always"});
  EXPECT_NE(forced.out.str().find("\x1b[32mcompleted\x1b[0m"), std::string::npos);
}

TEST(Query, CsvHasAHeaderAndAsManyFieldsInEveryRow) {
  World world;
  FillDay(*world.ledger);
  ASSERT_EQ(world.Run({"query", "--format", "csv"}), 0);
  std::istringstream rows(world.out.str());
  std::string header;
  std::getline(rows, header);
  EXPECT_EQ(header.substr(0, 23), "envelope_id,stage,opene");
  EXPECT_EQ(std::count(header.begin(), header.end(), ','), 28);
  EXPECT_NE(world.out.str().find(",gpu=8; memory=68719476736,gpu=4; memory=68719476736,"), std::string::npos);
  EXPECT_NE(world.out.str().find(",'=cmd(),"), std::string::npos) << "a formula must be disarmed";
  EXPECT_NE(world.err.str().find("Complete as of 5 entries"), std::string::npos);
}

}  // namespace
}  // namespace envledger::cli
