// Seals: turns accepted transitions into chained entries of a group. The rules of the ledger are applied here, once.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ledger/base/time.h"
#include "ledger/codec/entry.h"
#include "ledger/codec/transition.h"
#include "ledger/protocol/message.h"
#include "ledger/service/chain_end.h"
#include "ledger/service/chain_writer.h"
#include "ledger/service/heads.h"
#include "ledger/store/index_db.h"
#include "ledger/store/log_db.h"

namespace envledger {

using AppendResult = std::variant<ErrorInfo, AppendResponse>;
using AppendDone = std::function<void(AppendResult)>;

// A checked append request. The views borrow from `frame`.
struct AppendWork {
  struct Item {
    CheckedTransition transition;
    std::optional<uint64_t> expected_revision;
  };
  std::shared_ptr<const std::string> frame;
  std::vector<Item> items;
  std::shared_ptr<const Recorder> recorder;
  AppendDone done;  // called once, from a thread of the ledger; must not block
};

// Sealed entries on their way to one synced write, and the answers that wait for it.
struct Group : SealedEntries {
  struct Waiting {
    AppendDone done;
    AppendResult result;
  };
  std::vector<Waiting> waiting;

  bool empty() const { return ends.empty() && waiting.empty(); }
};

struct SealerOptions {
  size_t max_envelope_records = 100'000;  // of one envelope; more are refused
  size_t head_cache_bytes = 64 << 20;     // of heads; those that the index does not cover may take as much again
  Nanos clock_tolerance = kSecond;        // a step back beyond it becomes a ledger event
};

// For one thread. What it refers to is not owned.
class Sealer {
 public:
  Sealer(const LogDb& log, const IndexSource& index, Clock& clock, const SealerOptions& options, ChainEnd end);

  // Begins a group at the present end of the chain.
  std::unique_ptr<Group> NewGroup();
  // Adds all entries of the request to the group, or none; in either case its answer waits in the group. `before` is
  // the group that may still be on its way to disk, or null: replays of its records are found there.
  void Seal(AppendWork work, Group& group, const Group* before);
  // Adds an event of the ledger.
  void SealEvent(const LedgerEvent& event, Group& group, AppendDone done);

  // Lets go of cached heads that the index covers.
  void Trim();
  // Whether the heads that the index does not cover take more memory than they may: the index must move on before more
  // is sealed.
  bool HoldsTooMuch() const;
  // Not ok once an invariant was found broken. Nothing more is sealed, and the writer is to be stopped.
  const Status& broken() const { return broken_; }

 private:
  struct Plan;  // of one item: what it becomes
  struct Undo;
  struct Sealed;  // where the records lie that are not in the log yet

  AppendResult SealItems(const AppendWork& work, Group& group, const Group* before);
  std::optional<ErrorInfo> PlanItem(const AppendWork& work, size_t index, const Sealed& sealed,
                                    std::vector<Plan>& plans, std::vector<Undo>& undo);
  // The seq of the record that the item repeats, if it does; an ErrorInfo when its expected revision forbids it.
  std::variant<std::monostate, uint64_t, ErrorInfo> FindReplay(const AppendWork& work, size_t index,
                                                               const EnvelopeHead& head, const Sealed& sealed);
  std::variant<std::monostate, uint64_t, ErrorInfo> FindRepeated(const AppendWork& work, size_t index,
                                                                 const EnvelopeHead& head, const Sealed& sealed);
  Result<std::optional<uint64_t>> SeqOfRevision(const EnvelopeHead& head, std::string_view envelope_id,
                                                uint64_t revision);
  Result<bool> SameBytes(uint64_t seq, const AppendWork& work, size_t index, const Sealed& sealed) const;
  Result<std::string> BytesOf(uint64_t seq, const Sealed& sealed) const;
  Status PlanReplay(uint64_t seq, const Sealed& sealed, Plan& plan) const;
  Status PlanLinks(const TransitionFacts& facts, uint64_t seq, EnvelopeHead& head, Plan& plan, std::vector<Undo>& undo);
  Result<RoleMask> HeldBy(const PrincipalDigest& principal, std::string_view envelope_id, const EnvelopeHead& head);
  HeadReader& Heads();
  std::optional<ErrorInfo> BuildPlanned(const AppendWork& work, Nanos now, std::vector<Plan>& plans, Group& group);
  Status BuildOne(const AppendWork& work, size_t index, Nanos now, Plan& plan, Group& group);
  Status CheckPlanned(const Plan& plan, const Group& group) const;
  Result<Nanos> NextTime(Group& group);
  Status SealOwn(const LedgerEvent& event, Nanos now, Group& group);
  Status NoteRefused(Status status);

  const LogDb& log_;
  const IndexSource& index_;
  Clock& clock_;
  const SealerOptions options_;
  HeadTable<EnvelopeHead> envelopes_;
  HeadTable<PrincipalHead> principals_;
  Recorder self_;
  ChainWriter chain_;
  std::optional<HeadReader> heads_;  // of one group: what it sees of the index does not move
  uint64_t seen_ = 0;                // how far that reaches, at least
  Status broken_;
  bool refused_one_ = false;    // by the gate, and logged
  bool clock_is_back_ = false;  // a step back was noted and the clock has not caught up yet
};

}  // namespace envledger
