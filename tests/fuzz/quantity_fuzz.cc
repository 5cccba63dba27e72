// Quantities: what is read is written in a form that reads as the same amount.
#include "ledger/codec/quantity.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace envledger;
  const Result<int64_t> milli = ParseQuantity(fuzz::View(data, size));
  if (!milli.ok()) return 0;
  for (const std::string& text : {FormatQuantity(*milli), HumanQuantity(*milli)}) {
    fuzz::Require(fuzz::RequireOk(ParseQuantity(text), text + " can be read") == *milli, text + " is the same amount");
  }
  return 0;
}
