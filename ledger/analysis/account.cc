// An envelope is first taken apart into what it adds (its amounts by resource, and the spans of time for which a grant
// was in force), then added once to the total and once to its rows. Only then does it matter by what the rows are told
// apart: so the total cannot depend on it.
#include "ledger/analysis/account.h"

#include <algorithm>
#include <array>
#include <set>

#include "ledger/codec/quantity.h"

namespace envledger {
namespace {

constexpr std::array<std::string_view, 13> kNames = {"principal", "requester", "charge_to", "tenant", "kind",
                                                     "stage",     "reason",    "policy",    "scope",  "target",
                                                     "envelope",  "resource",  "day"};
constexpr Nanos kDay = 86400 * kSecond;

// The day that holds a moment, as a count of days since 1970.
int64_t DayOf(Nanos time) { return time / kDay - (time % kDay < 0 ? 1 : 0); }
std::string DayText(int64_t day) { return FormatTime(day * kDay).substr(0, 10); }

AccountValue ValueOf(const Principal& principal) {
  std::string text = std::string(Name(principal.kind)) + ":" + principal.id;
  if (!principal.issuer.empty()) text += "@" + principal.issuer;
  return {std::move(text), principal};
}

AccountValue Text(std::string text) { return {std::move(text), std::nullopt}; }

std::string Joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : "; ") + part;
  return text;
}

std::string ReasonOf(const Envelope& envelope) {
  if (envelope.decision && !envelope.decision->reasons.empty()) return Joined(envelope.decision->reasons);
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
  return Joined(targets);
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
      return {};  // set for each resource
    case Dimension::kDay:
      return Text(DayText(DayOf(envelope.opened_at)));
  }
  return {};
}

// A grant in force: from <= time < until.
struct Hold {
  const ResourceMap* granted;
  Nanos from;
  Nanos until;
};

std::vector<Hold> HoldsOf(const std::vector<Record>& records, Nanos until) {
  std::vector<Hold> holds;
  const Record* grant = nullptr;
  const auto end_at = [&](Nanos end) {
    if (grant == nullptr) return;
    const Granted& granted = *grant->transition.granted;
    Nanos from = grant->transition.occurred_at.value_or(0);
    if (granted.not_before) from = std::max(from, *granted.not_before);
    if (granted.expires_at) end = std::min(end, *granted.expires_at);
    if (end > from) holds.push_back({&granted.resources, from, end});  // a time that ran backwards holds nothing
    grant = nullptr;
  };
  for (const Record& record : records) {
    const Nanos at = record.transition.occurred_at.value_or(0);
    if (IsTerminal(record.transition.stage)) {
      end_at(at);
      return holds;
    }
    if (!record.transition.granted) continue;
    end_at(at);
    grant = &record;
  }
  end_at(until);
  return holds;
}

const Resource* Find(const ResourceMap& resources, const std::string& name) {
  const auto it = std::find_if(resources.begin(), resources.end(), [&](const Resource& r) { return r.name == name; });
  return it == resources.end() ? nullptr : &*it;
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

void AddHeld(const Resource* resource, Nanos span, AmountSum& sum) {
  if (resource == nullptr || !resource->amount || resource->per == Per::kUnit) return;
  const __int128 held = static_cast<__int128>(*resource->amount) * span;  // 126 bits at the most
  // What comes out beyond the range is the sum less 2^128, or plus: later amounts may bring it back.
  if (__builtin_add_overflow(sum.held, held, &sum.held)) sum.held_carries += held > 0 ? 1 : -1;
}

uint64_t DaysOf(const std::vector<Hold>& holds) {
  uint64_t days = 0;
  for (const Hold& hold : holds) days += static_cast<uint64_t>(DayOf(hold.until - 1) - DayOf(hold.from) + 1);
  return days;
}

}  // namespace

// What an envelope adds of one resource.
struct Account::Share {
  const Resource* requested = nullptr;
  const Resource* granted = nullptr;
  const Resource* used = nullptr;

  void AddAmounts(ResourceSums& sums) const {
    AddAmount(requested, sums.requested);
    AddAmount(granted, sums.granted);
    AddAmount(used, sums.used);
  }
  void AddTime(const Resource* granted_then, Nanos span, ResourceSums& sums) const {
    AddHeld(requested, span, sums.requested);
    AddHeld(granted_then, span, sums.granted);
    AddHeld(used, span, sums.used);
  }
};

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
  return rows_[own];
}

AccountKey Account::Undated(const AccountKey& key) const {
  AccountKey undated = key;
  for (size_t i = 0; i < undated.size(); ++i) {
    if (options_.by[i] == Dimension::kDay) undated[i].text.clear();
  }
  return undated;
}

// What is open for years is held on thousands of days, so a day must cost no more than a step from the day before.
void Account::AddDays(const AccountKey& key, const std::string& name, const Share& share, const Resource* granted,
                      Nanos from, Nanos until) {
  std::map<int64_t, ResourceSums*>& days = days_[Undated(key)][name];
  auto at = days.lower_bound(DayOf(from));
  const int64_t last = DayOf(until - 1);
  for (int64_t day = DayOf(from); day <= last; ++day, ++at) {
    if (at == days.end() || at->first != day) {
      at = days.emplace_hint(at, day, &RowOf(key, name, day).resources[name]);
    }
    const Nanos end = day == last ? until : (day + 1) * kDay;  // the end of the last day of all has no number
    share.AddTime(granted, end - from, *at->second);
    from = end;
  }
}

void Account::Add(const Envelope& envelope, const std::vector<Record>& records) {
  const std::vector<Hold> holds = HoldsOf(records, options_.until);
  const ResourceMap nothing;
  const ResourceMap& granted = envelope.granted ? envelope.granted->resources : nothing;
  const ResourceMap& used = envelope.outcome ? envelope.outcome->usage : nothing;
  std::set<std::string> names;
  const auto name_all = [&](const ResourceMap& resources) {
    for (const Resource& resource : resources) {
      if (options_.resource.empty() || resource.name == options_.resource) names.insert(resource.name);
    }
  };
  name_all(envelope.requested);
  name_all(granted);
  name_all(used);
  for (const Hold& hold : holds) name_all(*hold.granted);
  if (names.empty() && !options_.resource.empty()) return;

  const auto by = [this](Dimension dimension) {
    return std::find(options_.by.begin(), options_.by.end(), dimension) != options_.by.end();
  };
  const bool by_day = by(Dimension::kDay);
  const bool divided = by_day && DaysOf(holds) * names.size() <= kMostDayShares;
  const uint64_t open = IsTerminal(envelope.stage) ? 0 : 1;
  const AccountKey key = KeyOf(envelope);
  ++total_.envelopes;
  total_.open += open;
  const auto count = [&](AccountRow& row) {
    ++row.envelopes;
    row.open += open;
  };
  if (names.empty() || !by(Dimension::kResource)) count(RowOf(key, "", std::nullopt));
  for (const std::string& name : names) {
    const Share share{Find(envelope.requested, name), Find(granted, name), Find(used, name)};
    AccountRow& row = RowOf(key, name, std::nullopt);
    if (by(Dimension::kResource)) count(row);
    share.AddAmounts(row.resources[name]);
    share.AddAmounts(total_.resources[name]);
    if (holds.empty()) continue;
    AccountRow& held_row = by_day && !divided ? RowOf(Undated(key), name, std::nullopt) : row;
    for (const Hold& hold : holds) {
      const Resource* then = Find(*hold.granted, name);
      share.AddTime(then, hold.until - hold.from, total_.resources[name]);
      if (divided) {
        AddDays(key, name, share, then, hold.from, hold.until);
      } else {
        share.AddTime(then, hold.until - hold.from, held_row.resources[name]);
      }
    }
  }
}

std::string FormatUnitHours(__int128 milli_unit_nanos, int digits) {
  using Wide = unsigned __int128;
  const bool negative = milli_unit_nanos < 0;
  Wide magnitude = negative ? 0 - static_cast<Wide>(milli_unit_nanos) : static_cast<Wide>(milli_unit_nanos);
  // One unit of the last digit: a unit-hour is 3.6e15 milli-unit-nanoseconds.
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
