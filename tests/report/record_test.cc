#include "ledger/report/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "ledger/base/bytes.h"
#include "ledger/chain/tree.h"
#include "tests/support/day.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Record RecordOf(Transition transition) {
  Record record;
  record.seq = 7;
  record.recorded_at = day::kMorning + kSecond;
  record.recorder = {1000, 1000, 42, "gateway"};
  record.transition = std::move(transition);
  return record;
}

TEST(RecordHtml, SaysItsStageTimeRecorderAndLeafHash) {
  const std::string html = RecordHtml(RecordOf(day::Completed("env-1")), "entry", nullptr);
  EXPECT_TRUE(html.starts_with("<li><b>completed</b> 2026-03-17 09:21:30")) << html;
  EXPECT_TRUE(html.ends_with("</li>\n"));
  EXPECT_THAT(html, HasSubstr("by gateway (uid 1000)"));
  EXPECT_THAT(html, HasSubstr("<dt>entry 7</dt><dd><code>" + Hex(View(LeafHash("entry"))) + "</code>"));
}

TEST(RecordHtml, TheTimeSinceTheRecordBeforeHasItsSign) {
  const Record record = RecordOf(day::Completed("env-1"));
  Nanos before = *record.transition.occurred_at - 90 * kSecond;
  EXPECT_THAT(RecordHtml(record, "entry", &before), HasSubstr(">+1m 30s</span>"));
  before = *record.transition.occurred_at + 90 * kSecond;
  EXPECT_THAT(RecordHtml(record, "entry", &before), Not(HasSubstr(">+")));
  EXPECT_THAT(RecordHtml(record, "entry", nullptr), Not(HasSubstr("class=\"dim\"")));
}

TEST(RecordHtml, ARequestForNothingSaysSoAndWhatIsUnstatedIsLeftOut) {
  Transition transition = day::Requested("env-1", day::User("alice"));
  transition.requested->clear();
  const std::string html = RecordHtml(RecordOf(transition), "entry", nullptr);
  EXPECT_THAT(html, HasSubstr("<dt>requested</dt><dd>no resources</dd>"));
  for (const char* absent : {"<dt>note</dt>", "<dt>granted</dt>", "<dt>outcome</dt>", "<dt>deadline</dt>"}) {
    EXPECT_THAT(html, Not(HasSubstr(absent)));
  }
}

TEST(RecordHtml, TellsADryRunFromOneThatIsNone) {
  Transition transition = day::Requested("env-1", day::User("alice"));
  EXPECT_THAT(RecordHtml(RecordOf(transition), "entry", nullptr), Not(HasSubstr("dry run")));
  transition.execution->dry_run = false;
  EXPECT_THAT(RecordHtml(RecordOf(transition), "entry", nullptr), HasSubstr(", no dry run"));
  transition.execution->dry_run = true;
  EXPECT_THAT(RecordHtml(RecordOf(transition), "entry", nullptr), HasSubstr(", dry run"));
}

TEST(RecordHtml, WhatAProducerWroteIsText) {
  Transition transition = day::Completed("env-1");
  transition.note = "</dd><script>&";
  EXPECT_THAT(RecordHtml(RecordOf(transition), "entry", nullptr),
              HasSubstr("<dt>note</dt><dd>&lt;/dd&gt;&lt;script&gt;&amp;</dd>"));
}

}  // namespace
}  // namespace envledger
