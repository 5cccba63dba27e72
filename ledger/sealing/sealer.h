// Turns accepted transitions into the chained entries of a group. This is the one place where the rules of the ledger
// are applied.
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
#include "ledger/sealing/chain_end.h"
#include "ledger/sealing/chain_writer.h"
#include "ledger/sealing/heads.h"
#include "ledger/sealing/ownership.h"
#include "ledger/store/index_db.h"
#include "ledger/store/log_db.h"

namespace envledger {

using AppendResult = std::variant<ErrorInfo, AppendResponse>;
using AppendDone = std::function<void(AppendResult)>;

// A checked append request. The views in `items` point into `frame`.
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

// Sealed entries that will be written and synced together, and the answers to give afterwards.
struct Group : SealedEntries {
  struct Waiting {
    AppendDone done;
    AppendResult result;
  };
  std::vector<Waiting> waiting;

  bool empty() const { return ends.empty() && waiting.empty(); }
};

struct SealerOptions {
  size_t max_envelope_records = 100'000;  // records in one envelope; more are refused
  size_t head_cache_bytes = 64 << 20;     // heads that the index does not cover may take as much again
  Nanos clock_tolerance = kSecond;        // a larger step back becomes a ledger event
  std::vector<CrossProducerRule> cross_producer;
};

// Not thread-safe. The objects passed by reference are not owned.
class Sealer {
 public:
  Sealer(const LogDb& log, const IndexSource& index, Clock& clock, const SealerOptions& options, ChainEnd end);

  // Begins a group at the current end of the chain.
  std::unique_ptr<Group> NewGroup();
  // Adds either all entries of the request to the group or none; its answer waits in the group in either case. `before`
  // is the group that may still be on its way to disk, or null: replays of its records are found there.
  void Seal(AppendWork work, Group& group, const Group* before);
  // Adds a ledger event.
  void SealEvent(const LedgerEvent& event, Group& group, AppendDone done);

  // Drops cached heads that the index covers.
  void Trim();
  // Whether the heads that the index does not cover exceed their memory limit: indexing must catch up before more is
  // sealed.
  bool HoldsTooMuch() const;
  // Not ok once a broken invariant was found. Nothing more is sealed, and the caller must stop the writer.
  const Status& broken() const { return broken_; }

 private:
  struct Plan;  // what becomes of one item
  struct Undo;
  struct Sealed;  // records that are not in the log yet

  AppendResult SealItems(const AppendWork& work, Group& group, const Group* before);
  std::optional<ErrorInfo> PlanItem(const AppendWork& work, size_t index, const Sealed& sealed,
                                    std::vector<Plan>& plans, std::vector<Undo>& undo);
  static Status CheckFirst(const AppendWork::Item& item);
  // The seq of the record that the item repeats, if there is one; an ErrorInfo when the expected revision rules it out.
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
  Result<RoleMask> HeldBy(const std::string& principal_prefix, const PrincipalMark& principal,
                          std::string_view envelope_id, const EnvelopeHead& head);
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
  const Ownership ownership_;
  HeadTable<EnvelopeHead> envelopes_;
  HeadTable<PrincipalHead> principals_;
  Recorder self_;
  ChainWriter chain_;
  std::optional<HeadReader> heads_;  // for one group at most
  uint64_t seen_ = 0;                // heads_ reaches at least this far
  Status broken_;
  bool refused_one_ = false;    // the gate refused an entry, and this was logged
  bool clock_is_back_ = false;  // a step back was recorded and the clock has not caught up yet
};

}  // namespace envledger
