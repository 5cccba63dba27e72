#include "ledger/report/html.h"

#include <gtest/gtest.h>
#include <utf8proc.h>

#include <ios>

#include "ledger/text/unicode.h"
#include "tests/text/utf8.h"

namespace envledger {
namespace {

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
}  // namespace envledger
