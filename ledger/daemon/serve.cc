// Start order: who may come in, the key, the ledger with its recovery, the sockets, READY. A client that connects
// before that waits in the socket's backlog (with socket activation) or finds no socket yet; nobody is answered from a
// ledger that was not verified. Stop order: no more reading, answers out, ledger closed, sockets gone.
#include "ledger/daemon/serve.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "ledger/api/append_api.h"
#include "ledger/api/audit_api.h"
#include "ledger/base/log.h"
#include "ledger/daemon/access.h"
#include "ledger/daemon/journal.h"
#include "ledger/daemon/key_loader.h"
#include "ledger/daemon/systemd.h"
#include "ledger/transport/server.h"

namespace envledger {
namespace {

constexpr int kBacklog = 1024;
constexpr unsigned kSocketMode = 0660;
constexpr std::chrono::seconds kMoreTime{60};
constexpr std::chrono::seconds kDrainTime{20};
constexpr uint32_t kMaxAuditRequestBytes = 128 << 10;  // the filters of a query, each a string of the format's limit

sigset_t EndingSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

// Every connection and every table file takes a descriptor.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

uint64_t ResidentBytes() {
  uint64_t pages = 0;
  uint64_t resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

// A socket that this process made, removed with it.
class SocketFile {
 public:
  SocketFile(UniqueFd activated, std::string path) : fd_(std::move(activated)), path_(std::move(path)) {}
  ~SocketFile() {
    if (own_) unlink(path_.c_str());
  }
  SocketFile(const SocketFile&) = delete;
  SocketFile& operator=(const SocketFile&) = delete;
  Status Listen() {
    if (fd_.valid()) return Ok();  // systemd listens already, and the file is its own
    ENVLEDGER_ASSIGN_OR_RETURN(fd_, ListenUnix(path_, kSocketMode, kBacklog));
    own_ = true;
    return Ok();
  }
  UniqueFd Take() { return std::move(fd_); }

 private:
  UniqueFd fd_;
  const std::string path_;
  bool own_ = false;
};

struct Access {
  AccessList append;
  AccessList audit;
  std::unique_ptr<ProducerNames> producers;
};

Result<Access> ParseAccess(const DaemonConfig& config) {
  Access access;
  ENVLEDGER_ASSIGN_OR_RETURN(access.append, AccessList::Parse("append-allow", config.append_allow));
  ENVLEDGER_ASSIGN_OR_RETURN(access.audit, AccessList::Parse("audit-allow", config.audit_allow));
  ENVLEDGER_ASSIGN_OR_RETURN(access.producers, ProducerNames::Parse(config.producers));
  return access;
}

std::shared_ptr<const Recorder> RecorderOf(const Peer& peer, ProducerNames& names) {
  return std::make_shared<const Recorder>(Recorder{peer.uid, peer.gid, peer.pid, names.NameOf(peer.uid)});
}

SendFrame SendTo(Reply reply) {
  // std::function wants something that can be copied.
  auto shared = std::make_shared<Reply>(std::move(reply));
  return [shared](EncodeFrame encode) { shared->Send(std::move(encode)); };
}

std::string KeyFileOf(const DaemonConfig& config) {
  return FindKeyFile(config.key_path, std::getenv("CREDENTIALS_DIRECTORY"));
}

}  // namespace

void BlockSignals() {
  const sigset_t set = EndingSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

Status CheckConfig(const DaemonConfig& config) {
  ENVLEDGER_RETURN_IF_ERROR(ParseAccess(config).status());
  return LoadKey(KeyFileOf(config)).status();
}

Status Serve(const DaemonConfig& config) {
  RaiseDescriptorLimit();
  ENVLEDGER_ASSIGN_OR_RETURN(ActivatedSockets activated, TakeActivatedSockets());
  ENVLEDGER_ASSIGN_OR_RETURN(const Access access, ParseAccess(config));
  ENVLEDGER_ASSIGN_OR_RETURN(LoadedKey loaded, LoadKey(KeyFileOf(config)));
  const SigningKey& key = loaded.key;
  SystemClock clock;
  LedgerOptions options = config.ledger;
  if (!config.journal_socket.empty()) {
    options.checkpointer.on_signed = [journal = Journal(config.journal_socket)](const Checkpoint& checkpoint,
                                                                                const std::string& note) {
      journal.Send(CheckpointFields(checkpoint, note));
    };
  }
  const auto progress = [](const std::string& what) {
    Log(LogLevel::kDebug, what);
    NotifyBusy(what, kMoreTime);
  };
  const PendingRotation* pending = loaded.pending ? &*loaded.pending : nullptr;
  ENVLEDGER_ASSIGN_OR_RETURN(const auto ledger, Ledger::Open(options, key, pending, clock, progress));
  loaded.pending.reset();  // the previous private key is not needed any more
  if (!config.origin.empty() && config.origin != ledger->verifier_key().name) {
    return InvalidField(
        "origin", "the ledger's origin is \"" + ledger->verifier_key().name + "\", not \"" + config.origin + "\"");
  }

  // Declared before what calls it, so alive until after the last query that outlasts the drain.
  std::unique_ptr<Server> append_server;
  std::unique_ptr<Server> audit_server;
  // What the queries see of them: a query may come before Start has returned.
  std::atomic<const Server*> append_stats = nullptr;
  std::atomic<const Server*> audit_stats = nullptr;
  const auto stats_of = [](const std::atomic<const Server*>& server) {
    const Server* started = server.load();
    return started != nullptr ? started->Stats() : ServerStats{};
  };
  AppendApi append_api(*ledger, config.max_batch_items);
  const auto gauges = [&]() -> std::vector<Gauge> {
    const ServerStats append = stats_of(append_stats);
    const ServerStats audit = stats_of(audit_stats);
    return {{"connections", append.connections + audit.connections},
            {"connections-accepted", append.accepted + audit.accepted},
            {"connections-refused", append.refused + audit.refused},
            {"connections-timed-out", append.timeouts + audit.timeouts},
            {"inflight-bytes", append.inflight_bytes + audit.inflight_bytes},
            {"resident-bytes", ResidentBytes()}};
  };
  AuditApi audit_api(*ledger, config.audit, gauges, [&, most = config.server.max_inflight_bytes / 2] {
    return stats_of(audit_stats).inflight_bytes > most;
  });
  SocketFile append_socket(std::move(activated.append), config.append_socket);
  SocketFile audit_socket(std::move(activated.audit), config.audit_socket);
  ENVLEDGER_RETURN_IF_ERROR(append_socket.Listen());
  ENVLEDGER_RETURN_IF_ERROR(audit_socket.Listen());

  std::vector<Listener> append_listener;
  append_listener.push_back({append_socket.Take(), "append",
                             [&](const Peer& peer) {
                               const Status allowed = access.append.Check(peer);
                               if (!allowed.ok()) ledger->CountRefusal(*RecorderOf(peer, *access.producers), allowed);
                               return allowed;
                             },
                             [&](const std::shared_ptr<const Peer>& peer, std::string frame, Reply reply) {
                               append_api.Handle(RecorderOf(*peer, *access.producers), std::move(frame),
                                                 SendTo(std::move(reply)));
                             }});
  std::vector<Listener> audit_listener;
  audit_listener.push_back({audit_socket.Take(), "audit", [&](const Peer& peer) { return access.audit.Check(peer); },
                            [&](const std::shared_ptr<const Peer>& peer, std::string frame, Reply reply) {
                              audit_api.Handle(
                                  std::make_shared<const Recorder>(Recorder{peer->uid, peer->gid, peer->pid, ""}),
                                  std::move(frame), SendTo(std::move(reply)));
                            }});
  // A loop and a budget for each socket, so that auditors cannot take what producers need. On the audit socket requests
  // are small and answers large, and an answer is charged only when it is made: so one at a time for each connection,
  // the next only when the last is nearly read, and small ones while much is unread in all (AuditApi).
  ServerLimits audit_limits = config.server;
  audit_limits.max_frame_bytes = std::min(config.server.max_frame_bytes, kMaxAuditRequestBytes);
  audit_limits.max_inflight_requests_per_connection = 1;
  audit_limits.max_inflight_bytes_per_connection = 2 * kMaxAuditRequestBytes;
  ENVLEDGER_ASSIGN_OR_RETURN(audit_server, Server::Start(std::move(audit_listener), audit_limits, ErrorFrame));
  audit_stats = audit_server.get();
  ENVLEDGER_ASSIGN_OR_RETURN(append_server, Server::Start(std::move(append_listener), config.server, ErrorFrame));
  append_stats = append_server.get();

  const StatusResponse start = ledger->Describe();
  const std::string serving = start.origin + ", " + std::to_string(start.tree_size) + " entries";
  Log(LogLevel::kInfo, "serving " + serving + "; " + start.vkey);
  NotifyReady("serving " + serving);

  const sigset_t ending = EndingSignals();
  int signal_number = 0;
  while (sigwait(&ending, &signal_number) != 0) {
  }
  const std::string reason = signal_number == SIGTERM ? "SIGTERM" : "SIGINT";
  Log(LogLevel::kInfo, reason + ": closing");
  NotifyStopping();
  append_server->Drain(std::chrono::steady_clock::now() + kDrainTime);
  audit_api.ReleaseFollowers();
  audit_server->Drain(std::chrono::steady_clock::now() + kDrainTime);
  const Status closed = ledger->Close(reason);
  if (closed.ok()) Log(LogLevel::kInfo, "closed with " + std::to_string(ledger->Describe().tree_size) + " entries");
  return closed;
}

}  // namespace envledger
