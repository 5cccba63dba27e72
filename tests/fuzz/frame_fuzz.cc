// Frames: a stream gives the same frames however it is cut into pieces, and frames written again give the stream.
#include <optional>
#include <vector>

#include "ledger/transport/frame.h"
#include "tests/fuzz/fuzz.h"

namespace envledger {
namespace {

constexpr uint32_t kMaxFrame = 4096;

struct Stream {
  std::vector<std::string> frames;
  std::optional<Code> error;
};

// Gives the reader `piece` bytes at a time.
Stream ReadInPieces(std::string_view bytes, size_t piece) {
  Stream stream;
  FrameReader reader(kMaxFrame);
  std::string frame;
  while (!bytes.empty()) {
    std::string_view input = bytes.substr(0, piece);
    bytes.remove_prefix(input.size());
    while (!input.empty()) {
      const size_t before = input.size();
      const Result<bool> taken = reader.Take(input, frame);
      if (!taken.ok()) {
        stream.error = taken.status().code();
        return stream;
      }
      fuzz::Require(*taken || input.empty(), "the reader uses up what belongs to an unfinished frame");
      fuzz::Require(input.size() < before, "the reader takes something");
      if (*taken) stream.frames.push_back(frame);
    }
  }
  return stream;
}

}  // namespace
}  // namespace envledger

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace envledger;
  fuzz::Pieces pieces(fuzz::View(data, size));
  const size_t piece = 1 + pieces.Byte();
  const std::string_view bytes = pieces.rest();
  const Stream whole = ReadInPieces(bytes, bytes.size() + 1);
  const Stream cut = ReadInPieces(bytes, piece);
  fuzz::Require(whole.frames == cut.frames && whole.error == cut.error, "the pieces do not matter");
  std::string again;
  for (const std::string& frame : whole.frames) {
    fuzz::Require(!frame.empty() && frame.size() <= kMaxFrame, "a frame is within its limit");
    again += FrameHeader(static_cast<uint32_t>(frame.size())) + frame;
  }
  fuzz::Require(bytes.starts_with(again), "frames written again are the stream");
  return 0;
}
