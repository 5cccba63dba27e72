// Writes one JSON object, field by field, in the order given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/codec/json.h"
#include "ledger/json/writer.h"

namespace envledger {

class JsonObject {
 public:
  // `json` is JSON already.
  JsonObject& Raw(std::string_view name, std::string_view json) {
    text_ += text_.size() == 1 ? "\"" : ",\"";
    text_ += name;
    text_ += "\":";
    text_ += json;
    return *this;
  }
  JsonObject& Text(std::string_view name, std::string_view value) { return Raw(name, JsonString(value)); }
  // Null when empty: an absent string of the model.
  JsonObject& TextOrNull(std::string_view name, std::string_view value) {
    return value.empty() ? Raw(name, "null") : Text(name, value);
  }
  // Left out when empty.
  JsonObject& TextIfAny(std::string_view name, std::string_view value) {
    return value.empty() ? *this : Text(name, value);
  }
  JsonObject& Number(std::string_view name, uint64_t value) { return Raw(name, std::to_string(value)); }
  JsonObject& NumberOrNull(std::string_view name, std::optional<uint64_t> value) {
    return value ? Number(name, *value) : Raw(name, "null");
  }
  JsonObject& Bool(std::string_view name, bool value) { return Raw(name, value ? "true" : "false"); }
  bool empty() const { return text_.size() == 1; }
  std::string str() const { return text_ + "}"; }

 private:
  std::string text_ = "{";
};

// [a,b,...] of elements that are JSON already, and of strings.
inline std::string JsonArray(const std::vector<std::string>& elements) {
  std::string text = "[";
  for (const std::string& element : elements) {
    if (text.size() > 1) text += ',';
    text += element;
  }
  return text + "]";
}

inline std::string JsonStrings(const std::vector<std::string>& strings) {
  std::vector<std::string> elements;
  elements.reserve(strings.size());
  for (const std::string& string : strings) elements.push_back(JsonString(string));
  return JsonArray(elements);
}

}  // namespace envledger
