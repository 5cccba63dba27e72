// The binary form of a sealed entry (schema/entry.fbs): build, check, decode.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/base/time.h"
#include "ledger/codec/model.h"

namespace envledger {

class CheckedTransition;  // transition.h

inline constexpr size_t kMaxEntryBytes = 65535;  // so that it fits a C2SP tlog-tiles entry bundle
inline constexpr size_t kMaxProducerBytes = 128;
inline constexpr uint32_t kFormatVersion = 1;

struct Recorder {
  uint32_t uid = 0;
  uint32_t gid = 0;
  int32_t pid = 0;
  std::string producer;
  bool operator==(const Recorder&) const = default;
};

struct PrincipalLink {
  RoleMask roles = 0;  // newly held in this envelope
  RoleMask held = 0;   // held in this envelope before
  uint64_t ordinal = 0;
  std::optional<uint64_t> previous;
  bool operator==(const PrincipalLink&) const = default;
};

// The ledger's own events. entry.fbs explains the fields.
struct Genesis {
  std::string origin;
  std::string public_key;  // 32 bytes
  uint32_t format_version = kFormatVersion;
  Nanos created_at = 0;
};
struct Opened {
  std::string version;
  uint64_t entries = 0;
  bool clean = false;
  // The bytes at the end of the write-ahead log that could not be read.
  std::optional<uint64_t> dropped_bytes = std::nullopt;
  // Entries of lost_from <= seq < lost_until had been acknowledged and are lost, which the operator has accepted.
  std::optional<uint64_t> lost_from = std::nullopt;
  std::optional<uint64_t> lost_until = std::nullopt;
};
struct Closed {
  std::string reason;
};
struct KeyRotated {
  std::string old_key;
  std::string new_key;
  std::string signature;   // by the old key
  std::string acceptance;  // by the new key
};
struct ConfigurationChanged {
  std::vector<KeyValue> settings;
};
struct ClockStepped {
  Nanos from = 0;
  Nanos to = 0;
};
struct RefusalCount {
  std::string producer;
  uint32_t uid = 0;
  std::string rule;
  uint64_t count = 0;
};
struct AppendsRefused {
  Nanos since = 0;
  std::vector<RefusalCount> refusals;
};
struct QueryServed {
  uint32_t uid = 0;
  uint32_t gid = 0;
  int32_t pid = 0;
  std::string request;
  std::vector<KeyValue> filters;
  uint64_t results = 0;
};
using LedgerEvent =
    std::variant<Genesis, Opened, Closed, KeyRotated, ConfigurationChanged, ClockStepped, AppendsRefused, QueryServed>;
// "genesis", "opened", ...
std::string_view EventName(const LedgerEvent& event);
// Every name that EventName can give, in the order of the variant.
const std::vector<std::string_view>& EventNames();

// What the sequencer decides about an entry, apart from its body.
struct EntryHeader {
  uint64_t seq = 0;
  Nanos recorded_at = 0;
  Hash previous{};
  Recorder recorder;
  std::optional<uint64_t> envelope_revision;
  std::optional<uint64_t> envelope_previous;
  std::vector<PrincipalLink> principal_links;
};

// An upper bound of an entry's size, before it is built; nothing else estimates it. It holds for a producer of up to
// kMaxProducerBytes; FORMAT.md section 2.1 states it for transitions, with the principals that they involve.
size_t EntryBytesAtMost(size_t transition_bytes, size_t principals);
size_t EntryBytesAtMost(const LedgerEvent& event);
size_t EntryBytesAtMost(const AppendsRefused& event);

// Builds entries and checks each as its readers will. Keeps its buffer between calls, so one builder serves one thread.
class EntryBuilder {
 public:
  EntryBuilder();
  ~EntryBuilder();
  EntryBuilder(const EntryBuilder&) = delete;
  EntryBuilder& operator=(const EntryBuilder&) = delete;

  // The bytes of the entry, which CheckEntry accepts; valid until the next call. `transition` is embedded verbatim,
  // 8-byte aligned, and its contents are not checked, as in CheckEntry. kInternal, naming the field, when the entry
  // would be malformed: too large, a text that is not UTF-8, a revision beside an event.
  Result<std::string_view> Build(const EntryHeader& header, std::string_view transition);
  Result<std::string_view> Build(const EntryHeader& header, const LedgerEvent& event);
  // The same, for a transition that is to be sealed. Beyond CheckEntry, readers only call CheckTransition on the
  // embedded bytes. Its verdict depends on the bytes alone, `transition` proves that it accepted these, and the entry
  // is checked to hold exactly these. So every reader will accept the entry.
  Result<std::string_view> Build(const EntryHeader& header, const CheckedTransition& transition);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A checked entry. The views borrow from the checked bytes.
struct EntryView {
  EntryHeader header;
  std::string_view transition;  // empty when the entry carries an event
  std::optional<LedgerEvent> event;
};

// Checks that `bytes` is exactly one well-formed entry: size, FlatBuffers verification, nothing trailing, exactly one
// body, revision and links only with a transition, enum and mask ranges, a 32-byte previous hash, UTF-8. The nested
// transition is not checked here (CheckTransition). kCorruption, saying what is wrong and where, otherwise. `bytes`
// need not be aligned.
Result<EntryView> CheckEntry(std::string_view bytes);

// Whether the entry carries an event rather than a transition. Reads one field of a buffer that need not have been
// checked; for a malformed buffer the answer may be either.
bool HoldsEvent(std::string_view bytes);

}  // namespace envledger
