// A hostile daemon: an input is a task of the tool (one byte), then the frames that the daemon sends, whatever it was
// asked. The tool may refuse everything, but it neither crashes nor proves what does not hold.
#include <vector>

#include "ledger/protocol/ledger_reader.h"
#include "ledger/transport/frame.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/tool.h"

namespace envledger {
namespace {

constexpr uint32_t kMaxFrame = 1 << 20;

// Gives each question the next response of the kind that it expects, or the next refusal, until there are no more.
class Script : public LedgerReader {
 public:
  explicit Script(std::string_view frames) {
    FrameReader reader(kMaxFrame);
    std::string frame;
    while (true) {
      const Result<bool> taken = reader.Take(frames, frame);
      if (!taken.ok() || !*taken) return;
      Result<Response> response = DecodeResponse(frame);
      if (response.ok()) responses_.push_back(*std::move(response));
    }
  }

  Result<QueryResponse> Query(const QueryRequest&) override { return Next<QueryResponse>(); }
  Result<EnvelopeResponse> FindEnvelope(const EnvelopeRequest&) override { return Next<EnvelopeResponse>(); }
  Result<PrincipalsResponse> Principals(const PrincipalsRequest&) override { return Next<PrincipalsResponse>(); }
  Result<EntriesResponse> Entries(const EntriesRequest&) override { return Next<EntriesResponse>(); }
  Result<CheckpointsResponse> Checkpoints(const CheckpointsRequest&) override { return Next<CheckpointsResponse>(); }
  Result<InclusionProofResponse> InclusionProof(const InclusionProofRequest&) override {
    return Next<InclusionProofResponse>();
  }
  Result<ConsistencyProofResponse> ConsistencyProof(const ConsistencyProofRequest&) override {
    return Next<ConsistencyProofResponse>();
  }
  Result<EventsResponse> Events(const EventsRequest&) override { return Next<EventsResponse>(); }
  Result<StatusResponse> Status(const StatusRequest&) override { return Next<StatusResponse>(); }

 private:
  template <typename Body>
  Result<Body> Next() {
    while (next_ < responses_.size()) {
      Response& response = responses_[next_++];
      if (auto* body = std::get_if<Body>(&response.body); body != nullptr) return std::move(*body);
      if (auto* error = std::get_if<ErrorInfo>(&response.body); error != nullptr) return std::move(error->status);
    }
    return Unavailable("the daemon has gone");
  }

  std::vector<Response> responses_;
  size_t next_ = 0;
};

}  // namespace
}  // namespace envledger

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  envledger::fuzz::Pieces pieces(envledger::fuzz::View(data, size));
  const uint8_t task = pieces.Byte();
  envledger::Script script(pieces.rest());
  envledger::fuzz::RunTool(task, script);
  return 0;
}
