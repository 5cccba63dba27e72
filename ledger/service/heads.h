// Where every recently touched envelope and principal stands: what the sequencer needs to know before it seals.
//
// Both tables are caches over the index. What changed after the index's watermark is pinned; the rest is dropped, least
// recently used first, and read again from the index and the log when it is needed.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/chain/lifecycle.h"
#include "ledger/codec/message.h"
#include "ledger/codec/transition.h"
#include "ledger/store/index_db.h"
#include "ledger/store/log_db.h"

namespace envledger {

// One record of an envelope, as far as recognising a replay and answering it needs.
struct RecordMark {
  uint64_t fingerprint = 0;  // of the transition's bytes; equal bytes are then compared in full
  Acknowledgment acknowledgment;
};
uint64_t FingerprintOf(std::string_view transition);

struct EnvelopeHead {
  LifecycleState state;
  uint64_t last_seq = 0;
  RoleTable roles;
  std::vector<RecordMark> marks;  // by revision
};

struct PrincipalHead {
  uint64_t ordinal = 0;  // of its last link; 0: none
  uint64_t last_seq = 0;
};

// Heads by key, the recently used ones in memory. Pointers stay valid until Trim. Not thread-safe.
template <typename Head>
class HeadTable {
 public:
  using Load = std::function<Status(std::string_view key, Head& head)>;

  // The head of `key`; `load` fills it in when it is not held.
  Result<Head*> Find(std::string_view key, const Load& load) {
    const auto found = places_.find(key);
    if (found != places_.end()) {
      nodes_.splice(nodes_.begin(), nodes_, found->second);
      return &found->second->head;
    }
    nodes_.push_front({std::string(key), Head{}});
    if (Status status = load(key, nodes_.front().head); !status.ok()) {
      nodes_.pop_front();
      return status;
    }
    places_.emplace(nodes_.front().key, nodes_.begin());
    return &nodes_.front().head;
  }

  // Drops the least recently used heads beyond `capacity` whose last entry the index already covers.
  void Trim(size_t capacity, uint64_t watermark) {
    while (nodes_.size() > capacity && nodes_.back().head.last_seq < watermark) {
      places_.erase(nodes_.back().key);
      nodes_.pop_back();
    }
  }

  size_t size() const { return nodes_.size(); }

 private:
  struct Node {
    std::string key;
    Head head;
  };
  std::list<Node> nodes_;                                                            // most recently used first
  std::unordered_map<std::string_view, typename std::list<Node>::iterator> places_;  // keys borrow from the nodes
};

// Reads the head of an envelope from the index and the log; an envelope without records gives an empty head.
// kCorruption when what the index names does not fold.
Status LoadEnvelopeHead(const IndexReader& index, const LogDb& log, std::string_view envelope_id, EnvelopeHead& head);
// The same for a principal, by its PrincipalPrefix.
Status LoadPrincipalHead(const IndexReader& index, std::string_view prefix, PrincipalHead& head);

}  // namespace envledger
