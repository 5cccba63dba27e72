// An answer's records held against a signed checkpoint, on this side, so that a ledger that lies, or an index that was
// doctored, is caught. What is proven, and what stays the ledger's word, is said with the answer.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "ledger/evidence/envelope_story.h"
#include "ledger/evidence/link_book.h"
#include "ledger/evidence/signed_tree.h"
#include "ledger/evidence/story.h"
#include "ledger/protocol/match.h"

namespace envledger {

// Holds 48 bytes for each record of the answer, its envelopes' ids, and of the principal asked about up to 64 bytes for
// each link: kMaxBytes in all, which is some four million records. Not thread-safe.
class AnswerProof {
 public:
  // Of the answer to `request`; of one envelope's story when there is none. `policy`: whose word counts; the ledger can
  // be asked for its history of keys here, so KeyRule::kTheKeyOrLater. `can_sign`: a daemon answers. `reader` must
  // outlive this.
  AnswerProof(LedgerReader& reader, TrustPolicy policy, bool can_sign, std::optional<QueryRequest> request,
              uint64_t max_bytes = kMaxBytes);

  static constexpr uint64_t kMaxBytes = 256 << 20;

  // An envelope of the answer, which is gone through for it. Ok too when it does not hold. kResourceExhausted when the
  // answer is larger than can be proven at once; else as EnvelopeStory::ForEachRecord.
  Status Add(EnvelopeStory& story);
  // When all were added: proves them. Ok too when they do not hold: that is holds() and failure(). Otherwise the ledger
  // could not be asked, or nothing was ever signed. `progress` (may be empty) hears how many entries are proven.
  Status Prove(const Coverage& coverage, const std::function<void(uint64_t done, uint64_t all)>& progress);

  bool holds() const { return failure_.empty(); }
  // Which envelope or entry, and what does not hold.
  const std::string& failure() const { return failure_; }
  // The object "proven" of completeness; and the same for people: what is proven, and on a second line what is not.
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
  Status Charge(uint64_t bytes);
  Status ProveAll(const Coverage& coverage, const std::function<void(uint64_t, uint64_t)>& progress);
  Status ProveLeaves(const std::function<void(uint64_t, uint64_t)>& progress);
  // That none of the principal's envelopes that the answer should hold was left out.
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
  std::optional<Matcher> matcher_;  // of request_
  std::string failure_;
  const uint64_t max_bytes_;
  uint64_t bytes_ = 0;  // that are held, about

  std::vector<std::string> ids_;  // of the answer's envelopes, and then of others read for the proof
  std::unordered_map<std::string, uint32_t> number_;  // in ids_
  size_t answered_ = 0;                               // how many of ids_ are the answer's
  std::deque<Leaf> leaves_;                           // which does not double
  size_t proven_leaves_ = 0;                          // of leaves_, from the front: proven, or found not to be covered
  uint64_t uncovered_ = 0;
  std::optional<uint64_t> first_uncovered_;
  std::optional<SignedTree> tree_;

  // Of a query for a principal.
  std::optional<LinkBook> book_;
  std::optional<uint64_t> first_place_;
  std::optional<uint64_t> last_place_;
  uint64_t tree_size_ = 0;  // of the answer
  Window window_;
  bool cut_ = false;
  std::map<Principal, LinkBook::Reach> reaches_;
  std::vector<Principal> unseen_;  // named by the query, without a link in the window
};

}  // namespace envledger
