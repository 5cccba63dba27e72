#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "ledger/base/bytes.h"
#include "tests/cli/fake_ledger.h"

namespace envledger::cli {
namespace {

using nlohmann::json;

TEST(Checkpoint, IsPrintedByteForByte) {
  World world;
  EXPECT_EQ(world.Run({"checkpoint"}), 3);
  const std::string root = Base64(std::string(32, 'r'));
  const std::string note =
      "ledger.example\n5\n" + root + "\n\n\u2014 ledger.example " + Base64(std::string(68, 's')) + "\n";
  world.ledger->checkpoints = {note};
  ASSERT_EQ(world.Run({"checkpoint"}), 0);
  EXPECT_EQ(world.out.str(), note);
  world.out.str("");
  ASSERT_EQ(world.Run({"checkpoint", "--format", "json"}), 0);
  EXPECT_EQ(json::parse(world.out.str()),
            (json{{"origin", "ledger.example"}, {"size", 5}, {"root", Hex(std::string(32, 'r'))}, {"note", note}}));
}

TEST(Checkpoint, OfAGivenSizeIsThatOneOrNone) {
  World world;
  FillDay(*world.ledger);
  world.ledger->checkpoints = {world.ledger->NoteOver(2), world.ledger->NoteOver(5)};
  ASSERT_EQ(world.Run({"checkpoint", "--size", "2"}), 0) << world.err.str();
  EXPECT_EQ(world.out.str(), world.ledger->checkpoints.front());
  EXPECT_EQ(world.Run({"checkpoint", "--size", "3"}), 3);
  EXPECT_NE(world.err.str().find("the nearest are of 2 below and 5 above"), std::string::npos) << world.err.str();
}

}  // namespace
}  // namespace envledger::cli
