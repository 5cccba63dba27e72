// An envelope is first reduced to what it contributes: its amounts by resource, and the periods during which a grant
// was in force. This is then added once to the total and once to its rows. How rows are grouped matters only in that
// last step, so the total cannot depend on it.
#include "ledger/analysis/account.h"

#include <algorithm>
#include <array>
#include <utility>

#include "ledger/base/message.h"
#include "ledger/codec/quantity.h"

namespace envledger {
namespace {

constexpr std::array<std::string_view, 13> kNames = {"principal", "requester", "charge_to", "tenant", "kind",
                                                     "stage",     "reason",    "policy",    "scope",  "target",
                                                     "envelope",  "resource",  "day"};
constexpr Nanos kDay = 86400 * kSecond;
constexpr uint64_t kNodeBytes = 64;  // of a map, in addition to its contents

// The UTC day of a time, as a number of days since 1970.
int64_t DayOf(Nanos time) { return time / kDay - (time % kDay < 0 ? 1 : 0); }
std::string DayText(int64_t day) { return FormatTime(day * kDay).substr(0, 10); }

AccountValue ValueOf(const Principal& principal) {
  std::string text = std::string(Name(principal.kind)) + ":" + principal.id;
  if (!principal.issuer.empty()) text += "@" + principal.issuer;
  return {std::move(text), principal};
}

AccountValue Text(std::string text) { return {std::move(text), std::nullopt}; }

std::string ReasonOf(const Envelope& envelope) {
  if (envelope.decision && !envelope.decision->reasons.empty()) return Joined(envelope.decision->reasons, "; ");
  if (envelope.outcome && !envelope.outcome->reason.empty()) return envelope.outcome->reason;
  return envelope.reason;
}

std::string PolicyOf(const Envelope& envelope) {
  if (!envelope.decision || !envelope.decision->policy) return "";
  const Policy& policy = *envelope.decision->policy;
  return policy.version.empty() ? policy.id : policy.id + "@" + policy.version;
}

std::string ScopeOf(const Scope& scope) { return scope.id.empty() ? scope.kind : scope.kind + ":" + scope.id; }

std::string TargetsOf(const Execution& execution) {
  std::vector<std::string> targets;
  for (const Target& target : execution.targets) {
    std::string text = target.type.empty() ? target.id : target.type + ":" + target.id;
    if (!target.version.empty()) text += "@" + target.version;
    targets.push_back(std::move(text));
  }
  return Joined(targets, "; ");
}

AccountValue ValueOf(Dimension dimension, const Envelope& envelope) {
  const Identity& identity = envelope.identity;
  switch (dimension) {
    case Dimension::kPrincipal:
      return ValueOf(identity.subject ? *identity.subject : identity.requester);
    case Dimension::kRequestedBy:
      return ValueOf(identity.requester);
    case Dimension::kChargeTo:
      return envelope.granted && envelope.granted->charge_to ? ValueOf(*envelope.granted->charge_to) : AccountValue{};
    case Dimension::kTenant:
      return Text(identity.tenant);
    case Dimension::kKind:
      return Text(std::string(Name(envelope.execution.kind)));
    case Dimension::kStage:
      return Text(std::string(Name(envelope.stage)));
    case Dimension::kReason:
      return Text(ReasonOf(envelope));
    case Dimension::kPolicy:
      return Text(PolicyOf(envelope));
    case Dimension::kScope:
      return Text(ScopeOf(envelope.scope));
    case Dimension::kTarget:
      return Text(TargetsOf(envelope.execution));
    case Dimension::kEnvelope:
      return Text(envelope.envelope_id);
    case Dimension::kResource:
      return {};  // the caller sets it for each resource
    case Dimension::kDay:
      return Text(DayText(DayOf(envelope.opened_at)));
  }
  return {};
}

void AddAmount(const Resource* resource, AmountSum& sum) {
  if (resource == nullptr) return;
  if (!resource->amount) {
    ++sum.without_amount;
  } else if (resource->per == Per::kUnit) {
    sum.per_unit += *resource->amount;
    ++sum.amounts_per_unit;
  } else {
    sum.total += *resource->amount;
    ++sum.amounts;
  }
}

// The amount, if it can be multiplied by time.
std::optional<int64_t> Counted(const Resource* resource) {
  if (resource == nullptr || resource->per == Per::kUnit) return std::nullopt;
  return resource->amount;
}

void AddHeld(std::optional<int64_t> amount, Nanos span, AmountSum& sum) {
  if (!amount) return;
  const __int128 held = static_cast<__int128>(*amount) * span;  // 126 bits at the most
  // On overflow, the stored value is the sum minus (or plus) 2^128; later amounts may bring it back into range.
  if (__builtin_add_overflow(sum.held, held, &sum.held)) sum.held_carries += held > 0 ? 1 : -1;
}

// An estimate of the memory for a key, a name and the node of a map.
uint64_t BytesOf(const AccountKey& key) {
  uint64_t bytes = kNodeBytes + key.capacity() * sizeof(AccountValue);
  for (const AccountValue& value : key) {
    bytes += value.text.size();
    if (value.principal) bytes += value.principal->issuer.size() + value.principal->id.size();
  }
  return bytes;
}
uint64_t BytesOf(const std::string& name) { return kNodeBytes + sizeof(std::string) + name.size(); }

}  // namespace

void Account::Share::AddAmounts(ResourceSums& sums) const {
  AddAmount(requested, sums.requested);
  AddAmount(granted, sums.granted);
  AddAmount(used, sums.used);
}

void Account::Share::AddTime(std::optional<int64_t> granted_then, Nanos span, ResourceSums& sums) const {
  AddHeld(Counted(requested), span, sums.requested);
  AddHeld(granted_then, span, sums.granted);
  AddHeld(Counted(used), span, sums.used);
}

std::string_view Name(Dimension dimension) {
  const auto index = static_cast<size_t>(dimension);
  return index < kNames.size() ? kNames[index] : "unknown";
}

std::optional<Dimension> ParseDimension(std::string_view name) {
  const auto it = std::find(kNames.begin(), kNames.end(), name);
  if (it == kNames.end()) return std::nullopt;
  return static_cast<Dimension>(it - kNames.begin());
}

std::string DimensionNames() {
  std::string text;
  for (const std::string_view name : kNames) (text += text.empty() ? "" : ", ") += name;
  return text;
}

bool Account::By(Dimension dimension) const {
  return std::find(options_.by.begin(), options_.by.end(), dimension) != options_.by.end();
}

AccountKey Account::KeyOf(const Envelope& envelope) const {
  AccountKey key;
  for (const Dimension dimension : options_.by) key.push_back(ValueOf(dimension, envelope));
  return key;
}

AccountRow& Account::RowOf(const AccountKey& key, const std::string& resource, std::optional<int64_t> day) {
  AccountKey own = key;
  for (size_t i = 0; i < own.size(); ++i) {
    if (options_.by[i] == Dimension::kResource) own[i].text = resource;
    if (options_.by[i] == Dimension::kDay && day) own[i].text = DayText(*day);
  }
  const uint64_t bytes = BytesOf(own) + sizeof(AccountRow);
  const auto [row, fresh] = rows_.try_emplace(std::move(own));
  if (fresh) bytes_ += bytes;
  return row->second;
}

ResourceSums& Account::SumsOf(AccountRow& row, const std::string& resource) {
  const auto [sums, fresh] = row.resources.try_emplace(resource);
  if (fresh) bytes_ += BytesOf(resource) + sizeof(ResourceSums);
  return sums->second;
}

AccountKey Account::Undated(const AccountKey& key) const {
  AccountKey undated = key;
  for (size_t i = 0; i < undated.size(); ++i) {
    if (options_.by[i] == Dimension::kDay) undated[i].text.clear();
  }
  return undated;
}

// An envelope may be open for years and so count for thousands of days; each day must cost only one step from the day
// before.
void Account::AddDays(const AccountKey& key, const std::string& name, const Share& share,
                      std::optional<int64_t> granted, Nanos from, Nanos until) {
  AccountKey undated = Undated(key);
  const uint64_t bytes = BytesOf(undated);
  const auto [of_key, fresh_key] = days_.try_emplace(std::move(undated));
  if (fresh_key) bytes_ += bytes;
  const auto [of_name, fresh_name] = of_key->second.try_emplace(name);
  if (fresh_name) bytes_ += BytesOf(name);
  std::map<int64_t, ResourceSums*>& days = of_name->second;
  auto at = days.lower_bound(DayOf(from));
  const int64_t last = DayOf(until - 1);
  for (int64_t day = DayOf(from); day <= last && bytes_ <= options_.max_bytes; ++day, ++at) {
    if (at == days.end() || at->first != day) {
      at = days.emplace_hint(at, day, &SumsOf(RowOf(key, name, day), name));
      bytes_ += kNodeBytes;
    }
    const Nanos end = day == last ? until : (day + 1) * kDay;  // the end of the very last day would overflow
    share.AddTime(granted, end - from, *at->second);
    from = end;
  }
}

Status Account::Add(const Envelope& envelope, const std::vector<Record>& records) {
  Adding adding(*this, envelope);
  for (const Record& record : records) ENVLEDGER_RETURN_IF_ERROR(adding.Add(record));
  return adding.Finish();
}

std::optional<int64_t> Account::Adding::Hold::Of(const std::string& name) const {
  const auto found = granted.find(name);
  return found == granted.end() ? std::nullopt : std::optional(found->second);
}

Account::Adding::Adding(Account& account, const Envelope& envelope)
    : account_(account), envelope_(envelope), key_(account.KeyOf(envelope)), by_day_(account.By(Dimension::kDay)) {
  NameAll(envelope.requested);
  if (envelope.granted) NameAll(envelope.granted->resources);
  if (envelope.outcome) NameAll(envelope.outcome->usage);
}

// Adds the amounts of every resource that is named for the first time.
void Account::Adding::NameAll(const ResourceMap& resources) {
  const ResourceMap nothing;
  for (const Resource& resource : resources) {
    const std::string& name = resource.name;
    const std::string& only = account_.options_.resource;
    if ((!only.empty() && name != only) || shares_.contains(name)) continue;
    const Share share{.requested = FindResource(envelope_.requested, name),
                      .granted = FindResource(envelope_.granted ? envelope_.granted->resources : nothing, name),
                      .used = FindResource(envelope_.outcome ? envelope_.outcome->usage : nothing, name)};
    shares_.emplace(name, share);
    AccountRow& row = account_.RowOf(key_, name, std::nullopt);
    if (account_.By(Dimension::kResource)) row.Count(envelope_);
    share.AddAmounts(account_.SumsOf(row, name));
    share.AddAmounts(account_.SumsOf(account_.total_, name));
  }
}

Status Account::Adding::Room() const {
  if (account_.bytes_ <= account_.options_.max_bytes) return Ok();
  return {
      Code::kResourceExhausted, "account",
      "with envelope " + envelope_.envelope_id + " the account has more rows and resources than " +
          std::to_string(account_.options_.max_bytes >> 20) +
          " MiB can hold: narrow the filters, group by fewer dimensions (--by), or ask for one resource (--resource)"};
}

// A grant holds from the time it was given, or its not_before, until the next grant, the end of the envelope, or its
// expiry. If that end is before the start, it holds for no time.
void Account::Adding::EndGrant(Nanos end) {
  if (!grant_) return;
  const Granted granted = *std::exchange(grant_, std::nullopt);
  Nanos from = granted_at_;
  if (granted.not_before) from = std::max(from, *granted.not_before);
  if (granted.expires_at) end = std::min(end, *granted.expires_at);
  if (end > from) AddHold(granted.resources, from, end);
}

void Account::Adding::AddHold(const ResourceMap& granted, Nanos from, Nanos until) {
  NameAll(granted);
  Hold hold{.from = from, .until = until, .granted = {}};
  for (const Resource& resource : granted) {
    const auto share = shares_.find(resource.name);
    if (const auto amount = Counted(&resource); amount && share != shares_.end()) {
      hold.granted.emplace(share->first, *amount);
    }
  }
  for (const auto& [name, share] : shares_) {
    share.AddTime(hold.Of(name), until - from, account_.SumsOf(account_.total_, name));
  }
  days_ += static_cast<uint64_t>(DayOf(until - 1) - DayOf(from) + 1);
  if (by_day_ && divided_ && days_ * shares_.size() > kMostDayShares) {
    divided_ = false;
    for (const Hold& before : std::exchange(holds_, {})) AddUndivided(before);
  }
  if (by_day_ && divided_) {
    holds_.push_back(std::move(hold));
  } else {
    AddUndivided(hold);
  }
}

void Account::Adding::AddUndivided(const Hold& hold) {
  const AccountKey key = by_day_ ? account_.Undated(key_) : key_;
  for (const auto& [name, share] : shares_) {
    AccountRow& row = account_.RowOf(key, name, std::nullopt);
    share.AddTime(hold.Of(name), hold.until - hold.from, account_.SumsOf(row, name));
  }
}

Status Account::Adding::Add(const Record& record) {
  if (ended_) return Room();
  const Nanos at = record.transition.occurred_at.value_or(0);
  ended_ = IsTerminal(record.transition.stage);
  if (ended_ || record.transition.granted) EndGrant(at);
  if (!ended_ && record.transition.granted) {
    grant_ = record.transition.granted;
    granted_at_ = at;
  }
  return Room();
}

Status Account::Adding::Finish() {
  if (!ended_) EndGrant(account_.options_.until);
  for (const auto& [name, share] : shares_) {
    for (const Hold& hold : holds_) account_.AddDays(key_, name, share, hold.Of(name), hold.from, hold.until);
  }
  if (shares_.empty() && !account_.options_.resource.empty()) return Room();
  account_.total_.Count(envelope_);
  if (shares_.empty() || !account_.By(Dimension::kResource)) account_.RowOf(key_, "", std::nullopt).Count(envelope_);
  return Room();
}

std::string FormatUnitHours(__int128 milli_unit_nanos, int digits) {
  using Wide = unsigned __int128;
  const bool negative = milli_unit_nanos < 0;
  Wide magnitude = negative ? 0 - static_cast<Wide>(milli_unit_nanos) : static_cast<Wide>(milli_unit_nanos);
  // One unit of the last digit; a unit-hour is 3.6e15 milli-unit-nanoseconds.
  Wide step = Wide{3600} * 1000 * 1'000'000'000;
  for (int i = 0; i < digits; ++i) step /= 10;
  const Wide rest = magnitude % step;
  Wide steps = magnitude / step + (rest >= step - rest ? 1 : 0);
  std::string text;
  for (int i = 0; i < digits || steps != 0; ++i) {
    if (i == digits && digits > 0) text.insert(text.begin(), '.');
    text.insert(text.begin(), static_cast<char>('0' + static_cast<int>(steps % 10)));
    steps /= 10;
  }
  if (static_cast<int>(text.size()) <= digits) text.insert(0, digits > 0 ? "0." : "0");
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  if (text.empty()) text = "0";
  return negative && text != "0" ? "-" + text : text;
}

}  // namespace envledger
