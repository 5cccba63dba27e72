// The running daemon: a ledger, its two sockets, and what connects them.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/api/append_api.h"
#include "ledger/api/audit_api.h"
#include "ledger/base/status.h"
#include "ledger/base/time.h"
#include "ledger/crypto/ed25519.h"
#include "ledger/daemon/access.h"
#include "ledger/daemon/config.h"
#include "ledger/daemon/prepare.h"
#include "ledger/daemon/producer_names.h"
#include "ledger/daemon/systemd.h"
#include "ledger/service/ledger.h"
#include "ledger/transport/server.h"
#include "ledger/transport/socket.h"

namespace envledger {

class Daemon {
 public:
  // Recovers the ledger and serves it. Sockets that systemd did not pass are created first, and everything else that
  // can refuse a start comes before the first write to the ledger: the `opened` event says that the ledger is being
  // served. Peers that connect earlier wait until then. Errors as for Ledger::Open, ListenUnix and Server::Start.
  static Result<std::unique_ptr<Daemon>> Start(const DaemonConfig& config, Prepared prepared,
                                               ActivatedSockets activated);
  // Stops at once, and leaves the ledger as a kill would.
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Stops reading, answers pending requests, and closes the ledger. Call it once.
  Status Stop(const std::string& reason);

  StatusResponse Describe() const { return ledger_->Describe(); }
  // The name of a part that does not get to anything new within `patience`; empty when all do.
  std::string Stuck(std::chrono::milliseconds patience) const;

 private:
  Daemon(const DaemonConfig& config, Prepared prepared);
  Status Listen(ActivatedSockets& activated);
  Status OpenLedger();
  Status StartServers(ActivatedSockets activated);
  Status AdmitProducer(const Peer& peer) const;
  void OpenProducer(const Peer& peer, NewConnection connection);
  void OpenAuditor(const Peer& peer, NewConnection connection);
  std::vector<Gauge> Gauges() const;

  // In order of lifetime: each member uses only those above it, so that its threads are safe even when a start fails
  // half-way.
  const DaemonConfig config_;
  const AccessList append_allow_;
  const AccessList audit_allow_;
  const SigningKey key_;
  std::optional<PendingRotation> pending_;  // until the ledger is open
  const int table_files_;
  SystemClock clock_;
  SocketFile append_file_;
  SocketFile audit_file_;
  ServerCounters append_counters_;
  ServerCounters audit_counters_;
  std::unique_ptr<Ledger> ledger_;
  std::optional<AppendApi> append_api_;
  std::optional<AuditApi> audit_api_;
  ProducerNames names_;
  std::unique_ptr<Server> append_server_;
  std::unique_ptr<Server> audit_server_;
};

}  // namespace envledger
