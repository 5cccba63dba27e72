#include "ledger/codec/entry.h"

#include <gmock/gmock.h>

#include "entry_generated.h"
#include "flatbuffers/flatbuffers.h"
#include "ledger/codec/transition.h"
#include "tests/codec/samples.h"

namespace envledger {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;
using testing::HasSubstr;

EntryHeader Header(bool of_transition) {
  EntryHeader header;
  header.seq = 41;
  header.recorded_at = kSampleTime;
  header.previous.fill(0xAB);
  header.recorder = {1001, 1002, -3, "serving"};
  if (!of_transition) return header;
  header.envelope_revision = 2;
  header.envelope_previous = 17;
  header.principal_links = {{kRequester | kDelegate, 0, 1, std::nullopt}, {kDecider, kSubject, 9, 12}};
  return header;
}

std::vector<LedgerEvent> AllEvents() {
  return {Genesis{"ledger.example.com", std::string(32, 'k'), kFormatVersion, kSampleTime},
          Opened{"0.1.0", 41, true},
          Closed{"stopped"},
          KeyRotated{std::string(32, 'o'), std::string(32, 'n'), std::string(64, 's'), std::string(64, 'a')},
          ConfigurationChanged{{{"append-allow", "gid:1000"}, {"origin", ""}}},
          ClockStepped{kSampleTime, kSampleTime - 1},
          AppendsRefused{kSampleTime, {{"serving", 1001, "legal-move", 7}, {"", 0, "", UINT64_MAX}}},
          QueryServed{1, 2, -3, "query", {{"tenant", "vision"}}, 12}};
}

std::string Requested() { return *EncodeTransition(FullTransition(Stage::kRequested)); }
std::string EntryOf(std::string_view transition) {
  return std::string(*EntryBuilder().Build(Header(true), transition));
}
std::string EntryOf(const LedgerEvent& event) { return std::string(*EntryBuilder().Build(Header(false), event)); }

void ExpectSameHeader(const EntryHeader& a, const EntryHeader& b) {
  EXPECT_EQ(a.seq, b.seq);
  EXPECT_EQ(a.recorded_at, b.recorded_at);
  EXPECT_EQ(a.previous, b.previous);
  EXPECT_EQ(a.recorder, b.recorder);
  EXPECT_EQ(a.envelope_revision, b.envelope_revision);
  EXPECT_EQ(a.envelope_previous, b.envelope_previous);
  EXPECT_EQ(a.principal_links, b.principal_links);
}

TEST(Entry, ATransitionIsKeptVerbatimAndAligned) {
  const std::string transition = Requested();
  const std::string bytes = EntryOf(transition);
  const auto entry = CheckEntry(bytes);
  ASSERT_TRUE(entry.ok()) << entry.status().ToString();
  ExpectSameHeader(entry->header, Header(true));
  EXPECT_EQ(entry->transition, transition);
  EXPECT_FALSE(entry->event.has_value());
  EXPECT_EQ((entry->transition.data() - bytes.data()) % 8, 0);
  EXPECT_EQ(bytes.size() % 8, 0u);
}

TEST(Entry, AnyBytesAreKeptVerbatim) {
  for (size_t size = 1; size < 40; ++size) {
    const std::string body(size, '\xA5');
    const std::string bytes = EntryOf(body);
    const auto entry = CheckEntry(bytes);
    ASSERT_TRUE(entry.ok()) << size << ": " << entry.status().ToString();
    EXPECT_EQ(entry->transition, body);
  }
}

// Events have no operator==: equal events have equal bytes.
TEST(Entry, EveryEventSurvivesTheRoundTrip) {
  const std::vector<std::string_view> names = {
      "genesis",       "opened",          "closed",      "key_rotated", "configuration_changed",
      "clock_stepped", "appends_refused", "query_served"};
  const std::vector<LedgerEvent> events = AllEvents();
  ASSERT_EQ(events.size(), std::variant_size_v<LedgerEvent>);
  EXPECT_EQ(EventNames(), names);
  for (size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(EventName(events[i]), names[i]);
    const std::string bytes = EntryOf(events[i]);
    const auto entry = CheckEntry(bytes);
    ASSERT_TRUE(entry.ok()) << entry.status().ToString();
    ExpectSameHeader(entry->header, Header(false));
    EXPECT_TRUE(entry->transition.empty());
    ASSERT_TRUE(entry->event.has_value());
    EXPECT_EQ(entry->event->index(), i);
    EXPECT_EQ(EntryOf(*entry->event), bytes) << names[i];
  }
}

TEST(Entry, FieldsOfEventsComeBack) {
  const auto refused = CheckEntry(EntryOf(AllEvents()[6]));
  ASSERT_TRUE(refused.ok());
  const auto& refusals = std::get<AppendsRefused>(*refused->event).refusals;
  ASSERT_EQ(refusals.size(), 2u);
  EXPECT_EQ(refusals[0].producer, "serving");
  EXPECT_EQ(refusals[0].rule, "legal-move");
  EXPECT_EQ(refusals[1].count, UINT64_MAX);
  const auto genesis = CheckEntry(EntryOf(AllEvents()[0]));
  EXPECT_EQ(std::get<Genesis>(*genesis->event).origin, "ledger.example.com");
  EXPECT_EQ(std::get<Genesis>(*genesis->event).public_key, std::string(32, 'k'));
  EXPECT_EQ(std::get<Genesis>(*genesis->event).created_at, kSampleTime);
  const auto query = CheckEntry(EntryOf(AllEvents()[7]));
  EXPECT_EQ(std::get<QueryServed>(*query->event).pid, -3);
  EXPECT_EQ(std::get<QueryServed>(*query->event).filters, (std::vector<KeyValue>{{"tenant", "vision"}}));
}

TEST(Entry, ABuilderThatWasUsedBeforeGivesTheSameBytes) {
  EntryBuilder builder;
  const std::string first(*builder.Build(Header(true), Requested()));
  for (const LedgerEvent& event : AllEvents()) EXPECT_EQ(*builder.Build(Header(false), event), EntryOf(event));
  EXPECT_EQ(*builder.Build(Header(true), Requested()), first);
}

TEST(Entry, BytesAreReadAtAnyAlignment) {
  const std::string bytes = EntryOf(Requested());
  for (size_t shift = 0; shift < 8; ++shift) {
    const std::string moved = std::string(shift, 'x') + bytes;
    const std::string_view view = std::string_view(moved).substr(shift);
    const auto entry = CheckEntry(view);
    ASSERT_TRUE(entry.ok());
    EXPECT_EQ(entry->transition, Requested());
    EXPECT_GE(entry->transition.data(), moved.data());  // borrowed from what was given, not from a copy
    EXPECT_LE(entry->transition.data() + entry->transition.size(), moved.data() + moved.size());
  }
}

TEST(Entry, CutOrExtendedIsCorruption) {
  for (const std::string& bytes : {EntryOf(Requested()), EntryOf(AllEvents()[0]), EntryOf(AllEvents()[2])}) {
    for (size_t size = 0; size < bytes.size(); ++size) {
      ASSERT_EQ(CheckEntry(bytes.substr(0, size)).status().code(), Code::kCorruption) << size;
    }
    for (size_t more = 1; more <= 32; ++more) {
      ASSERT_EQ(CheckEntry(bytes + std::string(more, '\0')).status().code(), Code::kCorruption) << more;
      ASSERT_EQ(CheckEntry(bytes + std::string(more, 'x')).status().code(), Code::kCorruption) << more;
    }
  }
}

TEST(Entry, EveryDamagedByteIsRefusedOrHarmless) {
  std::vector<std::string> entries = {EntryOf(Requested())};
  for (const LedgerEvent& event : AllEvents()) entries.push_back(EntryOf(event));
  for (const std::string& bytes : entries) {
    for (size_t at = 0; at < bytes.size(); ++at) {
      for (const int flip : {1, 2, 4, 8, 16, 32, 64, 128, 255}) {
        std::string damaged = bytes;
        damaged[at] = static_cast<char>(damaged[at] ^ flip);
        const auto entry = CheckEntry(damaged);
        if (!entry.ok()) {
          ASSERT_EQ(entry.status().code(), Code::kCorruption);
        } else if (entry->event.has_value()) {
          ASSERT_FALSE(EntryOf(*entry->event).empty());
        }
      }
    }
  }
}

TEST(Entry, TheLargestIs65535Bytes) {
  const std::string most = EntryOf(std::string(65000, 't'));
  ASSERT_LT(most.size(), kMaxEntryBytes);
  const size_t room = (kMaxEntryBytes - most.size()) / 8 * 8;
  EXPECT_TRUE(CheckEntry(EntryOf(std::string(65000 + room, 't'))).ok());
  const auto refused = EntryBuilder().Build(Header(true), std::string(65000 + room + 8, 't'));
  EXPECT_EQ(refused.status().code(), Code::kInternal);
  EXPECT_THAT(refused.status().message(), HasSubstr("the limit is 65535"));
}

// --- the gate: what readers would refuse is not built ---

void ExpectNotBuilt(const Result<std::string_view>& built, const std::string& field) {
  EXPECT_EQ(built.status().code(), Code::kInternal);
  EXPECT_EQ(built.status().rule(), field) << built.status().message();
}

TEST(EntryGate, ATextThatIsNotUtf8IsNotSealed) {
  EntryBuilder builder;
  EntryHeader header = Header(true);
  header.recorder.producer = "caf\xE9";
  ExpectNotBuilt(builder.Build(header, Requested()), "recorder.producer");
  header = Header(false);
  header.recorder.producer = "\xFF";
  ExpectNotBuilt(builder.Build(header, Closed{"test"}), "recorder.producer");
  ExpectNotBuilt(builder.Build(Header(false), Closed{"\xC3"}), "event.closed.reason");
  ExpectNotBuilt(builder.Build(Header(false), AppendsRefused{0, {{"fine", 1, "\x80", 1}}}),
                 "event.appends_refused.refusals[0].rule");
}

TEST(EntryGate, WhatDoesNotGoTogetherIsNotSealed) {
  EntryBuilder builder;
  ExpectNotBuilt(builder.Build(Header(false), Requested()), "envelope_revision");
  ExpectNotBuilt(builder.Build(Header(true), Closed{"test"}), "envelope_revision");
  ExpectNotBuilt(builder.Build(Header(true), std::string_view()), "transition");
  EntryHeader header = Header(true);
  header.principal_links[1].roles = 0x80;
  ExpectNotBuilt(builder.Build(header, Requested()), "principal_links[1].roles");
}

TEST(EntryGate, ABuilderThatRefusedGoesOnAsIfNothingHadBeen) {
  EntryBuilder builder;
  EntryHeader header = Header(true);
  header.recorder.producer = "\xFF";
  ASSERT_FALSE(builder.Build(header, Requested()).ok());
  EXPECT_EQ(*builder.Build(Header(true), Requested()), EntryOf(Requested()));
}

TEST(EntryGate, ACheckedTransitionIsBuiltToTheSameBytes) {
  const std::string bytes = Requested();
  const auto checked = CheckedTransition::Check(bytes);
  ASSERT_TRUE(checked.ok());
  EXPECT_EQ(checked->bytes(), bytes);
  EXPECT_EQ(checked->facts().envelope_id, FactsOf(bytes).envelope_id);
  EXPECT_EQ(*EntryBuilder().Build(Header(true), *checked), EntryOf(bytes));
  EXPECT_EQ(CheckedTransition::Check(bytes.substr(8)).status().code(), Code::kInvalidArgument);
}

// --- the estimate of an entry's size ---

// As large as the limits of producers let a header be.
EntryHeader LargestHeader(size_t links) {
  EntryHeader header = Header(true);
  header.seq = header.envelope_revision.emplace(UINT64_MAX);
  header.envelope_previous = UINT64_MAX - 1;
  header.recorder = {UINT32_MAX, UINT32_MAX, -1, std::string(kMaxProducerBytes, 'p')};
  header.principal_links.assign(links, {0xF, 0xF, UINT64_MAX, UINT64_MAX - 1});
  return header;
}

TEST(EntryBytesAtMost, HoldsForEveryTransitionAndNumberOfLinks) {
  for (const size_t size : {size_t{8}, size_t{700}, size_t{50'000}}) {
    for (const size_t links : {size_t{0}, size_t{1}, size_t{4}, size_t{300}}) {
      const auto built = EntryBuilder().Build(LargestHeader(links), std::string(size, 't'));
      ASSERT_TRUE(built.ok()) << built.status().ToString();
      EXPECT_LE(built->size(), EntryBytesAtMost(size, links)) << size << " bytes, " << links << " links";
    }
  }
}

TEST(EntryBytesAtMost, HoldsForEveryEvent) {
  EntryHeader header = LargestHeader(0);
  header.envelope_revision.reset();
  header.envelope_previous.reset();
  std::vector<LedgerEvent> events = AllEvents();
  for (const size_t text : {size_t{0}, size_t{1}, size_t{4}, size_t{31}}) {  // no padding, and the most
    const std::string x(text, 'x');
    events.push_back(AppendsRefused{INT64_MAX, std::vector<RefusalCount>(400, {x, UINT32_MAX, x, UINT64_MAX})});
    events.push_back(QueryServed{1, 2, 3, x, std::vector<KeyValue>(400, {x, x}), UINT64_MAX});
    events.push_back(ConfigurationChanged{std::vector<KeyValue>(400, {x, x})});
  }
  for (const LedgerEvent& event : events) {
    const auto built = EntryBuilder().Build(header, event);
    ASSERT_TRUE(built.ok()) << built.status().ToString();
    EXPECT_LE(built->size(), EntryBytesAtMost(event)) << EventName(event);
  }
}

TEST(EntryBytesAtMost, IsNotMuchMoreThanALargeEventTakes) {
  const std::string x(100, 'x');
  const AppendsRefused event{0, std::vector<RefusalCount>(200, {x, 1, x, 1})};
  EXPECT_LT(EntryBytesAtMost(event), 3 * EntryOf(event).size() / 2);
}

// --- forged entries ---

struct Parts {
  bool previous = true;
  bool recorder = true;
  std::optional<uint64_t> revision;
  std::optional<uint64_t> envelope_previous;
  bool links = false;
  uint8_t roles = 1;
  bool transition = false;
  uint8_t event_type = 0;
  bool event = false;
};

Status CheckForged(const Parts& parts) {
  FlatBufferBuilder b;
  b.TrackMinAlign(8);
  Offset<flatbuffers::Vector<uint8_t>> transition;
  if (parts.transition) transition = b.CreateVector(std::vector<uint8_t>{1, 2, 3, 4});
  Offset<void> event;
  if (parts.event) event = fb::CreateClosed(b, b.CreateString("why")).Union();
  Offset<fb::Recorder> recorder;
  if (parts.recorder) recorder = fb::CreateRecorder(b, 1, 2, 3);
  Offset<flatbuffers::Vector<Offset<fb::PrincipalLink>>> links;
  if (parts.links) {
    const auto link = fb::CreatePrincipalLink(b, static_cast<fb::Role>(parts.roles), fb::Role::NONE, 1);
    links = b.CreateVector(std::vector<Offset<fb::PrincipalLink>>{link});
  }
  const fb::Hash32 previous;
  b.Finish(
      fb::CreateEntry(b, 1, 1, parts.previous ? &previous : nullptr, recorder, parts.revision, parts.envelope_previous,
                      links, transition, static_cast<fb::LedgerEvent>(parts.event_type), event),
      "ENVL");
  return CheckEntry({reinterpret_cast<const char*>(b.GetBufferPointer()), b.GetSize()}).status();
}

Parts WholeTransition() {
  Parts parts;
  parts.revision = 0;
  parts.links = true;
  parts.transition = true;
  return parts;
}

Parts WholeEvent() {
  Parts parts;
  parts.event_type = 3;
  parts.event = true;
  return parts;
}

using Forge = void (*)(Parts&);
void ExpectCorrupt(Parts parts, Forge forge, std::string_view field) {
  forge(parts);
  const Status status = CheckForged(parts);
  EXPECT_EQ(status.code(), Code::kCorruption) << field;
  EXPECT_EQ(status.rule(), field) << status.message();
}

TEST(ForgedEntry, WholeOnesAreAccepted) {
  EXPECT_TRUE(CheckForged(WholeTransition()).ok()) << CheckForged(WholeTransition()).ToString();
  EXPECT_TRUE(CheckForged(WholeEvent()).ok()) << CheckForged(WholeEvent()).ToString();
}

TEST(ForgedEntry, WhatIsMissingIsNamed) {
  for (const Parts& whole : {WholeTransition(), WholeEvent()}) {
    ExpectCorrupt(
        whole, [](Parts& p) { p.previous = false; }, "previous");
    ExpectCorrupt(
        whole, [](Parts& p) { p.recorder = false; }, "recorder");
  }
  ExpectCorrupt(
      WholeTransition(), [](Parts& p) { p.transition = false; }, "transition");
  ExpectCorrupt(
      WholeTransition(), [](Parts& p) { p.revision.reset(); }, "envelope_revision");
  ExpectCorrupt(
      WholeEvent(), [](Parts& p) { p.event = false; }, "event");
  ExpectCorrupt(
      WholeEvent(), [](Parts& p) { p.event_type = 0; }, "event");
}

TEST(ForgedEntry, WhatDoesNotGoTogetherIsNamed) {
  ExpectCorrupt(
      WholeEvent(), [](Parts& p) { p.transition = true; }, "event");
  ExpectCorrupt(
      WholeEvent(), [](Parts& p) { p.revision = 0; }, "envelope_revision");
  ExpectCorrupt(
      WholeEvent(), [](Parts& p) { p.envelope_previous = 0; }, "envelope_previous");
  ExpectCorrupt(
      WholeEvent(), [](Parts& p) { p.links = true; }, "principal_links");
}

TEST(ForgedEntry, ValuesOutOfRangeAreNamed) {
  ExpectCorrupt(
      WholeTransition(), [](Parts& p) { p.roles = 16; }, "principal_links[0].roles");
  ExpectCorrupt(
      WholeEvent(), [](Parts& p) { p.event_type = 10; }, "event_type");
  ExpectCorrupt(
      WholeEvent(), [](Parts& p) { p.event_type = 255; }, "event_type");
}

TEST(ForgedEntry, TextIsUtf8) {
  std::string bytes = EntryOf(Closed{"stopped"});
  bytes[bytes.find("stopped")] = '\xff';
  EXPECT_EQ(CheckEntry(bytes).status().rule(), "event.closed.reason");
}

}  // namespace
}  // namespace envledger
