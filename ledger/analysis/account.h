// Accounts: what was requested, granted and used, summed by the dimensions that an auditor chooses.
//
// Sums are exact, in 128 bits; amounts are milli-units. Pure: no I/O, no clock, no threads. A sum of time held that
// exceeds 128 bits is marked as such, and the time held by an envelope on too many days is not divided by day
// (kMostDayShares). Memory grows with the number of rows, up to AccountOptions::max_bytes; an envelope's records are
// read one at a time.
//
// Time held. An envelope holds what a grant says from the `granted` record (its occurred_at, or not_before if that is
// later) until the next grant, the terminal record, or `until` while it is open, but never beyond the grant's
// expires_at; suspended work still holds it. Each grant counts for its own time. Requested and used amounts are
// multiplied by the same time, so that the three can be compared: they show what the request and the usage would amount
// to over the granted time. What was never granted was never held. A usage that is already in unit-hours (gpu_hours) is
// the producer's own figure: its amount.
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

// The dimensions that rows can be grouped by. An envelope belongs to one row. Only `resource` and `day` divide it: the
// former by resource, the latter its time held by the UTC days on which it was held.
enum class Dimension : uint8_t {
  kPrincipal,    // on whose behalf: the subject, or the requester if there is none
  kRequestedBy,  // "requester": the caller
  kChargeTo,     // of the latest grant
  kTenant,
  kKind,  // of execution
  kStage,
  kReason,  // of the latest decision, else the outcome, else the latest record with one; several form one value
  kPolicy,  // "id@version" of the latest decision
  kScope,   // "kind:id"
  kTarget,  // "type:id@version"; several form one value
  kEnvelope,
  kResource,
  kDay,  // of the first record's occurred_at, in UTC
};
std::string_view Name(Dimension dimension);  // "principal", "charge_to", ...
std::optional<Dimension> ParseDimension(std::string_view name);
// "principal, requester, ...".
std::string DimensionNames();

// One coordinate of a row. Not stated: empty text and no principal.
struct AccountValue {
  std::string text;                    // "user:alice@issuer" for a principal
  std::optional<Principal> principal;  // for the first three dimensions
  bool operator==(const AccountValue&) const = default;
  auto operator<=>(const AccountValue&) const = default;
};
using AccountKey = std::vector<AccountValue>;  // in the order of AccountOptions::by

struct AmountSum {
  __int128 total = 0;             // milli-units
  __int128 per_unit = 0;          // milli-units of amounts per unit, which are not in `total`
  __int128 held = 0;              // milli-unit-nanoseconds of `total`; REQUIRES: held_in_range()
  int64_t held_carries = 0;       // overflows of `held` minus its underflows
  uint64_t amounts = 0;           // number of amounts in `total`
  uint64_t amounts_per_unit = 0;  // number of amounts in `per_unit`
  uint64_t without_amount = 0;    // stated as bounds or only a name: in no sum
  // Whether the sum fits 128 bits; does not depend on the order of addition.
  bool held_in_range() const { return held_carries == 0; }
  bool operator==(const AmountSum&) const = default;
};
struct ResourceSums {
  AmountSum requested;
  AmountSum granted;  // amounts: the latest grant; time held: every grant
  AmountSum used;     // from the latest outcome
  bool operator==(const ResourceSums&) const = default;
};
struct AccountRow {
  uint64_t envelopes = 0;  // 0: the row only has time held (by day)
  uint64_t open = 0;       // envelopes that have not ended
  std::map<std::string, ResourceSums> resources;

  void Count(const Envelope& envelope) {
    ++envelopes;
    if (!IsTerminal(envelope.stage)) ++open;
  }
};

// The maximum number of shares, days times resources, into which the time held by one envelope is divided by day: one
// resource for 500 years, or 500 resources for a year. Time held beyond that is put in the row without a day.
inline constexpr uint64_t kMostDayShares = 200'000;

struct AccountOptions {
  std::vector<Dimension> by;       // distinct
  std::string resource;            // only envelopes that name this resource, and only its amounts; empty: all
  Nanos until = 0;                 // where the time held of open envelopes ends
  uint64_t max_bytes = 256 << 20;  // memory for rows and what is kept with them
};

// One user at a time.
class Account {
 public:
  explicit Account(AccountOptions options) : options_(std::move(options)) {}
  Account(const Account&) = delete;  // has pointers into itself
  Account& operator=(const Account&) = delete;

  // Adds one envelope, record by record.
  class Adding;
  // The same, all records at once. REQUIRES: `envelope` is FoldEnvelope(records).
  Status Add(const Envelope& envelope, const std::vector<Record>& records);

  const std::map<AccountKey, AccountRow>& rows() const { return rows_; }
  // The sums over all envelopes, each counted once whatever the rows.
  const AccountRow& total() const { return total_; }
  const AccountOptions& options() const { return options_; }

 private:
  // What an envelope contributes for one resource; null: nothing.
  struct Share {
    const Resource* requested = nullptr;
    const Resource* granted = nullptr;
    const Resource* used = nullptr;

    void AddAmounts(ResourceSums& sums) const;
    // `granted_then` is the amount of the grant in force, if it can be multiplied by time.
    void AddTime(std::optional<int64_t> granted_then, Nanos span, ResourceSums& sums) const;
  };
  bool By(Dimension dimension) const;
  AccountKey KeyOf(const Envelope& envelope) const;
  // The row of a day; without a day, the row of the day in `key`.
  AccountRow& RowOf(const AccountKey& key, const std::string& resource, std::optional<int64_t> day);
  AccountKey Undated(const AccountKey& key) const;
  ResourceSums& SumsOf(AccountRow& row, const std::string& resource);
  // Adds the time held from `from` to `until` to its days, as far as there is memory.
  void AddDays(const AccountKey& key, const std::string& name, const Share& share, std::optional<int64_t> granted,
               Nanos from, Nanos until);

  const AccountOptions options_;
  uint64_t bytes_ = 0;  // estimated size of the following members
  std::map<AccountKey, AccountRow> rows_;
  // Pointers to the sums in rows_, by key without its day, by resource, and by day.
  std::map<AccountKey, std::map<std::string, std::map<int64_t, ResourceSums*>>> days_;
  AccountRow total_;
};

// Adds one envelope to an account. kResourceExhausted, naming the envelope, when the account has too many rows; it
// cannot be used after that.
class Account::Adding {
 public:
  // `envelope` is the fold of all the records that will be added. Both must outlive it.
  Adding(Account& account, const Envelope& envelope);
  // Records must be added in the order of revisions.
  Status Add(const Record& record);
  // Call after the last record.
  Status Finish();

 private:
  // A period in which a grant is in force: from <= time < until. Has the amounts that can be multiplied by time, by
  // name.
  struct Hold {
    Nanos from = 0;
    Nanos until = 0;
    std::map<std::string_view, int64_t> granted;  // names point into shares_
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
  std::map<std::string, Share> shares_;  // by resource, for those already counted for this envelope
  std::optional<Granted> grant_;         // the grant in force
  Nanos granted_at_ = 0;
  bool ended_ = false;  // by a terminal record
  // When grouping by day: what is held, kept until it is known whether it can be divided. At most kMostDayShares names
  // and days.
  std::vector<Hold> holds_;
  uint64_t days_ = 0;
  bool divided_ = true;
};

// Milli-unit-nanoseconds as unit-hours, in decimal, rounded half away from zero to `digits` (0 to 9) after the point,
// without trailing zeros: "12", "0.25", "-3.5".
std::string FormatUnitHours(__int128 milli_unit_nanos, int digits);

}  // namespace envledger
