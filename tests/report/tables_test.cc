// The decisions, findings and envelopes of a page.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/report/reported.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string EnvelopesOf(const Reported& reported) {
  std::string page;
  AddEnvelopesSection(reported.contents(), page);
  return page;
}

TEST(Tables, OfNothingSaySo) {
  FakeLedger ledger;
  const Reported nothing(ledger);
  EXPECT_EQ(DecisionsSection(nothing.contents()), "");
  EXPECT_THAT(FindingsSection(nothing.contents()), HasSubstr("None from the rules"));
  EXPECT_THAT(EnvelopesOf(nothing), HasSubstr("None match."));
}

TEST(Tables, EqualDecisionsAreCountedTogether) {
  FakeLedger ledger;
  for (const char* id : {"a", "b", "c"}) {
    ledger.Append(day::Requested(id, day::User("alice")));
    Transition granted = day::GrantedGpus(id, "4");
    if (std::string(id) == "c") granted.decision->reasons.clear();
    ledger.Append(granted);
  }
  const std::string html = DecisionsSection(Reported(ledger).contents());
  EXPECT_EQ(CountOf(html, "quota of the project"), 1u) << html;
  EXPECT_THAT(html, HasSubstr("<td class=\"n\">2</td>"));
  EXPECT_THAT(html, HasSubstr("no reason stated"));
}

TEST(Tables, AFindingLeadsToItsEnvelope) {
  FakeLedger ledger;
  ledger.Append(day::Requested("first", day::User("alice")));
  ledger.Append(day::Requested("second", day::User("alice")));
  ledger.Append(day::GrantedGpus("second", "800"));
  const std::string html = FindingsSection(Reported(ledger).contents());
  EXPECT_THAT(html, HasSubstr("<code>widened_grant</code> \u00b7 1"));
  EXPECT_THAT(html, HasSubstr("<a href=\"#e1\"><code>second</code></a>"));
}

TEST(Tables, WhatAProducerWroteIsText) {
  FakeLedger ledger;
  Transition trick = day::Requested("<b>&", day::User("<script>"));
  trick.execution->operation = "\" onload=\"x";
  ledger.Append(trick);
  const std::string html = EnvelopesOf(Reported(ledger));
  EXPECT_THAT(html, Not(HasSubstr("<script>")));
  EXPECT_THAT(html, Not(HasSubstr("\" onload")));
  EXPECT_THAT(html, HasSubstr("<code>&lt;b&gt;&amp;</code>"));
}

TEST(Tables, FewEnvelopesAreOpenAndOnPaperAndManyAreNot) {
  for (const int count : {3, 4}) {
    FakeLedger ledger;
    for (int i = 0; i < count; ++i) ledger.Append(day::Requested("env-" + std::to_string(i), day::User("alice")));
    EXPECT_EQ(CountOf(EnvelopesOf(Reported(ledger)), "<details open>"), count == 3 ? 3u : 0u);
  }
  EXPECT_EQ(PaperUseOf(0), PaperUse::kRecords);
  EXPECT_EQ(PaperUseOf(1'000'000), PaperUse::kSome);
  size_t rows = 1;
  while (PaperUseOf(rows) == PaperUse::kRecords) ++rows;
  EXPECT_EQ(PaperUseOf(rows), PaperUse::kRows) << "between all and some there is a step";
}

TEST(Tables, AnEnvelopeThatWasGrantedWhatItAskedForSaysSo) {
  FakeLedger ledger;
  ledger.Append(day::Requested("a", day::User("alice")));
  ledger.Append(day::GrantedGpus("a", "8"));
  EXPECT_THAT(EnvelopesOf(Reported(ledger)), HasSubstr("\u2192 the same"));
  ledger.Append(day::Requested("b", day::User("alice")));
  ledger.Append(day::GrantedGpus("b", "4"));
  EXPECT_THAT(EnvelopesOf(Reported(ledger)), HasSubstr("\u25bc "));
}

}  // namespace
}  // namespace envledger
