// Handles the requests of the append socket: decodes and checks a frame, passes it to the ledger, and turns the result
// into a frame.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "ledger/api/answer.h"
#include "ledger/base/status.h"
#include "ledger/codec/entry.h"
#include "ledger/service/ledger.h"

namespace envledger {

// Thread-safe. The ledger is not owned.
class AppendApi {
 public:
  AppendApi(Ledger& ledger, size_t max_batch_items) : ledger_(ledger), max_batch_items_(max_batch_items) {}

  // Does not block: requests that wait for the disk are answered later. Every refusal is counted for `recorder`.
  void Handle(const std::shared_ptr<const Recorder>& recorder, std::string frame, const SendFrame& send);

 private:
  struct Call;
  // Sends the refusal and counts it.
  void Refuse(const Call& call, Status status, int32_t item = -1);
  void Append(const Call& call, AppendRequest request);

  Ledger& ledger_;
  const size_t max_batch_items_;
};

}  // namespace envledger
