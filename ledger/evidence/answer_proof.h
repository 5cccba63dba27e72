// Checks an answer's records against a signed checkpoint, on the client's side, so that a lying ledger or a doctored
// index is detected. The result says what is proven and what is only the ledger's word.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "ledger/base/siphash.h"
#include "ledger/evidence/envelope_story.h"
#include "ledger/evidence/link_book.h"
#include "ledger/evidence/signed_tree.h"
#include "ledger/evidence/story.h"
#include "ledger/protocol/match.h"

namespace envledger {

// Holds 48 bytes for each record of the answer, the ids of its envelopes, and up to 64 bytes for each link of the
// principal asked about: at most kMaxBytes in total, which is some four million records. Not thread-safe.
class AnswerProof {
 public:
  // Proves the answer to `request`; without one, the story of a single envelope. `policy` says which keys are trusted;
  // here the ledger can be asked for its key history, so the rule is KeyRule::kTheKeyOrLater. `can_sign`: a daemon
  // answers. `reader` must outlive this object.
  AnswerProof(LedgerReader& reader, TrustPolicy policy, bool can_sign, std::optional<QueryRequest> request,
              uint64_t max_bytes = kMaxBytes);

  static constexpr uint64_t kMaxBytes = 256 << 20;

  // Adds an envelope of the answer and reads it in full. Ok even when the envelope does not hold (see failure()).
  // kResourceExhausted when the answer is too large to prove at once; other errors as EnvelopeStory::ForEachRecord.
  Status Add(EnvelopeStory& story);
  // Proves the envelopes after all of them were added. Ok even when they do not hold: see holds() and failure(). Not ok
  // when the ledger could not be asked, or no checkpoint was ever signed. `progress` (may be empty) receives the number
  // of proven entries.
  Status Prove(const Coverage& coverage, const std::function<void(uint64_t done, uint64_t all)>& progress);

  bool holds() const { return failure_.empty(); }
  // Says which envelope or entry does not hold, and why.
  const std::string& failure() const { return failure_; }
  // The JSON object "proven" of completeness, and the same in words: what is proven, and on a second line what is not.
  std::string Json() const;
  std::string Sentence() const;

 private:
  struct Leaf {
    uint64_t seq = 0;
    Hash hash{};
    uint32_t envelope = 0;
  };
  Status Take(EnvelopeStory& story, bool of_the_answer);
  Status CheckAnswered(const EnvelopeJudge& judge, RoleMask roles);
  // Counts bytes that are held until the end. Fails when they, and those that are held for now, are too many.
  Status Charge(uint64_t bytes, uint64_t for_now = 0);
  Status ProveAll(const Coverage& coverage, const std::function<void(uint64_t, uint64_t)>& progress);
  Status ProveLeaves(const std::function<void(uint64_t, uint64_t)>& progress);
  // Proves that none of the principal's envelopes that belong in the answer was left out.
  Status ProvePrincipal(const Coverage& coverage);
  Status ReadOthers();
  Result<std::optional<uint64_t>> PlaceOf(EnvelopeStory& story) const;
  Status FillGap(const LinkBook::Gap& gap);
  Result<std::string> Entry(uint64_t seq);
  Status CheckOther(EnvelopeStory& other);
  Status CheckHeads();
  std::vector<std::string> Unproven() const;

  LedgerReader& reader_;
  const TrustPolicy policy_;
  const bool can_sign_;
  const std::optional<QueryRequest> request_;
  std::optional<Matcher> matcher_;  // for request_
  std::string failure_;
  const uint64_t max_bytes_;
  uint64_t bytes_ = 0;  // estimate of the memory held

  std::vector<std::string> ids_;  // first the answer's envelopes, then others read for the proof
  std::unordered_map<std::string, uint32_t, KeyedHash> number_;  // index in ids_
  size_t answered_ = 0;                                          // how many of ids_ belong to the answer
  std::deque<Leaf> leaves_;                                      // a deque, which does not double when it grows
  size_t proven_leaves_ = 0;  // the first ones in leaves_, which are proven or not covered
  uint64_t uncovered_ = 0;
  std::optional<uint64_t> first_uncovered_;
  std::optional<SignedTree> tree_;

  // For a query for a principal.
  std::optional<LinkBook> book_;
  std::optional<uint64_t> first_place_;
  std::optional<uint64_t> last_place_;
  uint64_t tree_size_ = 0;  // the size of the tree that was answered from
  Window window_;
  bool cut_ = false;
  std::map<Principal, LinkBook::Reach> reaches_;
  std::vector<Principal> unseen_;  // principals that the query names and that have no link in the window
};

}  // namespace envledger
