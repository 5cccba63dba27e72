// The audit socket's requests, answered on a few threads of their own so that a long answer never holds up the sockets.
#pragma once

#include <functional>
#include <string>

#include "ledger/api/append_api.h"
#include "ledger/audit/view.h"
#include "ledger/base/worker_pool.h"
#include "ledger/codec/message.h"
#include "ledger/service/ledger.h"

namespace envledger {

struct AuditApiOptions {
  unsigned workers = 2;
  AnswerLimits limits;
};

// Thread-safe. The ledger is not owned.
class AuditApi {
 public:
  // `more_gauges` adds what the ledger does not know of to the answer to a status request (connections, memory). While
  // `busy` says that many answers wait to be read, answers come in small pages: unlike requests, answers cannot be kept
  // out of memory by not reading them.
  AuditApi(Ledger& ledger, const AuditApiOptions& options, std::function<std::vector<Gauge>()> more_gauges,
           std::function<bool()> busy);

  // Does not block.
  void Handle(std::string frame, SendFrame send);

 private:
  ResponseBody Answer(const RequestBody& request);
  Result<ResponseBody> Read(const RequestBody& request);

  Ledger& ledger_;
  const AuditApiOptions options_;
  const std::function<std::vector<Gauge>()> more_gauges_;
  const std::function<bool()> busy_;
  WorkerPool workers_;  // last: its tasks use the rest
};

}  // namespace envledger
