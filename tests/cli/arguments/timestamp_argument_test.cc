#include "cli/arguments/timestamp_argument.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace envledger::cli {
namespace {

Options Given(const std::vector<std::string>& words) {
  OptionSpecs specs = TimestampOptions();
  specs.push_back({"sign-now", Takes::kNothing, "", ""});
  auto options = ParseOptions(specs, 0, 0, words);
  EXPECT_TRUE(options.ok()) << options.status().ToString();
  return *std::move(options);
}

std::string ErrorOf(const std::vector<std::string>& words, const LedgerSource& source = {}) {
  const Status status = CheckTimestampUsage(Given(words), source);
  EXPECT_TRUE(status.ok() || status.code() == Code::kInvalidArgument);
  return status.message();
}

TEST(TimestampArgument, WhatGoesWithAnAttachmentIsRefusedWithoutOne) {
  EXPECT_EQ(ErrorOf({}), "");
  EXPECT_EQ(ErrorOf({"--timestamp-request", "f"}), "");
  for (const char* name : {"--checkpoint", "--tsa-ca", "--timestamps"}) {
    EXPECT_EQ(ErrorOf({name, "f"}), std::string(name) + " can only be used with --attach-timestamp");
  }
}

TEST(TimestampArgument, AnAttachmentTakesNoOtherAction) {
  EXPECT_EQ(ErrorOf({"--attach-timestamp", "f", "--timestamps", "d", "--tsa-ca", "a", "--tsa-ca", "b"}), "");
  EXPECT_NE(ErrorOf({"--attach-timestamp", "f", "--timestamps", "d", "--sign-now"}).find("--sign-now"),
            std::string::npos);
  EXPECT_NE(ErrorOf({"--attach-timestamp", "f", "--timestamps", "d", "--timestamp-request", "g"}).find("together"),
            std::string::npos);
}

TEST(TimestampArgument, AnAttachmentNeedsAPlaceToBeStored) {
  EXPECT_NE(ErrorOf({"--attach-timestamp", "f"}).find("--timestamps DIR"), std::string::npos);
  LedgerSource stored;
  stored.data_dir = "/ledger";
  EXPECT_EQ(ErrorOf({"--attach-timestamp", "f"}, stored), "");
}

TEST(TimestampArgument, TheDirectoryIsTheGivenOneOrThatOfTheLedger) {
  LedgerSource stored;
  stored.data_dir = "/ledger";
  EXPECT_EQ(TimestampsDirectory(Given({}), stored), "/ledger/timestamps");
  EXPECT_EQ(TimestampsDirectory(Given({"--attach-timestamp", "f", "--timestamps", "/other"}), stored), "/other");
  EXPECT_EQ(TimestampsDirectory(Given({}), LedgerSource{}), "");
}

}  // namespace
}  // namespace envledger::cli
