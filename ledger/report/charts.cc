// The charts of a report: SVG elements with their geometry in percent, so that text is never scaled. Each has a title
// for people who cannot see it, and the exact numbers are printed beside it. All arithmetic uses integers, so that the
// same entries give the same page on every machine.
#include <algorithm>
#include <array>
#include <limits>

#include "ledger/analysis/account.h"
#include "ledger/base/message.h"
#include "ledger/codec/quantity.h"
#include "ledger/report/html.h"
#include "ledger/report/sections.h"

namespace envledger {
namespace {

constexpr Nanos kMinute = 60 * kSecond;
constexpr Nanos kHour = 60 * kMinute;
constexpr Nanos kDay = 24 * kHour;
constexpr size_t kMostLanes = 30;
constexpr int64_t kMostBars = 60;

// `part` of `whole` in percent with two decimals, "12.34%".
std::string Percent(__int128 part, __int128 whole) {
  // Scaled down first, so that the product fits 128 bits.
  while (whole > (static_cast<__int128>(1) << 100)) {
    whole >>= 1;
    part >>= 1;
  }
  const auto hundredths = static_cast<int64_t>(whole <= 0 ? 0 : part * 10000 / whole);
  const std::string fraction = std::to_string(hundredths % 100);
  return std::to_string(hundredths / 100) + "." + (fraction.size() == 1 ? "0" : "") + fraction + "%";
}

std::string Legend(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string html = "<ul class=\"legend\">";
  for (const auto& [name, text] : entries) {
    html += "<li><svg aria-hidden=\"true\"><rect class=\"" + name + "\" width=\"11\" height=\"11\" rx=\"2\"/></svg>" +
            text + "</li>";
  }
  return html + "</ul>\n";
}

const std::vector<std::pair<std::string, std::string>> kEndings = {
    {"good", "completed"}, {"bad", "denied, rejected, failed, cancelled, revoked, expired or lost"}, {"open", "open"}};

struct Span {
  Nanos begin = 0;
  Nanos end = 0;
};

std::string Axis(Span span) {
  return "<div class=\"axis\"><span>" + ShortTime(span.begin) + "</span><span>" +
         ShortTime(span.begin + (span.end - span.begin) / 2) + "</span><span>" + ShortTime(span.end) +
         "</span></div>\n";
}

// One row per envelope, from its first record to its last; an open one extends to the last record of all envelopes.
std::string Lanes(const ReportContents& contents) {
  Span all{std::numeric_limits<Nanos>::max(), 0};
  for (const Story& story : contents.stories) {
    all.begin = std::min(all.begin, story.envelope.opened_at);
    all.end = std::max({all.end, story.envelope.opened_at, story.envelope.updated_at});
  }
  const Nanos length = std::max<Nanos>(1, all.end - all.begin);
  std::string html = Legend(kEndings) + "<table class=\"lanes\"><tbody>\n";
  for (size_t i = 0; i < contents.stories.size(); ++i) {
    const Envelope& envelope = contents.stories[i].envelope;
    const Ending ending = EndingOf(envelope.stage);
    const Nanos until = std::max(envelope.opened_at, ending == Ending::kOpen ? all.end : envelope.updated_at);
    const std::string took = ending == Ending::kOpen ? "open" : FormatSpan(until - envelope.opened_at);
    html += "<tr><th scope=\"row\"><a class=\"mono\" href=\"#e" + std::to_string(i) + "\">" +
            Html(envelope.envelope_id) + "</a></th><td><svg height=\"12\" role=\"img\"><title>" +
            Html(ShortTime(envelope.opened_at) + ", " + std::string(Name(envelope.stage)) + ", " + took) +
            "</title><rect class=\"base\" width=\"100%\" height=\"12\" rx=\"3\"/><rect class=\"" +
            std::string(ClassOf(ending)) + "\" x=\"" + Percent(envelope.opened_at - all.begin, length) + "\" width=\"" +
            Percent(until - envelope.opened_at, length) + "\" height=\"12\" rx=\"3\"/><rect class=\"" +
            std::string(ClassOf(ending)) + "\" x=\"" +
            Percent(std::min(envelope.opened_at - all.begin, length - length / 250), length) +
            "\" width=\"3\" height=\"12\" rx=\"1\"/></svg></td><td>" +
            Html(std::string(Name(envelope.stage)) + ", " + took) + "</td></tr>\n";
  }
  return html + "</tbody></table>\n" + Axis(all);
}

// The number of envelopes requested in each interval, by how they ended.
std::string Histogram(const ReportContents& contents) {
  Span all{std::numeric_limits<Nanos>::max(), 0};
  for (const Story& story : contents.stories) {
    all.begin = std::min(all.begin, story.envelope.opened_at);
    all.end = std::max(all.end, story.envelope.opened_at);
  }
  Nanos step = kMinute;
  for (const Nanos wider : {5 * kMinute, 15 * kMinute, kHour, 3 * kHour, 6 * kHour, kDay, 7 * kDay, 30 * kDay,
                            90 * kDay, 365 * kDay, 10 * 365 * kDay}) {
    if ((all.end - all.begin) / step < kMostBars) break;
    step = wider;
  }
  all.begin -= all.begin % step;
  const int64_t bars = (all.end - all.begin) / step + 1;
  std::vector<std::array<int64_t, 3>> counts(static_cast<size_t>(bars));
  int64_t most = 1;
  for (const Story& story : contents.stories) {
    auto& bar = counts[static_cast<size_t>((story.envelope.opened_at - all.begin) / step)];
    ++bar[static_cast<size_t>(EndingOf(story.envelope.stage))];
    most = std::max(most, bar[0] + bar[1] + bar[2]);
  }
  std::string html =
      Legend(kEndings) +
      "<svg height=\"150\" role=\"img\" aria-label=\"Envelopes asked for, by time\"><title>Envelopes asked "
      "for, by time; at most " +
      Grouped(static_cast<uint64_t>(most)) + " in " + FormatSpan(step) +
      "</title>\n<rect class=\"base\" y=\"149\" width=\"100%\" height=\"1\"/>\n";
  for (int64_t i = 0; i < bars; ++i) {
    const auto& bar = counts[static_cast<size_t>(i)];
    const int64_t total = bar[0] + bar[1] + bar[2];
    if (total == 0) continue;
    html += "<g><title>" + ShortTime(all.begin + i * step) + ": " + std::to_string(total) + ", of them " +
            std::to_string(bar[1]) + " completed, " + std::to_string(bar[2]) + " ended otherwise, " +
            std::to_string(bar[0]) + " open</title>";
    int64_t below = 0;
    for (const Ending ending : {Ending::kWell, Ending::kBadly, Ending::kOpen}) {
      const int64_t count = bar[static_cast<size_t>(ending)];
      if (count == 0) continue;
      below += count;
      html += "<rect class=\"" + std::string(ClassOf(ending)) + "\" x=\"" + Percent(i * 100 + 8, bars * 100) +
              "\" width=\"" + Percent(84, bars * 100) + "\" y=\"" + Percent(most - below, most) + "\" height=\"" +
              Percent(count, most) + "\"/>";
    }
    html += "</g>\n";
  }
  const Nanos left = std::numeric_limits<Nanos>::max() - all.begin;
  const Nanos length = bars > left / step ? left : bars * step;  // the end of the last bar could overflow
  return html + "</svg>\n" + Axis({all.begin, all.begin + length}) + "<p class=\"dim\">Each bar covers " +
         FormatSpan(step) + "; the highest is " + Grouped(static_cast<uint64_t>(most)) + ".</p>\n";
}

// "5,817,965.25": groups the digits before the point in threes, if there are only digits.
std::string InThrees(std::string number) {
  const size_t begin = number.starts_with('-') ? 1 : 0;
  const size_t end = std::min(number.find('.'), number.size());
  if (number.find_first_not_of("0123456789", begin) < end) return number;
  for (size_t at = end; at > begin + 3; at -= 3) number.insert(at - 3, 1, ',');
  return number;
}

std::string SumText(__int128 milli) {
  const bool fits = milli >= std::numeric_limits<int64_t>::min() && milli <= std::numeric_limits<int64_t>::max();
  return InThrees(fits ? HumanQuantity(static_cast<int64_t>(milli)) : FormatQuantity(milli));
}

// "45.74 unit-hours", or "2,927.44 Gi-hours" for a quantity counted in a binary unit.
std::string HeldText(const AmountSum& sum) {
  if (!sum.held_in_range()) return "too large to add up";
  static constexpr std::string_view kUnits = "KMGTPE";
  const std::string total = SumText(sum.total);
  const size_t unit = total.ends_with('i') && total.size() > 1 ? kUnits.find(total[total.size() - 2]) : kUnits.npos;
  if (unit == kUnits.npos) return InThrees(FormatUnitHours(sum.held, 2)) + " unit-hours";
  return InThrees(FormatUnitHours(sum.held >> (10 * (unit + 1)), 2)) + " " + kUnits[unit] + "i-hours";
}

struct Bar {
  const char* label;
  const char* style;
  const AmountSum& sum;
};

std::string BarRow(const std::string& resource, const Bar& bar, __int128 most) {
  const AmountSum& sum = bar.sum;
  const std::string number = sum.amounts > 0 ? SumText(sum.total) : "\u2013";
  std::string html = "<tr><th scope=\"row\">" + std::string(bar.label) +
                     "</th><td><svg height=\"13\" role=\"img\"><title>" +
                     Html(resource + " " + bar.label + ": " + number) +
                     "</title><rect class=\"base\" width=\"100%\" height=\"13\" rx=\"3\"/>";
  if (sum.total > 0) {
    html += "<rect class=\"" + std::string(bar.style) + "\" width=\"" + Percent(sum.total, most) +
            "\" height=\"13\" rx=\"3\"/>";
  }
  return html + "</svg></td><td class=\"n\">" + number + "</td></tr>\n";
}

std::string ResourceCard(const std::string& resource, const ResourceSums& sums) {
  const __int128 most = std::max({sums.requested.total, sums.granted.total, sums.used.total, __int128{1}});
  std::string html = "<div class=\"card\"><h3>" + Html(resource) + "</h3><table class=\"bars\"><tbody>\n";
  for (const Bar& bar :
       {Bar{"requested", "ask", sums.requested}, Bar{"granted", "give", sums.granted}, Bar{"used", "use", sums.used}}) {
    html += BarRow(resource, bar, most);
  }
  html += "</tbody></table>";
  std::vector<std::string> notes;
  if (sums.granted.held > 0 || !sums.granted.held_in_range()) {
    notes.push_back("granted \u00d7 time held: " + HeldText(sums.granted));
  }
  const uint64_t per_unit =
      sums.requested.amounts_per_unit + sums.granted.amounts_per_unit + sums.used.amounts_per_unit;
  if (per_unit > 0) notes.push_back(Grouped(per_unit) + " amounts per unit, not in any sum");
  const uint64_t unsummed = sums.requested.without_amount + sums.granted.without_amount + sums.used.without_amount;
  if (unsummed > 0) notes.push_back(Grouped(unsummed) + " stated without an amount");
  if (!notes.empty()) html += "<p class=\"dim note\">" + Html(Joined(notes, "; ")) + "</p>";
  return html + "</div>\n";
}

}  // namespace

std::string TimelineSection(const ReportContents& contents) {
  if (contents.stories.empty()) return {};
  return "<section id=\"timeline\"><h2>Timeline</h2>\n<div class=\"card\">\n" +
         (contents.stories.size() <= kMostLanes ? Lanes(contents) : Histogram(contents)) + "</div></section>\n";
}

Result<std::string> ResourcesSection(const ReportContents& contents) {
  Account account({.by = {}, .resource = {}, .until = NowOf(contents.data)});
  for (const Story& story : contents.stories) {
    ENVLEDGER_RETURN_IF_ERROR(account.Add(story.envelope, story.records));
  }
  const auto& resources = account.total().resources;
  if (resources.empty()) return std::string();
  std::string html =
      "<section id=\"resources\"><h2>Requested, granted, used</h2>\n<p class=\"dim\">Exact sums over all "
      "envelopes of this report: what was asked, the latest grant of each, and what its outcome says was "
      "used. A dash: nobody stated an amount.</p>\n<div class=\"grid\">\n";
  for (const auto& [resource, sums] : resources) html += ResourceCard(resource, sums);
  return html + "</div></section>\n";
}

}  // namespace envledger
