// Building FlatBuffers of both kinds, transitions and entries. Private to this room.
#pragma once

#include <flatbuffers/flatbuffers.h>

#include <string>

namespace envledger {

// Empty text is left out of a buffer.
inline flatbuffers::Offset<flatbuffers::String> Text(flatbuffers::FlatBufferBuilder& b, const std::string& text) {
  return text.empty() ? flatbuffers::Offset<flatbuffers::String>() : b.CreateString(text);
}

}  // namespace envledger
