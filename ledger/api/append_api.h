// The append socket's requests: a frame becomes a checked request of the ledger, an answer becomes a frame.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "ledger/base/status.h"
#include "ledger/codec/entry.h"
#include "ledger/service/ledger.h"

namespace envledger {

// Takes the encoded response; called once, from any thread.
using SendFrame = std::function<void(std::string frame)>;

// The frame that tells a peer of an error outside any request (correlation 0).
std::string ErrorFrame(const Status& status);

// Thread-safe. The ledger is not owned.
class AppendApi {
 public:
  AppendApi(Ledger& ledger, size_t max_batch_items) : ledger_(ledger), max_batch_items_(max_batch_items) {}

  // Does not block: what waits for the disk is answered later. Everything refused is counted under `recorder`.
  void Handle(const std::shared_ptr<const Recorder>& recorder, std::string frame, const SendFrame& send);

 private:
  void HandleAppend(const std::shared_ptr<const Recorder>& recorder, uint64_t correlation,
                    std::shared_ptr<const std::string> frame, AppendRequest request, const SendFrame& send);

  Ledger& ledger_;
  const size_t max_batch_items_;
};

}  // namespace envledger
