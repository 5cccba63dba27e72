// Start order: the socket files; the ledger with its recovery; the APIs; the socket loops; the `opened` event; then
// waiting clients are let in. A client that connects before that waits in the socket's queue; nobody gets an answer
// from a ledger that was not verified. Stop order: stop reading, send the answers, close the ledger, remove the socket
// files.
#include "ledger/daemon/daemon.h"

#include <unistd.h>

#include <chrono>
#include <fstream>
#include <utility>

#include "ledger/base/log.h"
#include "ledger/daemon/journal.h"

namespace envledger {
namespace {

constexpr int kBacklog = 1024;
constexpr unsigned kSocketMode = 0660;
constexpr std::chrono::seconds kMoreTime{60};
constexpr std::chrono::seconds kDrainTime{20};

uint64_t ResidentBytes() {
  uint64_t pages = 0;
  uint64_t resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

// `producer` is a name from ProducerNames, or empty.
Recorder RecorderOf(const Peer& peer, std::string producer) {
  return {peer.uid, peer.gid, peer.pid, std::move(producer)};
}

SendFrame SendTo(Reply reply) {
  // std::function requires a copyable object.
  auto shared = std::make_shared<Reply>(std::move(reply));
  return [shared](EncodeFrame encode) { shared->Send(std::move(encode)); };
}

// Creates the socket unless systemd passed one: then systemd already listens, and owns the file.
Status ListenAt(const std::string& path, UniqueFd& fd, SocketFile& file) {
  if (fd.valid()) return Ok();
  ENVLEDGER_ASSIGN_OR_RETURN(fd, ListenUnix(path, kSocketMode, kBacklog, &file));
  return Ok();
}

std::vector<Listener> One(Listener listener) {
  std::vector<Listener> listeners;
  listeners.push_back(std::move(listener));
  return listeners;
}

}  // namespace

Daemon::Daemon(const DaemonConfig& config, Prepared prepared)
    : config_(config),
      append_allow_(std::move(prepared.append_allow)),
      audit_allow_(std::move(prepared.audit_allow)),
      key_(std::move(prepared.key.key)),
      pending_(std::move(prepared.key.pending)),
      table_files_(prepared.table_files),
      names_(std::move(prepared.producers), NameOfUser, {}) {}

Daemon::~Daemon() = default;

Result<std::unique_ptr<Daemon>> Daemon::Start(const DaemonConfig& config, Prepared prepared,
                                              ActivatedSockets activated) {
  std::unique_ptr<Daemon> daemon(new Daemon(config, std::move(prepared)));
  ENVLEDGER_RETURN_IF_ERROR(daemon->Listen(activated));
  ENVLEDGER_RETURN_IF_ERROR(daemon->OpenLedger());
  ENVLEDGER_RETURN_IF_ERROR(daemon->StartServers(std::move(activated)));
  ENVLEDGER_RETURN_IF_ERROR(daemon->ledger_->Begin());
  daemon->audit_server_->Accept();
  daemon->append_server_->Accept();
  return daemon;
}

Status Daemon::Listen(ActivatedSockets& activated) {
  ENVLEDGER_RETURN_IF_ERROR(ListenAt(config_.append_socket, activated.append, append_file_));
  return ListenAt(config_.audit_socket, activated.audit, audit_file_);
}

Status Daemon::OpenLedger() {
  LedgerOptions options = config_.ledger;
  options.log.max_open_files = table_files_;
  options.indexer.index.max_open_files = table_files_;
  options.origin = config_.origin;
  if (!config_.journal_socket.empty()) {
    options.checkpointer.on_signed = [journal = Journal(config_.journal_socket)](const Checkpoint& checkpoint,
                                                                                 const std::string& note) {
      journal.Send(CheckpointFields(checkpoint, note));
    };
  }
  const auto progress = [](const std::string& what) {
    Log(LogLevel::kDebug, what);
    NotifyBusy(what, kMoreTime);
  };
  ENVLEDGER_ASSIGN_OR_RETURN(ledger_, Ledger::Open(options, key_, pending_ ? &*pending_ : nullptr, clock_, progress));
  pending_.reset();  // the previous private key is no longer needed
  append_api_.emplace(*ledger_, AppendApiOptions{.max_batch_items = config_.max_batch_items});
  audit_api_.emplace(
      *ledger_, config_.audit, [this] { return Gauges(); }, [this] { return audit_counters_.Read().inflight_bytes; });
  return Ok();
}

Status Daemon::StartServers(ActivatedSockets activated) {
  Listener append{
      .fd = std::move(activated.append),
      .name = "append",
      .admit = [this](const Peer& peer) { return AdmitProducer(peer); },
      .open = [this](const Peer& peer, NewConnection connection) { OpenProducer(peer, std::move(connection)); }};
  Listener audit{
      .fd = std::move(activated.audit),
      .name = "audit",
      .admit = [this](const Peer& peer) { return audit_allow_.Check(peer); },
      .open = [this](const Peer& peer, NewConnection connection) { OpenAuditor(peer, std::move(connection)); }};
  ENVLEDGER_ASSIGN_OR_RETURN(
      append_server_, Server::Start(One(std::move(append)), config_.append_limits, ErrorFrame, append_counters_));
  ENVLEDGER_ASSIGN_OR_RETURN(audit_server_,
                             Server::Start(One(std::move(audit)), config_.audit_limits, ErrorFrame, audit_counters_));
  return Ok();
}

// The access check comes first, so that a refused peer costs no look-up.
Status Daemon::AdmitProducer(const Peer& peer) const {
  Status allowed = append_allow_.Check(peer);
  if (!allowed.ok()) ledger_->CountRefusal(RecorderOf(peer, names_.WithoutLookUp(peer.uid)), allowed);
  return allowed;
}

void Daemon::OpenProducer(const Peer& peer, NewConnection connection) {
  const auto waiting = std::make_shared<NewConnection>(std::move(connection));
  const Status found = names_.Find(peer.uid, [this, peer, waiting](const std::string& name) {
    const auto producer = append_api_->Connect(std::make_shared<const Recorder>(RecorderOf(peer, name)));
    waiting->Accept([this, producer](std::string frame, Reply reply) {
      append_api_->Handle(producer, std::move(frame), SendTo(std::move(reply)));
    });
  });
  if (!found.ok()) waiting->Refuse(found);
}

void Daemon::OpenAuditor(const Peer& peer, NewConnection connection) {
  const auto recorder = std::make_shared<const Recorder>(RecorderOf(peer, {}));
  connection.Accept([this, recorder](std::string frame, Reply reply) {
    const Reply::Watch watch = reply.MakeWatch();
    Interest interest{[watch] { return watch.Unwanted(); },
                      [watch](std::function<void()> tell) { watch.WhenUnwanted(std::move(tell)); }};
    audit_api_->Handle(recorder, std::move(frame), SendTo(std::move(reply)), std::move(interest));
  });
}

std::string Daemon::Stuck(std::chrono::milliseconds patience) const {
  if (!append_server_->Responds(patience)) return "the append socket's thread";
  if (!audit_server_->Responds(patience)) return "the audit socket's thread";
  if (!ledger_->Responds(patience)) return "the sealing thread";
  return {};
}

std::vector<Gauge> Daemon::Gauges() const {
  const ServerStats append = append_counters_.Read();
  const ServerStats audit = audit_counters_.Read();
  return {{"connections", append.connections + audit.connections},
          {"connections-accepted", append.accepted + audit.accepted},
          {"connections-refused", append.refused + audit.refused},
          {"connections-timed-out", append.timeouts + audit.timeouts},
          {"connections-closed-idle", append.closed_idle + audit.closed_idle},
          {"inflight-bytes", append.inflight_bytes + audit.inflight_bytes},
          {"log-lines-dropped", DroppedLogLines()},
          {"resident-bytes", ResidentBytes()}};
}

Status Daemon::Stop(const std::string& reason) {
  append_server_->Drain(std::chrono::steady_clock::now() + kDrainTime);
  audit_api_->ReleaseFollowers();
  audit_server_->Drain(std::chrono::steady_clock::now() + kDrainTime);
  return ledger_->Close(reason);
}

}  // namespace envledger
