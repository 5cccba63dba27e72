// Accounts: what was requested, granted and used, added up by whatever an auditor asks for.
//
// Sums are exact, in 128 bits; amounts are milli-units. Pure: no I/O, no clock, no threads. A time held that leaves 128
// bits is marked where it does, and what an envelope held on too many days is not divided by them (kMostDayShares).
// Memory grows with the rows, up to AccountOptions::max_bytes; an envelope's records go by one at a time.
//
// Time held. An envelope holds what a grant says from the `granted` record (its occurred_at, or not_before when that is
// later) until the next grant, the terminal record, or `until` while it is open, but never past the grant's expires_at;
// suspended work still holds it. Each grant counts for its own time. Requested and used amounts are multiplied by the
// same time, so that the three compare: what the request and the usage would come to over the time that was granted.
// Never granted is never held. A usage that is in unit-hours already (gpu_hours) is the producer's own: its amount.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/codec/envelope.h"

namespace envledger {

// What rows can be told apart by. An envelope belongs to one row; only `resource` and `day` divide it: the first by
// resource, the second its time held, by the UTC days on which it was held.
enum class Dimension : uint8_t {
  kPrincipal,    // on whose behalf: the subject, or the requester where there is none
  kRequestedBy,  // "requester": who called
  kChargeTo,     // of the latest grant
  kTenant,
  kKind,  // of execution
  kStage,
  kReason,  // of the latest decision, else of the outcome, else of the latest record that has one; several in one value
  kPolicy,  // "id@version" of the latest decision
  kScope,   // "kind:id"
  kTarget,  // "type:id@version", all of them in one value
  kEnvelope,
  kResource,
  kDay,  // of the first record's occurred_at, in UTC
};
std::string_view Name(Dimension dimension);  // "principal", "charge_to", ...
std::optional<Dimension> ParseDimension(std::string_view name);
// "principal, requester, ...".
std::string DimensionNames();

// One coordinate of a row. Not stated: no text and no principal.
struct AccountValue {
  std::string text;                    // "user:alice@issuer" for a principal
  std::optional<Principal> principal;  // of the first three dimensions
  bool operator==(const AccountValue&) const = default;
  auto operator<=>(const AccountValue&) const = default;
};
using AccountKey = std::vector<AccountValue>;  // in the order of AccountOptions::by

struct AmountSum {
  __int128 total = 0;             // milli-units
  __int128 per_unit = 0;          // milli-units of amounts per unit, which no total contains
  __int128 held = 0;              // milli-unit-nanoseconds of `total`; REQUIRES: held_in_range()
  int64_t held_carries = 0;       // how often adding to `held` went over 128 bits, less how often it went under
  uint64_t amounts = 0;           // how many are in `total`
  uint64_t amounts_per_unit = 0;  // and in `per_unit`
  uint64_t without_amount = 0;    // bounds or a bare name: stated, and in no sum
  // Whether the sum is within 128 bits, in whatever order it was added up.
  bool held_in_range() const { return held_carries == 0; }
  bool operator==(const AmountSum&) const = default;
};
struct ResourceSums {
  AmountSum requested;
  AmountSum granted;  // amounts of the latest grant; time held of each
  AmountSum used;     // of the latest outcome
  bool operator==(const ResourceSums&) const = default;
};
struct AccountRow {
  uint64_t envelopes = 0;  // 0: only held something here (by day)
  uint64_t open = 0;       // of them, not ended
  std::map<std::string, ResourceSums> resources;

  void Count(const Envelope& envelope) {
    ++envelopes;
    if (!IsTerminal(envelope.stage)) ++open;
  }
};

// The most shares, of days times resources, into which the time held of one envelope is divided by days: one resource
// for 500 years, or 500 resources for a year. What would be more stands in the row whose day is not stated.
inline constexpr uint64_t kMostDayShares = 200'000;

struct AccountOptions {
  std::vector<Dimension> by;       // distinct
  std::string resource;            // only envelopes that name it, and only it; empty: all
  Nanos until = 0;                 // where the time held of open envelopes ends
  uint64_t max_bytes = 256 << 20;  // of rows, and of what is kept beside them
};

// One user at a time.
class Account {
 public:
  explicit Account(AccountOptions options) : options_(std::move(options)) {}
  Account(const Account&) = delete;  // it points into itself
  Account& operator=(const Account&) = delete;

  // Adds one envelope, record by record.
  class Adding;
  // The same at once. REQUIRES: `envelope` is FoldEnvelope(records).
  Status Add(const Envelope& envelope, const std::vector<Record>& records);

  const std::map<AccountKey, AccountRow>& rows() const { return rows_; }
  // Of every envelope once, whatever the rows.
  const AccountRow& total() const { return total_; }
  const AccountOptions& options() const { return options_; }

 private:
  // What an envelope adds of one resource; null: nothing.
  struct Share {
    const Resource* requested = nullptr;
    const Resource* granted = nullptr;
    const Resource* used = nullptr;

    void AddAmounts(ResourceSums& sums) const;
    // `granted_then`: the amount of the grant in force, if it has one that can be multiplied by time.
    void AddTime(std::optional<int64_t> granted_then, Nanos span, ResourceSums& sums) const;
  };
  bool By(Dimension dimension) const;
  AccountKey KeyOf(const Envelope& envelope) const;
  // The row of a day; without one, that of the day in `key`.
  AccountRow& RowOf(const AccountKey& key, const std::string& resource, std::optional<int64_t> day);
  AccountKey Undated(const AccountKey& key) const;
  ResourceSums& SumsOf(AccountRow& row, const std::string& resource);
  // Time held from `from` to `until`, on its days, as far as there is room.
  void AddDays(const AccountKey& key, const std::string& name, const Share& share, std::optional<int64_t> granted,
               Nanos from, Nanos until);

  const AccountOptions options_;
  uint64_t bytes_ = 0;  // of all that follows, about
  std::map<AccountKey, AccountRow> rows_;
  // By key without its day, resource, and day: the sums in rows_.
  std::map<AccountKey, std::map<std::string, std::map<int64_t, ResourceSums*>>> days_;
  AccountRow total_;
};

// One envelope on its way into an account. kResourceExhausted, naming the envelope, when the account has more rows than it
// may hold: it is of no use then.
class Account::Adding {
 public:
  // `envelope` is the fold of all the records that will be added. Both must outlive it.
  Adding(Account& account, const Envelope& envelope);
  // In the order of revisions.
  Status Add(const Record& record);
  // After the last.
  Status Finish();

 private:
  // A grant in force: from <= time < until. Its amounts that can be multiplied by time, by name.
  struct Hold {
    Nanos from = 0;
    Nanos until = 0;
    std::map<std::string_view, int64_t> granted;  // names lie in shares_
    std::optional<int64_t> Of(const std::string& name) const;
  };
  void EndGrant(Nanos end);
  void AddHold(const ResourceMap& granted, Nanos from, Nanos until);
  void AddUndivided(const Hold& hold);
  void NameAll(const ResourceMap& resources);
  Status Room() const;

  Account& account_;
  const Envelope& envelope_;
  const AccountKey key_;
  const bool by_day_;
  std::map<std::string, Share> shares_;  // by the name of the resource, of those that this envelope was counted for
  std::optional<Granted> grant_;         // in force
  Nanos granted_at_ = 0;
  bool ended_ = false;  // by a terminal record
  // By day: what is held, until it is known whether it can be divided. No more than kMostDayShares names and days.
  std::vector<Hold> holds_;
  uint64_t days_ = 0;
  bool divided_ = true;
};

// Milli-unit-nanoseconds as unit-hours, in decimal, rounded half away from zero to `digits` (0 to 9) after the point,
// without trailing zeros: "12", "0.25", "-3.5".
std::string FormatUnitHours(__int128 milli_unit_nanos, int digits);

}  // namespace envledger
