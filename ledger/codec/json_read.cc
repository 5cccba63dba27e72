// Reading the JSON form: one pass over the text straight into the C++ values, driven by the tables of json_fields.h.
//
// The grammar is closed (no field holds free-form JSON), so an unknown field is refused at its key and never skipped,
// and recursion is as deep as the schema, however deep the input nests.
#include <algorithm>

#include "ledger/base/bytes.h"
#include "ledger/codec/json.h"
#include "ledger/codec/json_fields.h"
#include "ledger/codec/quantity.h"
#include "ledger/json/reader.h"

namespace envledger {
namespace {

using json::Described;
using json::Fields;
using json::Form;

// "create, read, update, ..."
template <typename Enum>
std::string WordsOf() {
  std::string words;
  for (uint8_t i = 0; Name(static_cast<Enum>(i)) != "unknown"; ++i) {
    const std::string_view word = Name(static_cast<Enum>(i));
    if (word == "unspecified") continue;
    if (!words.empty()) words += ", ";
    words += word;
  }
  return words;
}

// The overloads of Read are members so that they can all call each other. Each reads one value; false after an error.
class TransitionReader {
 public:
  explicit TransitionReader(std::string_view text) : in_(text) {}

  Result<JsonTransition> Run() {
    JsonTransition result;
    if (!Whole(result)) return in_.status();
    result.remarks = std::move(remarks_);
    return result;
  }

 private:
  bool Whole(JsonTransition& result);
  bool Read(std::string& value, Form form);
  bool Read(bool& value, Form) { return in_.Boolean(value); }
  bool Read(int64_t& value, Form form);
  bool Read(std::vector<KeyValue>& map, Form);
  bool Read(ResourceMap& map, Form);
  bool ReadResource(Resource& resource);
  bool ReadRevision(std::optional<uint64_t>& revision);

  template <typename Enum>
  requires std::is_enum_v<Enum>
  bool Read(Enum& value, Form) {
    std::string_view word;
    if (!in_.Text(word)) return false;
    const std::optional<Enum> parsed = ParseName<Enum>(word);
    if (!parsed.has_value()) return in_.Fail("unknown word " + Quoted(word) + "; expected one of " + WordsOf<Enum>());
    value = *parsed;
    return true;
  }

  template <typename T>
  bool Read(std::optional<T>& value, Form form) {
    return Read(value.emplace(), form);
  }

  template <typename T>
  bool Read(std::vector<T>& list, Form) {
    return in_.List([&] { return Read(list.emplace_back(), Form::kPlain); });
  }

  template <Described T>
  bool Read(T& object, Form) {
    uint32_t seen = 0;
    return in_.Object([&](std::string_view key) { return Member(object, key, seen); }) && AllMandatory<T>(seen);
  }

  // Reads the member of that name. `seen` has a bit for each field of T, in the order of its table.
  template <typename T>
  bool Member(T& object, std::string_view key, uint32_t& seen) {
    bool good = false;
    uint32_t bit = 1;
    const auto read = [&](const auto& field) {
      if (field.name != key) {
        bit <<= 1;
        return false;
      }
      good = (seen & bit) == 0 ? Read(object.*(field.member), field.form) : in_.Fail("appears twice");
      seen |= bit;
      return true;
    };
    const bool known = std::apply([&](const auto&... field) { return (read(field) || ...); }, Fields<T>::kList);
    return known ? good : in_.Fail("unknown field");
  }

  template <typename T>
  bool AllMandatory(uint32_t seen) {
    uint32_t bit = 1;
    const auto there = [&](const auto& field) {
      const bool missing = field.form == Form::kMandatory && (seen & bit) == 0;
      bit <<= 1;
      return !missing || in_.Fail("is missing; it may be {}", field.name);
    };
    return std::apply([&](const auto&... field) { return (there(field) && ...); }, Fields<T>::kList);
  }

  // Fails when two elements of a map have the same key.
  template <typename Element>
  bool Distinct(const std::vector<Element>& map, std::string Element::*key) {
    if (map.size() < 2) return true;
    std::vector<std::string_view> keys;
    keys.reserve(map.size());
    for (const Element& element : map) keys.push_back(element.*key);
    std::sort(keys.begin(), keys.end());
    const auto twice = std::adjacent_find(keys.begin(), keys.end());
    return twice == keys.end() || in_.Fail("appears twice", *twice);
  }

  JsonReader in_;
  std::vector<std::string> remarks_;
};

bool TransitionReader::Whole(JsonTransition& result) {
  uint32_t seen = 0;
  const auto member = [&](std::string_view key) {
    return key == "expected_revision" ? ReadRevision(result.expected_revision) : Member(result.transition, key, seen);
  };
  return in_.Object(member) && in_.End();
}

bool TransitionReader::ReadRevision(std::optional<uint64_t>& revision) {
  if (revision.has_value()) return in_.Fail("appears twice");
  return in_.Unsigned(revision.emplace());
}

bool TransitionReader::Read(std::string& value, Form form) {
  std::string_view text;
  if (form == Form::kTextOrInteger && in_.AtNumber()) {
    if (!in_.Integer(text)) return false;
  } else if (!in_.Text(text)) {
    return false;
  }
  value.assign(text);
  return true;
}

bool TransitionReader::Read(int64_t& value, Form form) {
  const bool quantity = form == Form::kQuantity;
  if (quantity && in_.AtNumber()) return in_.Fail("write quantities as strings (\"8\"), which are exact");
  std::string_view text;
  if (!in_.Text(text, quantity ? "a quantity such as \"8\"" : "a time such as \"2026-03-17T09:30:00Z\"")) return false;
  bool leap_second = false;
  const Result<int64_t> parsed = quantity ? ParseQuantity(text) : ParseTime(text, &leap_second);
  if (!parsed.ok()) return in_.Fail(parsed.status().message());
  value = *parsed;
  if (leap_second) {
    remarks_.push_back(in_.path() + ": " + std::string(text) + " is a leap second, recorded as " + FormatTime(value));
  }
  return true;
}

bool TransitionReader::Read(std::vector<KeyValue>& map, Form) {
  const auto member = [&](std::string_view key) {
    KeyValue& pair = map.emplace_back();
    pair.key.assign(key);
    return Read(pair.value, Form::kPlain);
  };
  return in_.Object(member, "an object of strings") && Distinct(map, &KeyValue::key);
}

bool TransitionReader::Read(ResourceMap& map, Form) {
  const auto member = [&](std::string_view key) {
    Resource& resource = map.emplace_back();
    resource.name.assign(key);
    return ReadResource(resource);
  };
  return in_.Object(member, "an object of quantities") && Distinct(map, &Resource::name);
}

// The short form of a resource is its amount alone.
bool TransitionReader::ReadResource(Resource& resource) {
  return in_.AtObject() ? Read(resource, Form::kPlain) : Read(resource.amount, Form::kQuantity);
}

}  // namespace

Result<JsonTransition> ParseTransitionJson(std::string_view text) { return TransitionReader(text).Run(); }

}  // namespace envledger
