// Times, spans and what the tool's options take for them: what is read is written in a form that reads the same.
#include "cli/arguments/time_argument.h"
#include "ledger/base/time.h"
#include "ledger/text/words.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace envledger;
  const std::string_view text = fuzz::View(data, size);
  constexpr Nanos kNow = 1'773'739'200 * kSecond;
  const Result<Nanos> time = ParseTime(text);
  if (time.ok()) {
    const std::string again = FormatTime(*time);
    fuzz::Require(fuzz::RequireOk(ParseTime(again), again + " can be read") == *time, again + " is the same time");
  }
  if (const Result<Nanos> moment = cli::ParseTimeArgument(text, kNow); moment.ok()) {
    fuzz::Require(*moment >= 0, "a moment is not before 1970");
  }
  if (const Result<Nanos> span = cli::ParseSpanArgument(text); span.ok()) {
    fuzz::Require(*span >= 0, "a span is not negative");
  }
  // Any number is written: stored times may come from anybody.
  const auto number = static_cast<Nanos>(fuzz::Pieces(text).Number());
  for (const std::string& words : {FormatTime(number), FormatSpan(number), ShortTime(number), FullTime(number)}) {
    fuzz::Require(!words.empty(), "a time has words");
  }
  if (number >= 0) {
    fuzz::Require(fuzz::RequireOk(ParseTime(FormatTime(number)), "a time can be read") == number, "it is the same");
  }
  return 0;
}
