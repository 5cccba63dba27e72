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
#include "ledger/codec/message.h"
#include "ledger/codec/transition.h"
#include "ledger/service/chain_end.h"
#include "ledger/service/heads.h"
#include "ledger/store/index_db.h"
#include "ledger/store/log_db.h"

namespace envledger {

using AppendResult = std::variant<ErrorInfo, AppendResponse>;
using AppendDone = std::function<void(AppendResult)>;

// A checked append request. The views of `items` and `facts` borrow from `frame`.
struct AppendWork {
  std::shared_ptr<const std::string> frame;
  std::vector<AppendItem> items;
  std::vector<TransitionFacts> facts;  // one for each item
  std::shared_ptr<const Recorder> recorder;
  AppendDone done;  // called once, from a thread of the ledger; must not block
};

// Sealed entries on their way to one synced write, and the answers that wait for it.
struct Group {
  struct Waiting {
    AppendDone done;
    AppendResult result;
  };
  uint64_t first_seq = 0;
  std::string bytes;         // the entries, one behind the other
  std::vector<size_t> ends;  // where each of them ends
  std::vector<Waiting> waiting;
  Frontier before_last;  // of the tree without the last of these entries
  Hash last_leaf_hash{};
  Nanos last_recorded_at = 0;

  size_t entries() const { return ends.size(); }
  bool empty() const { return ends.empty() && waiting.empty(); }
  std::string_view Entry(size_t index) const {
    const size_t begin = index == 0 ? 0 : ends[index - 1];
    return std::string_view(bytes).substr(begin, ends[index] - begin);
  }
};

struct SealerOptions {
  size_t max_envelope_records = 100'000;  // of one envelope; more are refused
  size_t envelope_cache = 65'536;         // heads held beyond those that are pinned
  size_t principal_cache = 65'536;
  Nanos clock_tolerance = kSecond;  // a step back beyond it becomes a ledger event
};

// For one thread. The databases and the clock are not owned.
class Sealer {
 public:
  Sealer(const LogDb& log, const IndexReader& index, Clock& clock, const SealerOptions& options, ChainEnd end);

  // Begins a group at the present end of the chain.
  std::unique_ptr<Group> NewGroup() const;
  // Adds all entries of the request to the group, or none; in either case its answer waits in the group. `before` is
  // the group that may still be on its way to disk, or null: replays of its records are found there.
  void Seal(AppendWork work, Group& group, const Group* before);
  // Adds an event of the ledger.
  void SealEvent(const LedgerEvent& event, Group& group, AppendDone done);

  // Lets go of cached heads that the index covers.
  void Trim(uint64_t watermark);

  // Not ok once a head could not be read because the index (or an old entry) is damaged. Those requests are refused;
  // the others go on, and the index is to be rebuilt at the next start.
  const Status& index_damage() const { return index_damage_; }

 private:
  struct Plan;  // of one item: what it becomes
  struct Undo;

  AppendResult SealItems(const AppendWork& work, Group& group, const Group* before);
  std::optional<ErrorInfo> PlanItem(const AppendWork& work, size_t index, const Group& group, const Group* before,
                                    std::vector<Plan>& plans, std::vector<Undo>& undo);
  // The record that the item repeats, if it does; an ErrorInfo when its expected revision forbids it.
  std::variant<std::monostate, size_t, ErrorInfo> FindReplay(const AppendWork& work, size_t index,
                                                             const EnvelopeHead& head, const Group& group,
                                                             const Group* before, const std::vector<Plan>& plans) const;
  Result<bool> SameBytes(const RecordMark& mark, const AppendWork& work, size_t index, const Group& group,
                         const Group* before, const std::vector<Plan>& plans) const;
  Status PlanLinks(const TransitionFacts& facts, uint64_t seq, EnvelopeHead& head, Plan& plan, std::vector<Undo>& undo);
  Nanos NextTime(Group& group);
  void Put(const EntryHeader& header, std::string_view entry, Group& group);
  EntryHeader NextHeader(Nanos now) const;
  Status NoteDamage(Status status);

  const LogDb& log_;
  const IndexReader& index_;
  Clock& clock_;
  const SealerOptions options_;
  HeadTable<EnvelopeHead> envelopes_;
  HeadTable<PrincipalHead> principals_;
  EntryBuilder builder_;
  Recorder self_;
  ChainEnd end_;
  Status index_damage_;
  bool clock_is_back_ = false;  // a step back was noted and the clock has not caught up yet
};

}  // namespace envledger
