// `account`: adds up what was requested, granted and used, from the sealed records of every envelope that passes the
// filters. Nothing is printed before the last envelope has been read. Memory grows with the rows of the answer, up to
// AccountOptions::max_bytes.
#include "ledger/analysis/account.h"

#include <algorithm>
#include <limits>

#include "cli/arguments/filtered.h"
#include "cli/arguments/ledger_source.h"
#include "cli/arguments/time_argument.h"
#include "cli/commands/commands.h"
#include "cli/output/listing.h"
#include "cli/progress.h"
#include "ledger/base/message.h"
#include "ledger/codec/json.h"
#include "ledger/codec/quantity.h"
#include "ledger/evidence/pages.h"
#include "ledger/export/envelope_json.h"
#include "ledger/text/safe_text.h"

namespace envledger::cli {
namespace {

constexpr int kTableDigits = 3;
constexpr int kDigits = 9;  // after the point of unit-hours in json and csv

Result<AccountOptions> PlanAccount(const Options& options, Nanos now) {
  AccountOptions plan;
  plan.until = now;
  if (options.Has("held-until")) {
    auto until = ParseTimeArgument(options.Get("held-until"), now);
    if (!until.ok()) return std::move(until).status().Prepend("--held-until: ");
    plan.until = *until;
  }
  plan.resource = options.Get("resource");
  std::vector<std::string> words = options.Split("by");
  if (words.empty()) words = {"tenant", "resource"};
  for (const std::string& word : words) {
    const auto dimension = ParseDimension(word);
    if (!dimension) return InvalidArgument("--by: unknown name \"" + word + "\"; the names are " + DimensionNames());
    if (std::find(plan.by.begin(), plan.by.end(), *dimension) != plan.by.end()) {
      return InvalidArgument("--by: " + word + " is given twice");
    }
    plan.by.push_back(*dimension);
  }
  return plan;
}

bool By(const AccountOptions& options, Dimension dimension) {
  return std::find(options.by.begin(), options.by.end(), dimension) != options.by.end();
}

// Whether each row is about one resource, so that there can be columns for amounts.
bool HasAmounts(const AccountOptions& options) {
  return !options.resource.empty() || By(options, Dimension::kResource);
}

std::string HumanAmount(__int128 milli) {
  if (milli < std::numeric_limits<int64_t>::min() || milli > std::numeric_limits<int64_t>::max()) {
    return FormatQuantity(milli);
  }
  return HumanQuantity(static_cast<int64_t>(milli));
}

// The sums of the only resource of a row; empty sums if it has none.
ResourceSums SumsOf(const AccountRow& row) {
  return row.resources.empty() ? ResourceSums{} : row.resources.begin()->second;
}

const std::array<std::pair<const char*, AmountSum ResourceSums::*>, 3> kSums = {{
    {"requested", &ResourceSums::requested},
    {"granted", &ResourceSums::granted},
    {"used", &ResourceSums::used},
}};

// Upper case, with spaces for underscores.
std::string Title(std::string_view word) {
  std::string title;
  for (const char c : word) title += c == '_' ? ' ' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return title;
}

ListingShape Shape(const AccountOptions& options) {
  ListingShape shape{.rows_name = "rows", .csv_titles = {}, .columns = {}};
  for (const Dimension dimension : options.by) {
    const std::string name(Name(dimension));
    shape.columns.push_back({.title = Title(name), .least = 10, .whole = true});
    if (dimension <= Dimension::kChargeTo) {
      for (const char* part : {"_kind", "_issuer", "_id"}) shape.csv_titles.push_back(name + part);
    } else {
      shape.csv_titles.push_back(name);
    }
  }
  shape.columns.push_back({.title = "ENVELOPES", .least = 9, .right = true});
  shape.columns.push_back({.title = "OPEN", .least = 4, .right = true});
  shape.csv_titles.insert(shape.csv_titles.end(), {"envelopes", "open"});
  if (!HasAmounts(options)) return shape;
  for (const auto& [name, sum] : kSums) {
    shape.columns.push_back({.title = Title(name), .least = 8, .right = true});
    shape.csv_titles.push_back(name);
  }
  for (const auto& [name, sum] : kSums) {
    const std::string title = Title(name);
    shape.columns.push_back({.title = title + " HOURS", .least = 8, .right = true, .fold = 1});
    shape.csv_titles.push_back(std::string(name) + "_unit_hours");
  }
  shape.columns.push_back({.title = "NOT IN THE SUMS", .least = 20, .fold = 2, .whole = true});
  for (const auto& [name, sum] : kSums) {
    shape.csv_titles.push_back(std::string(name) + "_per_unit");
    shape.csv_titles.push_back(std::string(name) + "_without_amount");
  }
  return shape;
}

// What the sums leave out: "requested 4 per unit; granted without amount by 2".
std::string Apart(const ResourceSums& sums) {
  std::vector<std::string> parts;
  for (const auto& [name, member] : kSums) {
    const AmountSum& sum = sums.*member;
    if (sum.amounts_per_unit > 0) parts.push_back(std::string(name) + " " + HumanAmount(sum.per_unit) + " per unit");
    if (sum.without_amount > 0) {
      parts.push_back(std::string(name) + " without amount by " + Grouped(sum.without_amount));
    }
  }
  return Joined(parts, "; ");
}

constexpr const char* kOutOfRange = "out of range";

Cell HoursCell(const AmountSum& sum) {
  if (!sum.held_in_range()) return {kOutOfRange, Color::kRed};
  return {sum.held == 0 ? "-" : FormatUnitHours(sum.held, kTableDigits)};
}

std::string HoursField(const AmountSum& sum) {
  if (!sum.held_in_range()) return kOutOfRange;
  return sum.amounts == 0 && sum.held == 0 ? "" : FormatUnitHours(sum.held, kDigits);
}

Cells NumberCells(const AccountRow& row, const AccountOptions& options, Cells cells) {
  cells.push_back({Grouped(row.envelopes)});
  cells.push_back({row.open == 0 ? "-" : Grouped(row.open)});
  if (!HasAmounts(options)) return cells;
  const ResourceSums sums = SumsOf(row);
  for (const auto& [name, member] : kSums) {
    const AmountSum& sum = sums.*member;
    cells.push_back({sum.amounts == 0 ? "-" : HumanAmount(sum.total)});
  }
  for (const auto& [name, member] : kSums) {
    const AmountSum& sum = sums.*member;
    cells.push_back(HoursCell(sum));
  }
  const std::string apart = Apart(sums);
  cells.push_back({apart.empty() ? "-" : apart});
  return cells;
}

Cells RowCells(const AccountKey& key, const AccountRow& row, const AccountOptions& options, const NameBook& names) {
  Cells cells;
  for (const AccountValue& value : key) {
    const std::string text = value.principal ? names.Name(*value.principal) : value.text;
    cells.push_back({text.empty() ? "-" : SafeText(text)});
  }
  return NumberCells(row, options, std::move(cells));
}

// The last rows of the table: a total for each resource if rows are split by resource, otherwise one total.
void AddTotals(Listing& listing, const Account& account) {
  const AccountOptions& options = account.options();
  const auto place = std::find(options.by.begin(), options.by.end(), Dimension::kResource) - options.by.begin();
  const auto add = [&](const std::string& resource, const AccountRow& row) {
    Cells cells(options.by.size());
    if (static_cast<size_t>(place) < cells.size()) cells[static_cast<size_t>(place)].text = SafeText(resource);
    if (cells.front().text.empty()) {
      cells.front().text = "TOTAL";
    } else {
      cells.front().text = "TOTAL " + cells.front().text;
    }
    cells = NumberCells(row, options, std::move(cells));
    for (Cell& cell : cells) cell.color = Color::kBold;
    listing.AddCells(std::move(cells));
  };
  if (!By(options, Dimension::kResource)) return add("", account.total());
  for (const auto& [resource, sums] : account.total().resources) {
    // Only the envelopes that name the resource.
    AccountRow row;
    row.resources[resource] = sums;
    for (const auto& [key, of_key] : account.rows()) {
      if (!of_key.resources.contains(resource)) continue;
      row.envelopes += of_key.envelopes;
      row.open += of_key.open;
    }
    add(resource, row);
  }
}

std::vector<std::string> RowFields(const AccountKey& key, const AccountRow& row, const AccountOptions& options) {
  std::vector<std::string> fields;
  for (size_t i = 0; i < key.size(); ++i) {
    if (options.by[i] > Dimension::kChargeTo) {
      fields.push_back(key[i].text);
      continue;
    }
    const Principal principal = key[i].principal.value_or(Principal{});
    fields.emplace_back(key[i].principal ? Name(principal.kind) : "");
    fields.push_back(principal.issuer);
    fields.push_back(principal.id);
  }
  fields.push_back(std::to_string(row.envelopes));
  fields.push_back(std::to_string(row.open));
  if (!HasAmounts(options)) return fields;
  const ResourceSums sums = SumsOf(row);
  for (const auto& [name, member] : kSums) {
    fields.push_back((sums.*member).amounts == 0 ? "" : FormatQuantity((sums.*member).total));
  }
  for (const auto& [name, member] : kSums) fields.push_back(HoursField(sums.*member));
  for (const auto& [name, member] : kSums) {
    fields.push_back((sums.*member).amounts_per_unit == 0 ? "" : FormatQuantity((sums.*member).per_unit));
    fields.push_back(std::to_string((sums.*member).without_amount));
  }
  return fields;
}

std::string SumJson(const AmountSum& sum) {
  JsonObject json;
  if (sum.amounts > 0) {
    json.Text("amount", FormatQuantity(sum.total));
  } else {
    json.Raw("amount", "null");
  }
  json.TextOrNull("unit_hours", sum.held_in_range() ? FormatUnitHours(sum.held, kDigits) : "");
  json.Number("amounts", sum.amounts);
  if (sum.amounts_per_unit > 0) {
    json.Text("per_unit", FormatQuantity(sum.per_unit)).Number("amounts_per_unit", sum.amounts_per_unit);
  }
  if (sum.without_amount > 0) json.Number("without_amount", sum.without_amount);
  return json.str();
}

// `key` null: the total.
std::string RowJson(const AccountKey* key, const AccountRow& row, const AccountOptions& options) {
  JsonObject by;
  for (size_t i = 0; key != nullptr && i < key->size(); ++i) {
    const AccountValue& value = (*key)[i];
    if (value.principal) {
      by.Raw(Name(options.by[i]), PrincipalJson(*value.principal));
    } else {
      by.TextOrNull(Name(options.by[i]), value.text);
    }
  }
  JsonObject resources;
  for (const auto& [resource, sums] : row.resources) {
    JsonObject of_it;
    for (const auto& [name, member] : kSums) of_it.Raw(name, SumJson(sums.*member));
    resources.Raw(resource, of_it.str());
  }
  JsonObject json;
  json.Raw("by", key != nullptr ? by.str() : "null")
      .Number("envelopes", row.envelopes)
      .Number("open", row.open)
      .Raw("resources", resources.str());
  return json.str();
}

ExitStatus Run(Context& context, const Options& options) {
  auto plan = PlanAccount(options, context.now());
  if (!plan.ok()) return WrongUsage(context, plan.status());
  ExitStatus why = ExitStatus::kFine;
  auto filtered = OpenFiltered(context, options, why);
  if (!filtered) return why;
  // With --at, resources are held until that moment.
  if (filtered->plan.request.at && !options.Has("held-until")) plan->until = *filtered->plan.request.at;

  Account account(*std::move(plan));
  Progress progress(context.err, context.err_is_terminal && !context.out_is_terminal, context.ticks);
  const auto visit = [&](EnvelopeStory& story) -> Status {
    filtered->names.Learn(story.envelope());
    Account::Adding adding(account, story.envelope());
    ENVLEDGER_RETURN_IF_ERROR(
        story.ForEachRecord([&adding](const Record& record, const std::string&) { return adding.Add(record); }));
    ENVLEDGER_RETURN_IF_ERROR(adding.Finish());
    progress.Update(account.total().envelopes, 0, "envelopes");
    return Ok();
  };
  auto coverage = ForEachEnvelope(*filtered->reader, filtered->plan.request, 0, visit);
  if (!coverage.ok()) return Fail(context, coverage.status());

  Listing listing(context, filtered->style, Shape(account.options()));
  for (const auto& [key, row] : account.rows()) {
    if (listing.format() == Format::kTable) {
      size_t bytes = 0;
      for (const AccountValue& value : key) bytes += sizeof value + value.text.size();
      listing.AddCells([&, &k = key, &r = row] { return RowCells(k, r, account.options(), filtered->names); }, bytes);
    } else if (listing.format() == Format::kCsv) {
      listing.AddCsv(RowFields(key, row, account.options()));
    } else {
      listing.AddJson(RowJson(&key, row, account.options()));
    }
  }
  if (listing.format() == Format::kTable && !account.rows().empty()) AddTotals(listing, account);
  if (listing.format() == Format::kJson || listing.format() == Format::kJsonl) {
    listing.AddJson(RowJson(nullptr, account.total(), account.options()));
  }
  const uint64_t rows = account.rows().size();
  const uint64_t envelopes = account.total().envelopes;
  return listing.Finish(*coverage, Grouped(rows) + (rows == 1 ? " row" : " rows") + " of " + Grouped(envelopes) +
                                       (envelopes == 1 ? " envelope" : " envelopes") + "; open ones are held until " +
                                       FormatTime(account.options().until));
}

constexpr std::string_view kText =
    R"(Adds up the envelopes that match all filters (the filters are those of query). Rows can be split by principal (on
whose behalf: the subject, else the requester), requester, charge_to, tenant, kind, stage, reason, policy, scope,
target, envelope, resource and day (in UTC, of the request). An envelope with several targets or reasons counts once,
in the row that names all of them.

Sums are exact: requested, granted (the latest grant) and used (the latest usage). Amounts per unit, and requests that
state bounds but no amount, are left out of the sums and listed beside them. Tables and csv have columns for amounts
only if each row is about one resource: with --by resource, or --resource.

Unit-hours are amounts multiplied by the time for which they were held: from a grant (or its not_before, if later) to
the next grant, the end of the envelope, the grant's expires_at, or --held-until if the envelope is open. Each grant
counts with its own amount, and suspended work counts as held. Requested and used amounts are multiplied by the same
time, so that the three can be compared. With --by day, hours count on the days on which the resources were held, so a
row may have hours and no envelopes. If one envelope would need more than 200,000 combinations of days and resources,
its hours are in a row without a day. Hours that exceed 128 bits are marked as out of range; everything else still
counts. A usage that the producer states in unit-hours is a resource like any other, with its amount. Hours are rounded
half away from zero, to 3 digits after the point in tables and 9 elsewhere.

jsonl prints one row per line, {"by", "envelopes", "open", "resources": {NAME: {"requested", "granted", "used"}}}. Each
of the three is {"amount", "unit_hours", "amounts"}, with per_unit, amounts_per_unit and without_amount if there are
any. After the rows come the total, whose by is null, and {"completeness": ...}. csv has no totals.

The rows of an account and the resources named in it may take 256 MiB of memory, which is about half a million rows; a
larger account is refused. It may add up any number of envelopes of any size.)";

constexpr std::string_view kExample = R"(  envledger account --by tenant,day --resource gpu --since 7d
  envledger account --stage denied --by reason,policy
)";

}  // namespace

Command AccountCommand() {
  static const OptionSpecs kOwn = {
      {"by", Takes::kValues, "LIST", "split rows by these names (default tenant,resource)", WordsOf<Dimension, 0>},
      {"resource", Takes::kValue, "NAME", "only envelopes that name this resource, and only its amounts"},
      {"held-until", Takes::kValue, "TIME", "until when open envelopes hold their resources (default now, or --at)"},
  };
  return {
      .name = "account",
      .arguments = "",
      .summary = "what was requested, granted and used, added up by tenant, day, ...",
      .text = kText,
      .example = kExample,
      .options = Join({kOwn, FilteredOptions()}),
      .run = Run,
  };
}

}  // namespace envledger::cli
