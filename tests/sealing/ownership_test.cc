// Who may append to whose envelopes, and what a stranger learns by trying.
#include "ledger/sealing/ownership.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/support/ledger_fixture.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;

const Recorder kGateway{1001, 1001, 43, "gateway"};
const Recorder kRunner{1002, 1002, 44, "runner"};
const Recorder kStranger{1003, 1003, 45, "stranger"};

TEST(Ownership, AProducerOwnsWhatItsNameOrItsUidOpened) {
  const Ownership none({});
  const Owner owner = OwnerOf(kGateway);
  EXPECT_TRUE(none.MayAppend(kGateway, owner));
  EXPECT_TRUE(none.MayAppend({1001, 5, 6, "renamed"}, owner));
  EXPECT_TRUE(none.MayAppend({77, 5, 6, "gateway"}, owner));
  EXPECT_FALSE(none.MayAppend(kRunner, owner));
}

TEST(Ownership, RulesNameTheMoverAndTheOwner) {
  const Ownership some({{"runner", "gateway"}, {"janitor", "*"}});
  EXPECT_TRUE(some.MayAppend(kRunner, OwnerOf(kGateway)));
  EXPECT_FALSE(some.MayAppend(kGateway, OwnerOf(kRunner))) << "a rule has a direction";
  EXPECT_FALSE(some.MayAppend(kRunner, OwnerOf(kStranger)));
  EXPECT_TRUE(some.MayAppend({9, 9, 9, "janitor"}, OwnerOf(kStranger)));
  EXPECT_FALSE(some.MayAppend(kStranger, OwnerOf({9, 9, 9, "*"}))) << "no name is a wildcard by itself";
}

class OwnedEnvelopesTest : public ::testing::Test {
 protected:
  void SetUp() override { ledger_.Open(); }
  static const ErrorInfo& ErrorIn(const AppendResult& result) {
    static const ErrorInfo kNone{};
    const auto* error = std::get_if<ErrorInfo>(&result);
    return error != nullptr ? *error : kNone;
  }
  // What `who` is told about a request for the envelope `id`, without the id.
  std::string Told(const Recorder& who, const Transition& transition, const std::string& id,
                   std::optional<uint64_t> expected = std::nullopt) {
    Transition named = transition;
    named.envelope_id = id;
    const AppendResult result = ledger_.AppendAs(who, {Encoded(named)}, {expected});
    const ErrorInfo& error = ErrorIn(result);
    EXPECT_FALSE(error.status.ok());
    std::string told = error.status.ToString() + " | " + std::to_string(error.item) + " | " +
                       std::string(Name(error.stage)) + " | " + std::to_string(error.revision.value_or(UINT64_MAX));
    for (size_t at = told.find(id); at != std::string::npos; at = told.find(id)) told.replace(at, id.size(), "<id>");
    return told;
  }
  void ExpectIntact() {
    ledger_.Close();
    const VerifyReport report = ledger_.Verify();
    EXPECT_EQ(report.verdict, Verdict::kUnanchored) << Text(report);
  }

  TestLedger ledger_;
};

TEST_F(OwnedEnvelopesTest, AStrangerIsToldTheSameAsAboutAnEnvelopeThatDoesNotExist) {
  ledger_.MustAppend({Encoded(Opening("theirs")), Encoded(Later(Stage::kAdmitted, "theirs"))});
  for (const Stage stage : {Stage::kDeferred, Stage::kAdmitted, Stage::kFailed, Stage::kCancelled, Stage::kAnnotated}) {
    const Transition move = Later(stage, "theirs");
    EXPECT_EQ(Told(kStranger, move, "theirs"), Told(kStranger, move, "nobodys")) << Name(stage);
    for (const uint64_t expected : {0, 1, 2, 3}) {
      EXPECT_EQ(Told(kStranger, move, "theirs", expected), Told(kStranger, move, "nobodys", expected)) << expected;
    }
  }
  // The very bytes of a record are no way in either: an acknowledgment of a repetition would tell its seq and time.
  EXPECT_EQ(Told(kStranger, Later(Stage::kAdmitted, "theirs"), "theirs"),
            Told(kStranger, Later(Stage::kAdmitted, "nobodys"), "nobodys"));
  EXPECT_THAT(Told(kStranger, Later(Stage::kAdmitted, "theirs"), "theirs"), HasSubstr("cross-producer"));
  ExpectIntact();
}

TEST_F(OwnedEnvelopesTest, AnIdThatAnotherProducerUsesCannotBeOpened) {
  ledger_.MustAppend({Encoded(Opening("theirs"))});
  const AppendResult again = ledger_.AppendAs(kStranger, {Encoded(Opening("theirs"))});
  EXPECT_EQ(ErrorIn(again).status.code(), Code::kConflict);
  EXPECT_EQ(ErrorIn(again).status.rule(), kRuleEnvelopeTaken);
  EXPECT_EQ(ErrorIn(again).revision, std::nullopt);
  ExpectIntact();
}

TEST_F(OwnedEnvelopesTest, TheOwnerIsRememberedByALedgerThatHasForgottenAndByLongEnvelopes) {
  ledger_.MustAppend({Encoded(Opening("short")), Encoded(Opening("long"))});
  for (int i = 0; i < 40; ++i) {
    Transition note = Later(Stage::kAnnotated, "long");
    note.note = "note " + std::to_string(i);
    ledger_.MustAppend({Encoded(note)});
  }
  ledger_.Close();
  ledger_.Open();
  for (const std::string id : {"short", "long"}) {
    EXPECT_EQ(Told(kStranger, Later(Stage::kFailed, id), id), Told(kStranger, Later(Stage::kFailed, "x"), "x"));
    const AppendResult by_uid = ledger_.AppendAs({1001, 1, 1, "renamed"}, {Encoded(Later(Stage::kAdmitted, id))});
    EXPECT_TRUE(std::holds_alternative<AppendResponse>(by_uid)) << ErrorIn(by_uid).status.ToString();
  }
  ExpectIntact();
}

TEST_F(OwnedEnvelopesTest, AProducerThatARuleNamesMayAppendAndIsRecordedAsItself) {
  ledger_.Close();
  ledger_.options.sealer.cross_producer = {{"runner", "gateway"}};
  ledger_.Open();
  ledger_.MustAppend({Encoded(Opening("theirs"))});
  const AppendResult moved = ledger_.AppendAs(kRunner, {Encoded(Later(Stage::kAdmitted, "theirs"))});
  ASSERT_TRUE(std::holds_alternative<AppendResponse>(moved)) << ErrorIn(moved).status.ToString();
  const uint64_t seq = std::get<AppendResponse>(moved).acknowledgments[0].seq;
  const auto entry = CheckEntry(TestLedger::Entries(ledger_.data_dir())[seq]);
  ASSERT_TRUE(entry.ok());
  EXPECT_EQ(entry->header.recorder, kRunner);
  EXPECT_EQ(Told(kStranger, Later(Stage::kFailed, "theirs"), "theirs"),
            Told(kStranger, Later(Stage::kFailed, "nobodys"), "nobodys"));
  ExpectIntact();
}

TEST_F(OwnedEnvelopesTest, AnEnvelopeWhoseOpeningWasUndoneBelongsToNobody) {
  // The second item cannot be sealed, so neither is the first.
  EXPECT_FALSE(ErrorIn(ledger_.AppendAs(kStranger, {Encoded(Opening("e1")), Encoded(Grant("e2"))})).status.ok());
  ledger_.MustAppend({Encoded(Opening("e1"))});
  ledger_.MustAppend({Encoded(Later(Stage::kAdmitted, "e1"))});
  ExpectIntact();
}

}  // namespace
}  // namespace envledger
