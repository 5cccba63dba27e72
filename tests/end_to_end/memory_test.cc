// That no answer takes memory by the size of what it is about. tests/bench/envelope_bench measures the same of the
// largest envelopes.
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "tests/support/daemon.h"
#include "tests/support/huge_envelope.h"
#include "tests/support/sanitized.h"

namespace envledger {
namespace {

// Two envelopes of several pages each, one of them five times as large. What is held for a page is held for both.
constexpr size_t kNoteBytes = 16'000;
constexpr uint64_t kLarge = 400;
constexpr uint64_t kHuge = 2000;
// Less than half of what the huge one has more. To hold it once, as bytes, would take twice of this.
constexpr uint64_t kAllowance = (kHuge - kLarge) * kNoteBytes / 2;

using Words = std::vector<std::string>;

// What memory checkers keep of freed memory is no use here.
Child::Setup Quietly() {
  const char* given = std::getenv("ASAN_OPTIONS");
  Child::Setup setup;
  setup.environment["ASAN_OPTIONS"] = (given != nullptr ? given + std::string(":") : "") + "quarantine_size_mb=1";
  setup.stdout_path = "/dev/null";
  return setup;
}

class MemoryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (ENVLEDGER_SANITIZED) {
      GTEST_SKIP() << "a sanitizer's own memory is larger than what is measured here: nothing was measured";
    }
    Child::Setup setup = Quietly();
    setup.stdout_path.clear();
    ledger_.Start({"--block-cache-bytes=1048576"}, setup);
    AppendHuge(ledger_.append_socket(), "large", kLarge, kNoteBytes);
    AppendHuge(ledger_.append_socket(), "huge", kHuge, kNoteBytes);
  }

  struct Peaks {
    uint64_t daemon = 0;
    uint64_t tool = 0;
  };
  Peaks Run(Words words, bool on_socket) {
    words.insert(words.begin(), ToolPath());
    words.insert(words.end(),
                 {on_socket ? "--socket" : "--data-dir", on_socket ? ledger_.audit_socket() : ledger_.data_dir()});
    if (on_socket) ForgetPeak(ledger_.daemon().pid());
    const Ended ended = Child(words, Quietly()).Wait();
    EXPECT_EQ(ended.status, 0) << ended.err;
    return {on_socket ? PeakBytes(ledger_.daemon().pid()) : 0, ended.peak_bytes};
  }
  // `about` gives the words of a command about one envelope. The first run is for what is only allocated once.
  void ExpectNoGrowth(const std::function<Words(const std::string& envelope_id)>& about, bool on_socket) {
    Run(about("large"), on_socket);
    const Peaks large = Run(about("large"), on_socket);
    const Peaks huge = Run(about("huge"), on_socket);
    const std::string what = ::testing::PrintToString(about("huge"));
    EXPECT_LT(huge.daemon, large.daemon + kAllowance) << what;
    EXPECT_LT(huge.tool, large.tool + kAllowance) << what;
  }
  void ExpectNoGrowthOfAny(const std::vector<Words>& options, const std::function<Words(const std::string&)>& command,
                           bool on_socket) {
    for (const Words& more : options) {
      ExpectNoGrowth(
          [&](const std::string& id) {
            Words words = command(id);
            words.insert(words.end(), more.begin(), more.end());
            return words;
          },
          on_socket);
    }
  }

  ServedLedger ledger_;
};

Words Show(const std::string& id) { return {"show", id}; }
// Every query is about the one envelope that has this id in a filter.
Words Query(const std::string& id) { return {"query", "--limit", "1", "--request-id", "request-of-" + id}; }

TEST_F(MemoryTest, AnEnvelopeIsShownInThatOfAFewPagesInEveryForm) {
  ExpectNoGrowthOfAny({{"--format", "table"},
                       {"--format", "json"},
                       {"--format", "csv"},
                       {"--raw"},
                       {"--at", "2026-03-17T12:00:00Z", "--format", "jsonl"},
                       {"--prove", "--vkey", ledger_.vkey(), "--format", "json"}},
                      Show, true);
}

TEST_F(MemoryTest, AnEnvelopeIsJudgedAndToldInThatOfAFewPages) {
  ExpectNoGrowthOfAny({{"--format", "json"}, {"--scan"}, {"--narrowed", "--prove", "--vkey", ledger_.vkey()}}, Query,
                      true);
  const auto filtered = [](const std::string& command) {
    return [command](const std::string& id) { return Words{command, "--request-id", "request-of-" + id}; };
  };
  ExpectNoGrowth(filtered("account"), true);
  ExpectNoGrowth(filtered("findings"), true);
  ExpectNoGrowthOfAny({{"--format", "jsonl"}}, filtered("export"), true);
}

TEST_F(MemoryTest, ADirectoryIsReadInThatOfAFewPages) {
  ASSERT_EQ(ledger_.Stop().status, 0);
  ExpectNoGrowthOfAny({{"--format", "json"}}, Show, false);
  ExpectNoGrowthOfAny({{"--format", "csv"}, {"--scan"}}, Query, false);
}

// Of either envelope the last records alone are printed, each judged by all before it.
TEST_F(MemoryTest, WhoFollowsWithFiltersHoldsNoEarlierRecords) {
  const auto last_of = [](uint64_t from) {
    return Words{"follow", "--from", std::to_string(from), "--count", "3", "--open", "--format", "jsonl"};
  };
  const uint64_t begin = 2;  // behind the genesis and `opened`
  ExpectNoGrowth([&](const std::string& id) { return last_of(begin + kLarge - 3 + (id == "huge" ? kHuge : 0)); }, true);
}

}  // namespace
}  // namespace envledger
