#include "cli/output/palette.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace envledger::cli {
namespace {

constexpr Color kColors[] = {Color::kBold,   Color::kDim,     Color::kRed, Color::kGreen,
                             Color::kYellow, Color::kMagenta, Color::kCyan};

TEST(Palette, PaintsNothingWhenItIsOff) {
  for (const Color color : kColors) EXPECT_EQ(Palette(false).Paint(color, "text"), "text");
}

TEST(Palette, EndsEveryColourThatItBegins) {
  std::set<std::string> painted;
  for (const Color color : kColors) {
    const std::string text = Palette(true).Paint(color, "text");
    EXPECT_TRUE(text.starts_with("\x1b[") && text.ends_with("mtext\x1b[0m")) << text;
    EXPECT_TRUE(painted.insert(text).second) << "another has this one";
  }
  EXPECT_EQ(Palette(true).Paint(Color::kPlain, "text"), "text");
  EXPECT_EQ(Palette(true).Paint(Color::kRed, ""), "") << "no codes around nothing";
}

TEST(Palette, WhatFailedIsRedAndNothingElseOfItsKindIs) {
  for (const Verdict verdict : {Verdict::kTruncated, Verdict::kTampered, Verdict::kIncomplete, Verdict::kWrongKey}) {
    EXPECT_EQ(ColorOf(verdict), Color::kRed);
  }
  EXPECT_EQ(ColorOf(Verdict::kValid), Color::kGreen);
  EXPECT_EQ(ColorOf(Verdict::kUnanchored), Color::kYellow);
  EXPECT_EQ(ColorOf(Stage::kDenied), Color::kRed);
  EXPECT_EQ(ColorOf(Stage::kCompleted), Color::kGreen);
  EXPECT_NE(ColorOf(Stage::kCancelled), Color::kRed) << "somebody wanted that";
  EXPECT_EQ(ColorOf(Effect::kDeny), Color::kRed);
  EXPECT_EQ(ColorOf(Effect::kUnspecified), Color::kPlain);
  EXPECT_EQ(ColorOf(Relation::kWithheld), Color::kRed);
  EXPECT_EQ(ColorOf(Relation::kAsRequested), Color::kPlain);
}

}  // namespace
}  // namespace envledger::cli
