#include <gtest/gtest.h>
#include <utf8proc.h>

#include <sstream>

#include "cli/progress.h"
#include "ledger/report/html.h"
#include "ledger/text/csv.h"
#include "ledger/text/unicode.h"
#include "ledger/text/words.h"
#include "tests/cli/fake_ledger.h"
#include "tests/text/utf8.h"

namespace envledger::cli {
namespace {

TEST(Csv, QuotesWhatNeedsIt) { EXPECT_EQ(CsvRow({"a", "b,c", "d\"e", "", " f"}), "a,\"b,c\",\"d\"\"e\",, f\r\n"); }

TEST(Csv, KeepsARowOnOneLine) { EXPECT_EQ(CsvField("one\r\ntwo\x1b"), "one\\x0d\\x0atwo\\x1b"); }

TEST(Csv, DisarmsFormulas) {
  EXPECT_EQ(CsvField("=1+1"), "'=1+1");
  EXPECT_EQ(CsvField("+41"), "'+41");
  EXPECT_EQ(CsvField("@SUM(A1)"), "'@SUM(A1)");
  EXPECT_EQ(CsvField("-cmd|' /C calc'!A0"), "'-cmd|' /C calc'!A0");
  EXPECT_EQ(CsvField("\t=1"), "'\\x09=1");
  EXPECT_EQ(CsvField("\r=1"), "'\\x0d=1");
  for (const char* sign : {"\uff1d", "\uff0b", "\uff0d", "\uff20"}) {
    EXPECT_EQ(CsvField(sign + std::string("1")), "'" + std::string(sign) + "1") << "full-width";
  }
  EXPECT_EQ(CsvField("=HYPERLINK(\"x\",\"y\")"), "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"");
}

TEST(Csv, LeavesNegativeNumbersAlone) {
  EXPECT_EQ(CsvField("-5"), "-5");
  EXPECT_EQ(CsvField("-1.5"), "-1.5");
  for (const char* text : {"-", "-.5", "-5.", "-1-1", "-5m", "--5"}) EXPECT_EQ(CsvField(text), "'" + std::string(text));
}

TEST(Words, GroupDigitsByThree) {
  EXPECT_EQ(Grouped(0), "0");
  EXPECT_EQ(Grouped(999), "999");
  EXPECT_EQ(Grouped(1000), "1,000");
  EXPECT_EQ(Grouped(1234567), "1,234,567");
}

TEST(Words, AmountsSayBoundsAndUnits) {
  Resource resource = Amount("gpu", "2");
  resource.per = Per::kUnit;
  EXPECT_EQ(AmountText(resource), "2 each");
  resource.unit_of = "nodes";
  EXPECT_EQ(AmountText(resource), "2 x nodes");
  Resource bounds;
  bounds.min = 1000;
  EXPECT_EQ(AmountText(bounds), ">=1");
  bounds.max = 4000;
  EXPECT_EQ(AmountText(bounds), "1..4");
  EXPECT_EQ(AmountText(Amount("memory", "64Gi")), "64Gi");
  EXPECT_EQ(AmountText(Amount("gpu", "0")), "0");
}

TEST(Words, WhoNamesOnlyHopsThatAreNotNamedAlready) {
  Envelope envelope;
  const Principal aria{PrincipalKind::kAgent, "https://agents.example.com", "aria"};
  envelope.identity.requester = aria;
  envelope.identity.subject = User("dana");
  envelope.identity.delegation.resize(2);
  envelope.identity.delegation[0].actor = {PrincipalKind::kAgent, "https://agents.example.com", "planner"};
  envelope.identity.delegation[1].actor = aria;
  EXPECT_EQ(WhoText(envelope, {}), "agent:aria for user:dana via agent:planner");
}

TEST(Words, TheIssuerIsSaidWhereOnlyItTellsApart) {
  NameBook names;
  names.Learn(User("alice"));
  names.Learn(User("bob"));
  EXPECT_EQ(names.Name(User("alice")), "user:alice");
  names.Learn(User("alice", "https://partner.example.net"));
  EXPECT_EQ(names.Name(User("alice")), "user:alice@id.example.com");
  EXPECT_EQ(names.Name(User("alice", "https://partner.example.net")), "user:alice@partner.example.net");
  EXPECT_EQ(names.Name(User("bob")), "user:bob");
}

TEST(Words, RelationsSayWhatStandsOut) {
  Envelope envelope;
  EXPECT_EQ(SummaryOf(envelope).text, "");
  envelope.relation = {{"cpu", Relation::kAsRequested}};
  EXPECT_EQ(SummaryOf(envelope).text, "as_requested");
  envelope.relation["gpu"] = Relation::kNarrowed;
  envelope.relation["memory"] = Relation::kNarrowed;
  envelope.relation["disk"] = Relation::kAdded;
  EXPECT_EQ(SummaryOf(envelope).text, "narrowed gpu, memory; added disk");
  EXPECT_EQ(SummaryOf(envelope).worst, Relation::kNarrowed);
}

TEST(Progress, IsDrawnOnlyOnATerminalAndAfterASecond) {
  std::ostringstream err;
  Nanos now = 0;
  const auto ticks = [&now] { return now; };
  {
    Progress off(err, false, ticks);
    now = 5 * kSecond;
    off.Update(1, 2, "entries");
  }
  EXPECT_EQ(err.str(), "");
  now = 0;
  Progress on(err, true, ticks);
  now = kSecond / 2;
  on.Update(1, 2, "entries");
  EXPECT_EQ(err.str(), "");
  now = 2 * kSecond;
  on.Update(1000, 2000, "entries");
  EXPECT_EQ(err.str(), "\r\x1b[K[##########----------]  50%  1,000 of 2,000 entries, 500/s");
}

TEST(Html, WordsFromRightToLeftTurnNothingAround) {
  EXPECT_EQ(Html("gpu 8"), "gpu 8");
  EXPECT_EQ(Html("\u0645\u0631 8 \u2192 \u0645\u0631 4"), "\u0645\u0631&lrm; 8 \u2192 \u0645\u0631&lrm; 4");
  EXPECT_EQ(Html("\u05e9\u05dc  \u05d5\u05dd, x"), "\u05e9\u05dc  \u05d5\u05dd&lrm;, x") << "two words, one run";
  EXPECT_EQ(Html("\u05e9 "), "\u05e9&lrm; ");
  EXPECT_EQ(Html("\u05e9<"), "\u05e9&lrm;&lt;");
}

TEST(Html, KnowsEveryCharacterThatIsWrittenFromRightToLeft) {
  for (unsigned c = 0x80; c <= 0x10FFFF; ++c) {
    const auto bidi = utf8proc_get_property(static_cast<utf8proc_int32_t>(c))->bidi_class;
    if (bidi != UTF8PROC_BIDI_CLASS_R && bidi != UTF8PROC_BIDI_CLASS_AL) continue;
    if (IsInvisible(c)) continue;  // written out
    EXPECT_EQ(Html(Utf8(c) + "8"), Utf8(c) + "&lrm;8") << std::hex << c;
  }
}

}  // namespace
}  // namespace envledger::cli
