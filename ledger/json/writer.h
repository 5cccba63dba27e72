// Writing JSON (RFC 8259): the one place that knows its punctuation. Text is UTF-8; nothing here checks that.
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace envledger {

// Appends `text` in quotes. Besides what RFC 8259 requires, DEL and U+0080 to U+009F are escaped, so that stored text
// cannot control the terminal on which it is printed.
void AppendJsonString(std::string& out, std::string_view text);
std::string JsonString(std::string_view text);

// One object, field by field, in the order of the calls. Names may be any text; the caller must keep them distinct.
class JsonObject {
 public:
  // `json` is already JSON.
  JsonObject& Raw(std::string_view name, std::string_view json) {
    Name(name);
    text_ += json;
    return *this;
  }
  JsonObject& Text(std::string_view name, std::string_view value) {
    Name(name);
    AppendJsonString(text_, value);
    return *this;
  }
  // Null when empty, because the model holds an absent string as an empty one.
  JsonObject& TextOrNull(std::string_view name, std::string_view value) {
    return value.empty() ? Raw(name, "null") : Text(name, value);
  }
  // Left out when empty.
  JsonObject& TextIfAny(std::string_view name, std::string_view value) {
    return value.empty() ? *this : Text(name, value);
  }
  template <std::integral Integer>
  requires(!std::same_as<Integer, bool>) JsonObject& Number(std::string_view name, Integer value) {
    return Raw(name, std::to_string(value));
  }
  template <std::integral Integer>
  JsonObject& NumberOrNull(std::string_view name, std::optional<Integer> value) {
    return value ? Number(name, *value) : Raw(name, "null");
  }
  JsonObject& Bool(std::string_view name, bool value) { return Raw(name, value ? "true" : "false"); }
  bool empty() const { return text_.size() == 1; }
  std::string str() const { return text_ + "}"; }

 private:
  void Name(std::string_view name) {
    if (!empty()) text_ += ',';
    AppendJsonString(text_, name);
    text_ += ':';
  }

  std::string text_ = "{";
};

// [a,b,...] of elements that are already JSON; of strings.
std::string JsonArray(const std::vector<std::string>& elements);
std::string JsonStrings(const std::vector<std::string>& strings);

}  // namespace envledger
