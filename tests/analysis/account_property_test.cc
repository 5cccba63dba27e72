// Accounts against a second computation of the same sums: slot of time by slot of time, resource by resource, written
// from what account.h promises and not from how it is done. Random traffic, and random ways to tell rows apart.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "ledger/analysis/account.h"
#include "tests/support/manual_clock.h"
#include "tests/support/random_traffic.h"

namespace envledger {
namespace {

using Records = std::vector<Record>;
using RowKey = std::vector<std::string>;

// The traffic's seconds, stretched, so that what is held is held over midnights. A day is a whole number of slots.
constexpr Nanos kSlot = 300 * kSecond;
constexpr int kSlots = 700;
constexpr Nanos kUntil = kTestStart + kSlots * kSlot;

void Stretch(std::optional<Nanos>& time) {
  if (time) time = kTestStart + (*time - kTestStart) / kSecond * kSlot;
}

std::map<std::string, Records> Envelopes(unsigned seed, int transitions) {
  RandomTraffic traffic(seed);
  std::map<std::string, Records> envelopes;
  for (int i = 0; i < transitions; ++i) {
    Record record;
    record.transition = traffic.Next();
    Stretch(record.transition.occurred_at);
    if (record.transition.granted) {
      Stretch(record.transition.granted->not_before);
      Stretch(record.transition.granted->expires_at);
    }
    envelopes[record.transition.envelope_id].push_back(record);
  }
  return envelopes;
}

std::string Day(Nanos time) { return FormatTime(time).substr(0, 10); }

std::string Text(const Principal& p) { return std::string(Name(p.kind)) + ":" + p.id + "@" + p.issuer; }

std::string Listed(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += text.empty() ? word : "; " + word;
  return text;
}

template <typename Has>
const Transition* Latest(const Records& records, const Has& has) {
  for (size_t i = records.size(); i-- > 0;) {
    if (has(records[i].transition)) return &records[i].transition;
  }
  return nullptr;
}

const Resource* Of(const ResourceMap& resources, const std::string& name) {
  for (const Resource& resource : resources) {
    if (resource.name == name) return &resource;
  }
  return nullptr;
}

// The slots of time in which a grant was in force, by the record's place among `records`.
std::vector<Nanos> SlotsOf(const Records& records, size_t grant) {
  const Granted& granted = *records[grant].transition.granted;
  Nanos end = kUntil;
  for (size_t i = grant + 1; i < records.size(); ++i) {
    const Transition& next = records[i].transition;
    if (!next.granted && !IsTerminal(next.stage)) continue;
    end = *next.occurred_at;
    break;
  }
  std::vector<Nanos> slots;
  for (Nanos slot = kTestStart - 300 * kSlot; slot < kUntil; slot += kSlot) {
    const bool in_force = slot >= *records[grant].transition.occurred_at && slot < end &&
                          (!granted.not_before || slot >= *granted.not_before) &&
                          (!granted.expires_at || slot < *granted.expires_at);
    if (in_force) slots.push_back(slot);
  }
  return slots;
}

// The account of a set of envelopes, the long way.
class Naive {
 public:
  explicit Naive(AccountOptions options) : options_(std::move(options)) {}

  std::map<RowKey, AccountRow> rows;
  AccountRow total;

  void Add(const Records& records) {
    const Transition& first = records.front().transition;
    const Transition* grant = Latest(records, [](const Transition& t) { return t.granted.has_value(); });
    const Transition* ended = Latest(records, [](const Transition& t) { return t.outcome.has_value(); });
    const ResourceMap none;
    const ResourceMap& granted = grant ? grant->granted->resources : none;
    const ResourceMap& used = ended ? ended->outcome->usage : none;
    std::vector<std::pair<Nanos, const ResourceMap*>> held;
    for (size_t i = 0; i < records.size(); ++i) {
      if (!records[i].transition.granted) continue;
      for (const Nanos slot : SlotsOf(records, i)) held.emplace_back(slot, &records[i].transition.granted->resources);
    }
    std::set<std::string> names;
    for (const ResourceMap* map : {&*first.requested, &granted, &used}) {
      for (const Resource& resource : *map) names.insert(resource.name);
    }
    for (const auto& [slot, map] : held) {
      for (const Resource& resource : *map) names.insert(resource.name);
    }
    if (!options_.resource.empty()) {
      if (!names.contains(options_.resource)) return;
      names = {options_.resource};
    }
    const bool open = Latest(records, [](const Transition& t) { return IsTerminal(t.stage); }) == nullptr;
    std::set<RowKey> counted;
    for (const std::string& name : names) counted.insert(Key(records, name, *first.occurred_at));
    if (names.empty()) counted.insert(Key(records, "", *first.occurred_at));
    for (const RowKey& key : counted) Count(rows[key], open);
    Count(total, open);
    for (const std::string& name : names) {
      for (ResourceSums* sums :
           {&rows[Key(records, name, *first.occurred_at)].resources[name], &total.resources[name]}) {
        AddAmount(Of(*first.requested, name), sums->requested);
        AddAmount(Of(granted, name), sums->granted);
        AddAmount(Of(used, name), sums->used);
      }
      for (const auto& [slot, map] : held) {
        for (ResourceSums* sums : {&rows[Key(records, name, slot)].resources[name], &total.resources[name]}) {
          AddSlot(Of(*first.requested, name), sums->requested);
          AddSlot(Of(*map, name), sums->granted);
          AddSlot(Of(used, name), sums->used);
        }
      }
    }
  }

 private:
  static void Count(AccountRow& row, bool open) {
    ++row.envelopes;
    row.open += open ? 1 : 0;
  }
  static void AddAmount(const Resource* resource, AmountSum& sum) {
    if (resource == nullptr) return;
    if (!resource->amount) {
      ++sum.without_amount;
    } else if (resource->per == Per::kTotal) {
      sum.total += *resource->amount;
      ++sum.amounts;
    } else {
      sum.per_unit += *resource->amount;
      ++sum.amounts_per_unit;
    }
  }
  static void AddSlot(const Resource* resource, AmountSum& sum) {
    if (resource != nullptr && resource->amount && resource->per == Per::kTotal) {
      sum.held += __int128{*resource->amount} * kSlot;
    }
  }

  // `when`: the day of a share of the time held, or of the first record.
  RowKey Key(const Records& records, const std::string& resource, Nanos when) const {
    const Transition& first = records.front().transition;
    RowKey key;
    for (const Dimension dimension : options_.by) {
      key.push_back(dimension == Dimension::kResource ? resource
                    : dimension == Dimension::kDay    ? Day(when)
                                                      : Word(dimension, first, records));
    }
    return key;
  }

  static std::string Word(Dimension dimension, const Transition& first, const Records& records) {
    const Identity& identity = *first.identity;
    const Transition* grant = Latest(records, [](const Transition& t) { return t.granted.has_value(); });
    const Transition* decided = Latest(records, [](const Transition& t) { return t.decision.has_value(); });
    const Transition* ended = Latest(records, [](const Transition& t) { return t.outcome.has_value(); });
    const Transition* explained = Latest(records, [](const Transition& t) { return !t.reason.empty(); });
    const Transition* moved = Latest(records, [](const Transition& t) { return t.stage != Stage::kAnnotated; });
    switch (dimension) {
      case Dimension::kPrincipal:
        return Text(identity.subject ? *identity.subject : identity.requester);
      case Dimension::kRequestedBy:
        return Text(identity.requester);
      case Dimension::kChargeTo:
        return grant && grant->granted->charge_to ? Text(*grant->granted->charge_to) : "";
      case Dimension::kTenant:
        return identity.tenant;
      case Dimension::kKind:
        return std::string(Name(first.execution->kind));
      case Dimension::kStage:
        return std::string(Name(moved->stage));
      case Dimension::kReason:
        if (decided && !decided->decision->reasons.empty()) return Listed(decided->decision->reasons);
        if (ended && !ended->outcome->reason.empty()) return ended->outcome->reason;
        return explained ? explained->reason : "";
      case Dimension::kPolicy:
        if (!decided || !decided->decision->policy) return "";
        return decided->decision->policy->id + "@" + decided->decision->policy->version;
      case Dimension::kScope:
        return first.scope->id.empty() ? first.scope->kind : first.scope->kind + ":" + first.scope->id;
      case Dimension::kTarget: {
        std::vector<std::string> targets;
        for (const Target& target : first.execution->targets) targets.push_back(target.type + ":" + target.id);
        return Listed(targets);
      }
      case Dimension::kEnvelope:
        return first.envelope_id;
      default:
        return "";
    }
  }

  const AccountOptions options_;
};

std::string Text(__int128 number) {
  const bool negative = number < 0;
  std::string digits;
  for (; number != 0; number /= 10) digits.insert(digits.begin(), static_cast<char>('0' + std::abs(int(number % 10))));
  return (negative ? "-" : "") + (digits.empty() ? "0" : digits);
}

std::string Text(const AmountSum& sum) {
  return Text(sum.total) + " of " + std::to_string(sum.amounts) + ", " + Text(sum.per_unit) + " per unit of " +
         std::to_string(sum.amounts_per_unit) + ", " + std::to_string(sum.without_amount) + " without, held " +
         Text(sum.held);
}

// One line a row and resource, so that a difference can be read.
std::string Text(const RowKey& key, const AccountRow& row) {
  std::string text;
  for (const std::string& word : key) text += "[" + word + "]";
  text += " " + std::to_string(row.envelopes) + " envelopes, " + std::to_string(row.open) + " open\n";
  for (const auto& [name, sums] : row.resources) {
    text += "  " + name + ": requested " + Text(sums.requested) + "; granted " + Text(sums.granted) + "; used " +
            Text(sums.used) + "\n";
  }
  return text;
}

AccountOptions RandomOptions(RandomTraffic& random) {
  AccountOptions options;
  options.until = kUntil;
  for (int i = 0; i <= static_cast<int>(Dimension::kDay); ++i) {
    if (random.Below(5) == 0) options.by.push_back(static_cast<Dimension>(i));
  }
  if (random.Below(4) == 0) options.resource = random.Below(2) == 0 ? "gpu" : "disk";
  return options;
}

TEST(AccountProperty, EveryRowAndTheTotalAreWhatAddingUpTheLongWayGives) {
  AccountRow all;  // over everything that was compared
  uint64_t rows_without_envelopes = 0;
  for (unsigned seed = 1; seed <= 8; ++seed) {
    const auto envelopes = Envelopes(seed, 600);
    RandomTraffic random(seed + 100);
    for (int i = 0; i < 12; ++i) {
      const AccountOptions options = RandomOptions(random);
      Account account(options);
      Naive naive(options);
      for (const auto& [id, records] : envelopes) {
        ASSERT_TRUE(account.Add(FoldEnvelope(records), records).ok());
        naive.Add(records);
      }
      std::string found;
      for (const auto& [key, row] : account.rows()) {
        RowKey words;
        for (const AccountValue& value : key) words.push_back(value.text);
        found += Text(words, row);
        rows_without_envelopes += row.envelopes == 0 ? 1 : 0;
      }
      std::string expected;
      for (const auto& [key, row] : naive.rows) expected += Text(key, row);
      std::string by;
      for (const Dimension dimension : options.by) by += std::string(Name(dimension)) + " ";
      ASSERT_EQ(found, expected) << "seed " << seed << ", by " << by << options.resource;
      ASSERT_EQ(Text({}, account.total()), Text({}, naive.total)) << "seed " << seed << ", by " << by;
      for (const auto& [name, sums] : account.total().resources) {
        ResourceSums& into = all.resources[name];
        for (const auto member : {&ResourceSums::requested, &ResourceSums::granted, &ResourceSums::used}) {
          (into.*member).total += (sums.*member).total;
          (into.*member).held += (sums.*member).held;
          (into.*member).per_unit += (sums.*member).per_unit;
          (into.*member).without_amount += (sums.*member).without_amount;
        }
      }
    }
  }
  // Or else little was compared.
  for (const auto member : {&ResourceSums::requested, &ResourceSums::granted, &ResourceSums::used}) {
    const AmountSum& gpu = all.resources["gpu"].*member;
    EXPECT_TRUE(gpu.total > 0 && gpu.held > 0 && gpu.per_unit > 0 && gpu.without_amount > 0) << Text(gpu);
  }
  EXPECT_GT(rows_without_envelopes, 0u) << "nothing was held over a midnight";
}

}  // namespace
}  // namespace envledger
