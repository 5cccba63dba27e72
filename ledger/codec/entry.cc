// An entry is built once; from then on its bytes are what is hashed and stored. So equal inputs give equal bytes
// (fields in the order of the schema, empty ones absent), and every entry is a whole number of 8-byte words, so that a
// transition inside it is as well aligned as the entry itself.
//
// The builder runs its result through the check that every reader makes. That is the gate of the ledger: once sealed,
// an entry that readers refuse makes the whole ledger fail its verification for good. The check walks over the entry's
// own few tables, but not over the transition, which is only a list of bytes here.
#include "ledger/codec/entry.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "entry_generated.h"
#include "ledger/base/invariant.h"
#include "ledger/codec/aligned.h"
#include "ledger/codec/build.h"
#include "ledger/codec/shape.h"
#include "ledger/codec/transition.h"

namespace envledger {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

Offset<flatbuffers::Vector<uint8_t>> Bytes(FlatBufferBuilder& b, const std::string& bytes) {
  return b.CreateVector(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

Offset<flatbuffers::Vector<Offset<fb::KeyValue>>> Pairs(FlatBufferBuilder& b, const std::vector<KeyValue>& pairs) {
  std::vector<Offset<fb::KeyValue>> offsets;
  offsets.reserve(pairs.size());
  for (const KeyValue& pair : pairs) {
    const auto key = Text(b, pair.key);
    const auto value = Text(b, pair.value);
    offsets.push_back(fb::CreateKeyValue(b, key, value));
  }
  return b.CreateVector(offsets);
}

Offset<void> Encode(FlatBufferBuilder& b, const Genesis& event) {
  const auto origin = Text(b, event.origin);
  const auto public_key = Bytes(b, event.public_key);
  return fb::CreateGenesis(b, origin, public_key, event.format_version, event.created_at).Union();
}
Offset<void> Encode(FlatBufferBuilder& b, const Opened& event) {
  return fb::CreateOpened(b, Text(b, event.version), event.entries, event.clean, event.dropped_bytes, event.lost_from,
                          event.lost_until)
      .Union();
}
Offset<void> Encode(FlatBufferBuilder& b, const Closed& event) {
  return fb::CreateClosed(b, Text(b, event.reason)).Union();
}
Offset<void> Encode(FlatBufferBuilder& b, const KeyRotated& event) {
  const auto old_key = Bytes(b, event.old_key);
  const auto new_key = Bytes(b, event.new_key);
  const auto signature = Bytes(b, event.signature);
  const auto acceptance = Bytes(b, event.acceptance);
  return fb::CreateKeyRotated(b, old_key, new_key, signature, acceptance).Union();
}
Offset<void> Encode(FlatBufferBuilder& b, const ConfigurationChanged& event) {
  return fb::CreateConfigurationChanged(b, Pairs(b, event.settings)).Union();
}
Offset<void> Encode(FlatBufferBuilder& b, const ClockStepped& event) {
  return fb::CreateClockStepped(b, event.from, event.to).Union();
}
Offset<void> Encode(FlatBufferBuilder& b, const AppendsRefused& event) {
  std::vector<Offset<fb::Refusal>> refusals;
  refusals.reserve(event.refusals.size());
  for (const RefusalCount& refusal : event.refusals) {
    const auto producer = Text(b, refusal.producer);
    const auto rule = Text(b, refusal.rule);
    refusals.push_back(fb::CreateRefusal(b, producer, refusal.uid, rule, refusal.count));
  }
  return fb::CreateAppendsRefused(b, event.since, b.CreateVector(refusals)).Union();
}
Offset<void> Encode(FlatBufferBuilder& b, const QueryServed& event) {
  const auto request = Text(b, event.request);
  const auto filters = Pairs(b, event.filters);
  return fb::CreateQueryServed(b, event.uid, event.gid, event.pid, request, filters, event.results).Union();
}

std::string DecodeText(const flatbuffers::String* text) { return text == nullptr ? std::string() : text->str(); }

std::string DecodeBytes(const flatbuffers::Vector<uint8_t>* bytes) {
  return bytes == nullptr ? std::string() : std::string(bytes->begin(), bytes->end());
}

std::vector<KeyValue> DecodeMap(const flatbuffers::Vector<Offset<fb::KeyValue>>* pairs) {
  std::vector<KeyValue> map;
  if (pairs == nullptr) return map;
  for (const auto* pair : *pairs) map.push_back({DecodeText(pair->key()), DecodeText(pair->value())});
  return map;
}

Genesis Decode(const fb::Genesis& event) {
  return {DecodeText(event.origin()), DecodeBytes(event.public_key()), event.format_version(), event.created_at()};
}
Opened Decode(const fb::Opened& event) {
  return {DecodeText(event.version()), event.entries(),   event.clean(),
          event.dropped_bytes(),       event.lost_from(), event.lost_until()};
}
Closed Decode(const fb::Closed& event) { return {DecodeText(event.reason())}; }
KeyRotated Decode(const fb::KeyRotated& event) {
  return {DecodeBytes(event.old_key()), DecodeBytes(event.new_key()), DecodeBytes(event.signature()),
          DecodeBytes(event.acceptance())};
}
ConfigurationChanged Decode(const fb::ConfigurationChanged& event) { return {DecodeMap(event.settings())}; }
ClockStepped Decode(const fb::ClockStepped& event) { return {event.from(), event.to()}; }
AppendsRefused Decode(const fb::AppendsRefused& event) {
  AppendsRefused refused{.since = event.since(), .refusals = {}};
  if (event.refusals() == nullptr) return refused;
  for (const auto* item : *event.refusals()) {
    refused.refusals.push_back({DecodeText(item->producer()), item->uid(), DecodeText(item->rule()), item->count()});
  }
  return refused;
}
QueryServed Decode(const fb::QueryServed& event) {
  return {event.uid(),    event.gid(), event.pid(), DecodeText(event.request()), DecodeMap(event.filters()),
          event.results()};
}

LedgerEvent DecodeEvent(const fb::Entry& entry) {
  switch (entry.event_type()) {
    case fb::LedgerEvent::genesis:
      return Decode(*entry.event_as_genesis());
    case fb::LedgerEvent::opened:
      return Decode(*entry.event_as_opened());
    case fb::LedgerEvent::closed:
      return Decode(*entry.event_as_closed());
    case fb::LedgerEvent::key_rotated:
      return Decode(*entry.event_as_key_rotated());
    case fb::LedgerEvent::configuration_changed:
      return Decode(*entry.event_as_configuration_changed());
    case fb::LedgerEvent::clock_stepped:
      return Decode(*entry.event_as_clock_stepped());
    case fb::LedgerEvent::appends_refused:
      return Decode(*entry.event_as_appends_refused());
    default:
      return Decode(*entry.event_as_query_served());
  }
}

// The union's type of an event: its index in the variant, which has the order of the schema.
fb::LedgerEvent TypeOf(const LedgerEvent& event) { return static_cast<fb::LedgerEvent>(event.index() + 1); }
static_assert(std::variant_size_v<LedgerEvent> == static_cast<size_t>(fb::LedgerEvent::MAX));
static_assert(
    std::is_same_v<std::variant_alternative_t<static_cast<size_t>(fb::LedgerEvent::query_served) - 1, LedgerEvent>,
                   QueryServed>);

const Shape& EntryShape() {
  static const Shape shape(fb::EntryTypeTable(),
                           {.identifier = "ENVL", .max_bytes = kMaxEntryBytes, .whole_words = true});
  return shape;
}

// Rules that the schema cannot express: what is mandatory, and what excludes what.
bool CheckBody(const fb::Entry& entry, Fault& fault) {
  if (entry.previous() == nullptr) return fault.Set("previous", "is missing");
  if (entry.recorder() == nullptr) return fault.Set("recorder", "is missing");
  const bool has_transition = entry.transition() != nullptr;
  const bool has_event = entry.event() != nullptr;
  if (has_transition == has_event) {
    return fault.Set(has_event ? "event" : "transition", has_event ? "is set beside a transition" : "is missing");
  }
  if (has_transition && entry.transition()->size() == 0) return fault.Set("transition", "is empty");
  if (has_transition) {
    return entry.envelope_revision().has_value() || fault.Set("envelope_revision", "is missing");
  }
  if (entry.envelope_revision().has_value()) return fault.Set("envelope_revision", "is set beside an event");
  if (entry.envelope_previous().has_value()) return fault.Set("envelope_previous", "is set beside an event");
  return entry.principal_links() == nullptr || fault.Set("principal_links", "are set beside an event");
}

bool IsEntry(const AlignedBytes& aligned, Fault& fault) {
  if (!EntryShape().Check(aligned.data(), aligned.size(), fault)) return false;
  flatbuffers::Verifier::Options options;
  options.max_tables = kMaxEntryBytes / 4;
  options.check_nested_flatbuffers = false;  // CheckTransition does that
  flatbuffers::Verifier verifier(aligned.data(), aligned.size(), options);
  if (!fb::VerifyEntryBuffer(verifier)) return fault.Set("", "does not pass the FlatBuffers verifier");
  return CheckBody(*fb::GetEntry(aligned.data()), fault);
}

EntryHeader DecodeHeader(const fb::Entry& entry) {
  EntryHeader header;
  header.seq = entry.seq();
  header.recorded_at = entry.recorded_at();
  std::copy_n(entry.previous()->bytes()->begin(), header.previous.size(), header.previous.begin());
  const fb::Recorder& recorder = *entry.recorder();
  header.recorder = {recorder.uid(), recorder.gid(), recorder.pid(), DecodeText(recorder.producer())};
  header.envelope_revision = entry.envelope_revision();
  header.envelope_previous = entry.envelope_previous();
  if (entry.principal_links() == nullptr) return header;
  header.principal_links.reserve(entry.principal_links()->size());
  for (const auto* link : *entry.principal_links()) {
    header.principal_links.push_back(
        {static_cast<RoleMask>(link->roles()), static_cast<RoleMask>(link->held()), link->ordinal(), link->previous()});
  }
  return header;
}

}  // namespace

std::string_view EventName(const LedgerEvent& event) { return fb::EnumNameLedgerEvent(TypeOf(event)); }

const std::vector<std::string_view>& EventNames() {
  static const auto* const names = [] {
    auto* all = new std::vector<std::string_view>;
    for (const fb::LedgerEvent type : fb::EnumValuesLedgerEvent()) {
      if (type != fb::LedgerEvent::NONE) all->push_back(fb::EnumNameLedgerEvent(type));
    }
    return all;
  }();
  return *names;
}

namespace {

// Everything but the body and the links: the root, the entry's table and vtable, the hash, the recorder with its
// producer, the vtables of what an event consists of, and padding. It is far more than these take, and part of the
// format.
constexpr size_t kFixedBytes = 1024;
constexpr size_t kLinkBytes = 40;  // of a link: its offset, its table, padding
constexpr size_t kItemBytes = 40;  // of an item in an event's list: the same
constexpr size_t kTextBytes = 12;  // of a string beside its text: offset, length, a zero byte, padding

size_t BytesOf(const std::string& text) { return kTextBytes + text.size(); }
size_t BytesOf(const std::vector<KeyValue>& pairs) {
  size_t bytes = kTextBytes;
  for (const KeyValue& pair : pairs) bytes += kItemBytes + BytesOf(pair.key) + BytesOf(pair.value);
  return bytes;
}
size_t BytesOf(const Genesis& event) { return BytesOf(event.origin) + BytesOf(event.public_key); }
size_t BytesOf(const Opened& event) { return BytesOf(event.version); }
size_t BytesOf(const Closed& event) { return BytesOf(event.reason); }
size_t BytesOf(const KeyRotated& event) {
  return BytesOf(event.old_key) + BytesOf(event.new_key) + BytesOf(event.signature) + BytesOf(event.acceptance);
}
size_t BytesOf(const ConfigurationChanged& event) { return BytesOf(event.settings); }
size_t BytesOf(const ClockStepped&) { return 0; }
size_t BytesOf(const AppendsRefused& event) {
  size_t bytes = kTextBytes;
  for (const RefusalCount& refusal : event.refusals) {
    bytes += kItemBytes + BytesOf(refusal.producer) + BytesOf(refusal.rule);
  }
  return bytes;
}
size_t BytesOf(const QueryServed& event) { return BytesOf(event.request) + BytesOf(event.filters); }

}  // namespace

size_t EntryBytesAtMost(size_t transition_bytes, size_t principals) {
  return kFixedBytes + transition_bytes + principals * kLinkBytes;
}

size_t EntryBytesAtMost(const AppendsRefused& event) { return kFixedBytes + BytesOf(event); }

size_t EntryBytesAtMost(const LedgerEvent& event) {
  return kFixedBytes + std::visit([](const auto& value) { return BytesOf(value); }, event);
}

struct EntryBuilder::Impl {
  FlatBufferBuilder builder{4096};
  std::vector<Offset<fb::PrincipalLink>> links;

  Result<std::string_view> Finish(const EntryHeader& header, Offset<flatbuffers::Vector<uint8_t>> transition,
                                  fb::LedgerEvent type, Offset<void> event);
};

EntryBuilder::EntryBuilder() : impl_(std::make_unique<Impl>()) {}
EntryBuilder::~EntryBuilder() = default;

Result<std::string_view> EntryBuilder::Impl::Finish(const EntryHeader& header,
                                                    Offset<flatbuffers::Vector<uint8_t>> transition,
                                                    fb::LedgerEvent type, Offset<void> event) {
  builder.TrackMinAlign(8);
  const auto producer = Text(builder, header.recorder.producer);
  const auto recorder =
      fb::CreateRecorder(builder, header.recorder.uid, header.recorder.gid, header.recorder.pid, producer);
  links.clear();
  for (const PrincipalLink& link : header.principal_links) {
    links.push_back(fb::CreatePrincipalLink(builder, static_cast<fb::Role>(link.roles),
                                            static_cast<fb::Role>(link.held), link.ordinal, link.previous));
  }
  const auto principal_links =
      links.empty() ? Offset<flatbuffers::Vector<Offset<fb::PrincipalLink>>>() : builder.CreateVector(links);
  const fb::Hash32 previous{flatbuffers::span<const uint8_t, 32>(header.previous)};
  builder.Finish(fb::CreateEntry(builder, header.seq, header.recorded_at, &previous, recorder, header.envelope_revision,
                                 header.envelope_previous, principal_links, transition, type, event),
                 fb::EntryIdentifier());
  const std::string_view bytes(reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize());
  Fault fault;
  if (!IsEntry(AlignedBytes(bytes), fault)) {
    return fault.ToStatus(Code::kInternal, "entry").Prepend("an invalid entry was about to be sealed: ");
  }
  return bytes;
}

Result<std::string_view> EntryBuilder::Build(const EntryHeader& header, std::string_view transition) {
  FlatBufferBuilder& builder = impl_->builder;
  builder.Clear();
  builder.ForceVectorAlignment(transition.size(), sizeof(uint8_t), 8);
  const auto body = builder.CreateVector(reinterpret_cast<const uint8_t*>(transition.data()), transition.size());
  return impl_->Finish(header, body, fb::LedgerEvent::NONE, 0);
}

Result<std::string_view> EntryBuilder::Build(const EntryHeader& header, const CheckedTransition& transition) {
  ENVLEDGER_ASSIGN_OR_RETURN(const std::string_view bytes, Build(header, transition.bytes()));
  const auto* embedded = fb::GetEntry(impl_->builder.GetBufferPointer())->transition();
  const std::string_view held(reinterpret_cast<const char*>(embedded->data()), embedded->size());
  ENVLEDGER_INVARIANT(held == transition.bytes(), "the entry does not hold the transition that it was built from");
  return bytes;
}

Result<std::string_view> EntryBuilder::Build(const EntryHeader& header, const LedgerEvent& event) {
  FlatBufferBuilder& builder = impl_->builder;
  builder.Clear();
  const auto body = std::visit([&](const auto& value) { return Encode(builder, value); }, event);
  return impl_->Finish(header, 0, TypeOf(event), body);
}

bool HoldsEvent(std::string_view bytes) {
  // The buffer is not trusted: every step stays inside it or gives up.
  const auto load = [&](uint64_t at, auto value) {
    if (at <= bytes.size() && bytes.size() - at >= sizeof(value)) std::memcpy(&value, bytes.data() + at, sizeof(value));
    return flatbuffers::EndianScalar(value);
  };
  const uint64_t root = load(0, uint32_t{0});
  const uint64_t vtable = root - static_cast<uint64_t>(int64_t{load(root, int32_t{0})});
  return load(vtable, uint16_t{0}) > fb::Entry::VT_EVENT && load(vtable + fb::Entry::VT_EVENT, uint16_t{0}) != 0;
}

Result<EntryView> CheckEntry(std::string_view bytes) {
  const AlignedBytes aligned(bytes);
  Fault fault;
  if (!IsEntry(aligned, fault)) return fault.ToStatus(Code::kCorruption, "entry");
  const fb::Entry& entry = *fb::GetEntry(aligned.data());
  EntryView view{.header = DecodeHeader(entry), .transition = {}, .event = std::nullopt};
  if (entry.transition() != nullptr) {
    view.transition = aligned.Original(entry.transition()->data(), entry.transition()->size());
  } else {
    view.event = DecodeEvent(entry);
  }
  return view;
}

}  // namespace envledger
