// Start order: who may come in, the key, the ledger with its recovery, the sockets, READY. A client that connects
// before that waits in the socket's backlog (with socket activation) or finds no socket yet; nobody is answered from a
// ledger that was not verified. Stop order: no more reading, answers out, ledger closed, sockets gone.
#include "ledger/daemon/serve.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>

#include "ledger/api/append_api.h"
#include "ledger/api/audit_api.h"
#include "ledger/base/log.h"
#include "ledger/daemon/access.h"
#include "ledger/daemon/systemd.h"
#include "ledger/transport/server.h"

namespace envledger {
namespace {

constexpr int kBacklog = 1024;
constexpr unsigned kSocketMode = 0660;
constexpr std::chrono::seconds kMoreTime{60};
constexpr std::chrono::seconds kDrainTime{20};

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
  return [shared](std::string frame) { shared->Send(std::move(frame)); };
}

}  // namespace

void BlockSignals() {
  const sigset_t set = EndingSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

Status CheckConfig(const DaemonConfig& config) {
  ENVLEDGER_RETURN_IF_ERROR(ParseAccess(config).status());
  return SigningKey::Load(config.key_path).status();
}

Status Serve(const DaemonConfig& config) {
  RaiseDescriptorLimit();
  ENVLEDGER_ASSIGN_OR_RETURN(ActivatedSockets activated, TakeActivatedSockets());
  ENVLEDGER_ASSIGN_OR_RETURN(const Access access, ParseAccess(config));
  ENVLEDGER_ASSIGN_OR_RETURN(const SigningKey key, SigningKey::Load(config.key_path));
  SystemClock clock;
  ENVLEDGER_ASSIGN_OR_RETURN(const auto ledger, Ledger::Open(config.ledger, key, clock, [](const std::string& what) {
                               Log(LogLevel::kDebug, what);
                               NotifyBusy(what, kMoreTime);
                             }));
  if (!config.origin.empty() && config.origin != ledger->verifier_key().name) {
    return InvalidField(
        "origin", "the ledger's origin is \"" + ledger->verifier_key().name + "\", not \"" + config.origin + "\"");
  }

  // Declared before what calls it, so alive until after the last query that outlasts the drain.
  std::unique_ptr<Server> server;
  AppendApi append_api(*ledger, config.max_batch_items);
  AuditApi audit_api(*ledger, config.audit, [&server]() -> std::vector<Gauge> {
    const ServerStats stats = server->Stats();
    return {{"connections", stats.connections},       {"connections-accepted", stats.accepted},
            {"connections-refused", stats.refused},   {"connections-timed-out", stats.timeouts},
            {"inflight-bytes", stats.inflight_bytes}, {"resident-bytes", ResidentBytes()}};
  });
  SocketFile append_socket(std::move(activated.append), config.append_socket);
  SocketFile audit_socket(std::move(activated.audit), config.audit_socket);
  ENVLEDGER_RETURN_IF_ERROR(append_socket.Listen());
  ENVLEDGER_RETURN_IF_ERROR(audit_socket.Listen());

  std::vector<Listener> listeners;
  listeners.push_back({append_socket.Take(), "append",
                       [&](const Peer& peer) {
                         const Status allowed = access.append.Check(peer);
                         if (!allowed.ok()) ledger->CountRefusal(*RecorderOf(peer, *access.producers), allowed);
                         return allowed;
                       },
                       [&](const std::shared_ptr<const Peer>& peer, std::string frame, Reply reply) {
                         append_api.Handle(RecorderOf(*peer, *access.producers), std::move(frame),
                                           SendTo(std::move(reply)));
                       }});
  listeners.push_back({audit_socket.Take(), "audit", [&](const Peer& peer) { return access.audit.Check(peer); },
                       [&](const std::shared_ptr<const Peer>&, std::string frame, Reply reply) {
                         audit_api.Handle(std::move(frame), SendTo(std::move(reply)));
                       }});
  ENVLEDGER_ASSIGN_OR_RETURN(server, Server::Start(std::move(listeners), config.server, ErrorFrame));

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
  server->Drain(std::chrono::steady_clock::now() + kDrainTime);
  const Status closed = ledger->Close(reason);
  if (closed.ok()) Log(LogLevel::kInfo, "closed with " + std::to_string(ledger->Describe().tree_size) + " entries");
  return closed;
}

}  // namespace envledger
