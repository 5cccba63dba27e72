#include "cli/output/listing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

namespace envledger::cli {
namespace {

using ::testing::HasSubstr;

Coverage Complete() {
  Completeness completeness;
  completeness.complete = true;
  Coverage coverage;
  coverage.AddPage(completeness);
  return coverage;
}

struct Out {
  std::ostringstream out;
  std::ostringstream err;
  Context context{.out = out, .err = err};
};

ListingShape Rows() { return {.rows_name = "rows", .csv_titles = {"n"}, .columns = {{.title = "N"}}}; }

// Its rows wait for the completeness that stands before them, and are more than memory is given for.
TEST(Listing, JsonOfMoreRowsThanMemoryHoldsIsTheSameJson) {
  for (const size_t rows : {0u, 1u, 2u, 2000u}) {
    Out to;
    OutputStyle style;
    style.format = Format::kJson;
    Listing listing(to.context, style, Rows());
    const std::string row = "{\"text\":\"" + std::string(10'000, 'x') + "\"}";
    std::string expected;
    for (size_t i = 0; i < rows; ++i) {
      listing.AddJson(row);
      expected += (i == 0 ? "\n" : ",\n") + row;
    }
    EXPECT_EQ(listing.Finish(Complete(), "rows"), ExitStatus::kFine);
    const std::string text = to.out.str();
    EXPECT_TRUE(text.ends_with(",\"rows\":[" + expected + (rows == 0 ? "]}\n" : "\n]}\n")));
    EXPECT_EQ(nlohmann::json::parse(text)["rows"].size(), rows);
  }
}

TEST(Listing, JsonThatCannotBeKeptUntilItIsPrintedIsAnError) {
  const std::string before = std::getenv("TMPDIR") != nullptr ? std::getenv("TMPDIR") : "";
  setenv("TMPDIR", "/nowhere", 1);
  Out to;
  OutputStyle style;
  style.format = Format::kJson;
  Listing listing(to.context, style, Rows());
  listing.AddJson(std::string(Spool::kInMemory + 1, '1'));
  EXPECT_EQ(listing.Finish(Complete(), "1 row"), ExitStatus::kUnavailable);
  EXPECT_THAT(to.err.str(), HasSubstr("temporary files"));
  before.empty() ? unsetenv("TMPDIR") : setenv("TMPDIR", before.c_str(), 1);
}

}  // namespace
}  // namespace envledger::cli
