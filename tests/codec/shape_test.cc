// Buffers that no honest writer makes: cut, extended, bent, forged. CheckTransition is the gate; the other buffers
// share it.
#include <gmock/gmock.h>

#include <functional>

#include "flatbuffers/flatbuffers.h"
#include "ledger/codec/transition.h"
#include "tests/codec/samples.h"
#include "transition_generated.h"

namespace envledger {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;
using testing::HasSubstr;

std::string Encoded(Stage stage) { return *EncodeTransition(FullTransition(stage)); }

std::string Finished(FlatBufferBuilder& b, Offset<fb::Transition> root, const char* identifier = "ENVT") {
  b.TrackMinAlign(8);
  b.Finish(root, identifier);
  return {reinterpret_cast<const char*>(b.GetBufferPointer()), b.GetSize()};
}

TEST(Buffer, ShorterByAnyNumberOfBytesIsRefused) {
  for (const Stage stage : kAllStages) {
    const std::string bytes = Encoded(stage);
    for (size_t size = 0; size < bytes.size(); ++size) {
      ASSERT_FALSE(CheckTransition(bytes.substr(0, size)).ok()) << Name(stage) << " cut to " << size;
    }
  }
}

TEST(Buffer, AnythingAppendedIsRefused) {
  for (const Stage stage : kAllStages) {
    const std::string bytes = Encoded(stage);
    for (size_t more = 1; more <= 64; ++more) {
      ASSERT_FALSE(CheckTransition(bytes + std::string(more, '\0')).ok()) << more << " zeros";
      ASSERT_FALSE(CheckTransition(bytes + std::string(more, 'x')).ok()) << more << " bytes";
    }
    EXPECT_FALSE(CheckTransition(bytes + bytes).ok());
  }
}

TEST(Buffer, PaddingBehindTheEndIsZero) {
  std::string bytes = Encoded(Stage::kLost);
  ASSERT_EQ(bytes.back(), '\0');
  bytes.back() = 'x';
  EXPECT_FALSE(CheckTransition(bytes).ok());
}

TEST(Buffer, EmptyAndTinyInputsAreRefused) {
  EXPECT_FALSE(CheckTransition({}).ok());
  for (size_t size = 1; size < 64; ++size) {
    EXPECT_FALSE(CheckTransition(std::string(size, '\0')).ok());
    EXPECT_FALSE(CheckTransition(std::string(size, '\xff')).ok());
  }
}

TEST(Buffer, OnlyItsOwnIdentifierIsTaken) {
  std::string bytes = Encoded(Stage::kLost);
  for (const std::string_view other : {"ENVL", "ENVQ", "ENVR", "envt"}) {
    bytes.replace(4, 4, other);
    EXPECT_THAT(CheckTransition(bytes).status().message(), HasSubstr("identifier ENVT"));
  }
}

// What is accepted after damage must still be whole: its facts, values and facets can be read, and it can be written
// again.
void ExpectRefusedOrWhole(const std::string& bytes) {
  const auto facts = CheckTransition(bytes);
  if (!facts.ok()) {
    EXPECT_EQ(facts.status().code(), Code::kInvalidArgument);
    EXPECT_FALSE(facts.status().rule().empty());
    return;
  }
  FacetsOf(bytes);
  const Transition transition = DecodeTransition(bytes);
  const auto again = EncodeTransition(transition);
  ASSERT_TRUE(again.ok()) << again.status().ToString();
  EXPECT_EQ(DecodeTransition(*again), transition);
}

TEST(Buffer, EveryDamagedByteIsRefusedOrHarmless) {
  for (const Stage stage : {Stage::kRequested, Stage::kGranted, Stage::kCancelled}) {
    const std::string bytes = Encoded(stage);
    for (size_t at = 0; at < bytes.size(); ++at) {
      for (const int flip : {1, 2, 4, 8, 16, 32, 64, 128, 255}) {
        std::string damaged = bytes;
        damaged[at] = static_cast<char>(damaged[at] ^ flip);
        ASSERT_NO_FATAL_FAILURE(ExpectRefusedOrWhole(damaged)) << Name(stage) << " byte " << at << " ^ " << flip;
      }
    }
  }
}

TEST(Buffer, EveryDamagedWordIsRefusedOrHarmless) {
  const std::string bytes = Encoded(Stage::kRequested);
  for (size_t at = 0; at + 4 <= bytes.size(); at += 2) {
    for (const uint32_t value : {0u, 1u, 4u, 0x7fffffffu, 0x80000000u, 0xffffffffu, 0xfffffffcu}) {
      std::string damaged = bytes;
      flatbuffers::WriteScalar(damaged.data() + at, value);
      ASSERT_NO_FATAL_FAILURE(ExpectRefusedOrWhole(damaged)) << "word at " << at << " = " << value;
    }
  }
}

TEST(Buffer, APresentEmptyStringIsRefused) {
  FlatBufferBuilder b;
  const auto id = b.CreateString("env-1");
  const auto reason = b.CreateString("");
  fb::TransitionBuilder t(b);
  t.add_envelope_id(id);
  t.add_stage(fb::Stage::lost);
  t.add_occurred_at(1);
  t.add_reason(reason);
  const Status status = CheckTransition(Finished(b, t.Finish())).status();
  EXPECT_EQ(status.rule(), "reason");
  EXPECT_THAT(status.message(), HasSubstr("is empty; leave it out"));
}

TEST(Buffer, AFieldThatTheSchemaDoesNotKnowIsRefused) {
  FlatBufferBuilder b;
  const auto id = b.CreateString("env-1");
  const auto reason = b.CreateString("r");
  const auto hidden = b.CreateString("what no check ever saw");
  const auto start = b.StartTable();
  b.AddOffset(fb::Transition::VT_ENVELOPE_ID, id);
  b.AddElement<uint8_t>(fb::Transition::VT_STAGE, static_cast<uint8_t>(fb::Stage::lost));
  b.AddElement<int64_t>(fb::Transition::VT_OCCURRED_AT, 1);
  b.AddOffset(fb::Transition::VT_REASON, reason);
  b.AddOffset(fb::Transition::VT_NOTE + 2, hidden);
  const Status status = CheckTransition(Finished(b, Offset<fb::Transition>(b.EndTable(start)))).status();
  EXPECT_THAT(status.message(), HasSubstr("(id 14) that the schema does not know"));
}

TEST(Buffer, ABooleanIsZeroOrOne) {
  FlatBufferBuilder b;
  const auto start = b.StartTable();
  b.AddElement<uint8_t>(fb::Execution::VT_KIND, 3);
  b.AddElement<uint8_t>(fb::Execution::VT_DRY_RUN, 2);
  const auto execution = Offset<fb::Execution>(b.EndTable(start));
  const auto id = b.CreateString("env-1");
  fb::TransitionBuilder t(b);
  t.add_envelope_id(id);
  t.add_occurred_at(1);
  t.add_stage(fb::Stage::requested);
  t.add_execution(execution);
  EXPECT_EQ(CheckTransition(Finished(b, t.Finish())).status().rule(), "execution.dry_run");
}

// One string may serve many items: other writers than ours share them.
TEST(Buffer, SharedStringsAreFine) {
  FlatBufferBuilder b;
  const auto shared = b.CreateString("user");
  const auto requester = fb::CreatePrincipal(b, fb::PrincipalKind::user, shared, shared);
  const std::vector<Offset<flatbuffers::String>> groups(4096, shared);
  const auto group_list = b.CreateVector(groups);
  const auto identity = fb::CreateIdentity(b, requester, 0, 0, shared, group_list);
  const auto execution = fb::CreateExecution(b, fb::ExecutionKind::job);
  const auto scope = fb::CreateScope(b, shared, 0, 0, fb::ScopeBinding::unbound);
  const auto requested = b.CreateVector(std::vector<Offset<fb::Resource>>());
  const auto bytes =
      Finished(b, fb::CreateTransition(b, shared, fb::Stage::requested, 1, identity, execution, scope, requested));
  ASSERT_TRUE(CheckTransition(bytes).ok()) << CheckTransition(bytes).status().ToString();
  EXPECT_EQ(DecodeTransition(bytes).identity->groups.size(), 4096u);
}

// A list of 4096 hops that are all the same hop, with 4096 scopes that are all the same long string: 50 KiB that would
// be 256 GiB written out. It must be refused at once.
TEST(Buffer, ReferencesThatMultiplyAreRefused) {
  FlatBufferBuilder b;
  const auto text = b.CreateString(std::string(16000, 's'));
  const auto actor = fb::CreatePrincipal(b, fb::PrincipalKind::user, text, text);
  const auto scopes = b.CreateVector(std::vector<Offset<flatbuffers::String>>(4096, text));
  const auto hop = fb::CreateDelegationHop(b, actor, 0, 0, 0, scopes);
  const auto hops = b.CreateVector(std::vector<Offset<fb::DelegationHop>>(4096, hop));
  const auto identity = fb::CreateIdentity(b, actor, 0, hops);
  const auto id = b.CreateString("env-1");
  const auto bytes = Finished(b, fb::CreateTransition(b, id, fb::Stage::requested, 1, identity));
  ASSERT_LE(bytes.size(), kMaxTransitionBytes);
  EXPECT_THAT(CheckTransition(bytes).status().message(), HasSubstr("so often that it would be too large written out"));
}

TEST(Buffer, AnEmptyListThatNeedNotBeThereIsReadAsAbsent) {
  FlatBufferBuilder b;
  const auto id = b.CreateString("env-1");
  const auto devices = b.CreateVector(std::vector<Offset<flatbuffers::String>>());
  const auto routing = fb::CreateRouting(b, 0, 0, id, devices);
  const auto bytes = Finished(b, fb::CreateTransition(b, id, fb::Stage::started, 1, 0, 0, 0, 0, 0, 0, routing));
  ASSERT_TRUE(CheckTransition(bytes).ok());
  EXPECT_TRUE(DecodeTransition(bytes).routing->devices.empty());
}

TEST(Buffer, ATargetMayBeCountedInTheHundreds) {
  Transition transition = FullTransition(Stage::kRequested);
  transition.execution->targets.clear();
  for (int i = 0; i < 840; ++i) transition.execution->targets.push_back({"node", "n" + std::to_string(i), "", ""});
  const auto bytes = EncodeTransition(transition);
  ASSERT_TRUE(bytes.ok()) << bytes.status().ToString();
  EXPECT_EQ(DecodeTransition(*bytes), transition);
}

}  // namespace
}  // namespace envledger
