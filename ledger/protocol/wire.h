// What requests and responses have in common on the wire. Private to this room.
//
// A message is first checked as a whole (its shape, the verifier, mandatory fields), and then read without further
// checks.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/codec/aligned.h"
#include "ledger/codec/shape.h"
#include "protocol_generated.h"

namespace envledger::wire {

// --- checking ---

template <typename T>
using TableList = flatbuffers::Vector<flatbuffers::Offset<T>>;

// Checks the shape, then runs the verifier. Nested buffers are checked by their own readers.
template <typename Root>
bool CheckBuffer(const Shape& shape, const char* identifier, const AlignedBytes& bytes, Fault& fault) {
  if (!shape.Check(bytes.data(), bytes.size(), fault)) return false;
  flatbuffers::Verifier::Options options;
  options.max_tables = static_cast<flatbuffers::uoffset_t>(bytes.size() / 4);  // an item of a list takes 4 bytes
  options.check_nested_flatbuffers = false;
  flatbuffers::Verifier verifier(bytes.data(), bytes.size(), options);
  return verifier.VerifyBuffer<Root>(identifier) || fault.Set("", "does not pass the FlatBuffers verifier");
}

// Runs `check` on the items of a list that may be absent.
template <typename T, typename Check>
bool CheckItems(const TableList<T>* items, std::string_view field, Fault& fault, Check check) {
  for (flatbuffers::uoffset_t i = 0; items != nullptr && i < items->size(); ++i) {
    if (!check(*items->Get(i))) return fault.InItem(i) || fault.In(field);
  }
  return true;
}

inline bool Present(const void* field, std::string_view name, Fault& fault) {
  return field != nullptr || fault.Set(name, "is missing");
}

// --- reading ---

inline std::string Text(const flatbuffers::String* text) { return text == nullptr ? std::string() : text->str(); }

inline std::string Bytes(const flatbuffers::Vector<uint8_t>* bytes) {
  return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

inline Hash DecodeHash(const fb::Hash32& hash) {
  Hash value;
  std::copy_n(hash.bytes()->begin(), value.size(), value.begin());
  return value;
}

// The list of the results of `decode` for each item.
template <typename T, typename Table, typename Decode>
std::vector<T> List(const TableList<Table>* items, Decode decode) {
  std::vector<T> list;
  if (items == nullptr) return list;
  list.reserve(items->size());
  for (const auto* item : *items) list.push_back(decode(*item));
  return list;
}

// --- writing ---

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;
template <typename T>
using ListOffset = Offset<flatbuffers::Vector<Offset<T>>>;

inline Offset<flatbuffers::String> Text(FlatBufferBuilder& b, const std::string& text) {
  return text.empty() ? Offset<flatbuffers::String>() : b.CreateString(text);
}

// Aligns a buffer inside a message to a multiple of 8, so that a reader can read it in place.
inline Offset<flatbuffers::Vector<uint8_t>> Nested(FlatBufferBuilder& b, std::string_view bytes) {
  b.ForceVectorAlignment(bytes.size(), sizeof(uint8_t), 8);
  return b.CreateVector(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

inline fb::Hash32 Hash32(const Hash& hash) { return fb::Hash32(flatbuffers::span<const uint8_t, 32>(hash)); }

template <typename T, typename Item, typename Encode>
ListOffset<T> List(FlatBufferBuilder& b, const std::vector<Item>& items, Encode encode) {
  std::vector<Offset<T>> offsets;
  offsets.reserve(items.size());
  for (const Item& item : items) offsets.push_back(encode(item));
  return b.CreateVector(offsets);
}

inline std::string Finished(FlatBufferBuilder& b) {
  return {reinterpret_cast<const char*>(b.GetBufferPointer()), b.GetSize()};
}

}  // namespace envledger::wire
