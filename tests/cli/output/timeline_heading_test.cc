#include "cli/output/timeline_heading.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "ledger/text/unicode.h"
#include "tests/support/day.h"

namespace envledger::cli {
namespace {

Envelope Sample() {
  Envelope envelope;
  envelope.envelope_id = "env-1";
  envelope.stage = Stage::kRequested;
  envelope.identity.requester = day::User("alice");
  envelope.execution.kind = ExecutionKind::kInference;
  envelope.scope.kind = "project";
  return envelope;
}

template <typename Print>
std::string Printed(const Print& print, const Envelope& envelope, size_t width = 0) {
  std::ostringstream out;
  OutputStyle style;
  style.width = width;
  print(out, style, envelope);
  return out.str();
}

TEST(TimelineHeading, TheTitleSaysWhetherTheEnvelopeIsOpen) {
  Envelope envelope = Sample();
  EXPECT_EQ(Printed(PrintTitle, envelope), "env-1  requested (open)\n");
  envelope.stage = Stage::kDenied;
  EXPECT_EQ(Printed(PrintTitle, envelope), "env-1  denied\n");
  envelope.envelope_id = std::string(38, 'e');
  EXPECT_EQ(Printed(PrintTitle, envelope, 40), std::string(38, 'e') + "\ndenied\n") << "below where it does not fit";
}

TEST(TimelineHeading, LeavesOutWhatWasNotStated) {
  EXPECT_EQ(Printed(PrintHeading, Sample()),
            "  asked by    user:alice  https://id.example.com\n"
            "  what        inference\n"
            "  scope       project  unspecified\n");
}

TEST(TimelineHeading, AVeryLongChainOfDelegationStaysWithinTheWidth) {
  Envelope envelope = Sample();
  for (int i = 0; i < 40; ++i) {
    DelegationHop& hop = envelope.identity.delegation.emplace_back();
    hop.actor = day::User("agent-" + std::to_string(i) + std::string(30, 'x'));
  }
  const std::string heading = Printed(PrintHeading, envelope, 80);
  std::istringstream lines(heading);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(ColumnsOf(line), 80u) << line;
  EXPECT_NE(heading.find("agent-39"), std::string::npos) << "each hop is there";
}

TEST(TimelineHeading, ResourcesAreComparedSideBySide) {
  Envelope envelope = Sample();
  EXPECT_EQ(Printed(PrintResources, envelope), "") << "nothing was asked for";
  envelope.requested = {day::Amount("gpu", "8")};
  envelope.granted.emplace().resources = {day::Amount("gpu", "4"), day::Amount("disk", "1")};
  envelope.relation = {{"gpu", Relation::kNarrowed}, {"disk", Relation::kAdded}};
  const std::string table = Printed(PrintResources, envelope);
  EXPECT_NE(table.find("gpu               8        4     -  narrowed"), std::string::npos) << table;
  EXPECT_NE(table.find("disk              -        1     -  added"), std::string::npos) << table;
}

}  // namespace
}  // namespace envledger::cli
