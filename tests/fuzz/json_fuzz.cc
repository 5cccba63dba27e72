// The JSON reader: what it accepts an independent reader accepts too; written again, it reads the same.
#include <nlohmann/json.hpp>

#include "ledger/json/reader.h"
#include "ledger/json/writer.h"
#include "tests/fuzz/fuzz.h"

namespace envledger {
namespace {

constexpr int kDeepest = 64;
constexpr size_t kMostDigits = 300;  // the independent reader takes numbers for doubles

// Reads any value and appends it, written again, to `out`.
bool Copy(JsonReader& reader, int depth, std::string& out) {
  if (depth > kDeepest) return reader.Fail("too deep for this target");
  if (reader.AtObject()) {
    JsonObject object;
    const bool read = reader.Object([&](std::string_view key) {
      const std::string name(key);
      std::string value;
      if (!Copy(reader, depth + 1, value)) return false;
      object.Raw(name, value);
      return true;
    });
    out += object.str();
    return read;
  }
  if (reader.AtNumber()) {
    std::string_view digits;
    if (!reader.Integer(digits)) return false;
    if (digits.size() > kMostDigits) return reader.Fail("too large for the other reader");
    out += digits;
    return true;
  }
  // A reader says what it expects; this one finds out by trying.
  JsonReader list = reader;
  bool has_item = false;
  if (list.List([&] { return !(has_item = true); }) || has_item) {
    std::vector<std::string> items;
    const bool read = reader.List([&] {
      items.emplace_back();
      return Copy(reader, depth + 1, items.back());
    });
    out += JsonArray(items);
    return read;
  }
  JsonReader boolean = reader;
  if (bool value = false; boolean.Boolean(value)) {
    out += value ? "true" : "false";
    return reader.Boolean(value);
  }
  std::string_view text;
  if (!reader.AnyText(text)) return false;
  AppendJsonString(out, text);
  return true;
}

Result<std::string> Copied(std::string_view text) {
  JsonReader reader(text);
  std::string out;
  if (!Copy(reader, 0, out) || !reader.End()) {
    fuzz::Require(reader.status().code() == Code::kInvalidArgument, "a refusal says why");
    return reader.status();
  }
  return out;
}

}  // namespace
}  // namespace envledger

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace envledger;
  const std::string_view text = fuzz::View(data, size);
  const Result<std::string> copy = Copied(text);
  if (!copy.ok()) return 0;
  fuzz::Require(nlohmann::json::accept(text), "what is read is JSON");
  fuzz::Require(*copy == fuzz::RequireOk(Copied(*copy), "what is written can be read"), "it reads the same");
  return 0;
}
