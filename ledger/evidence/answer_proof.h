// An answer's records held against a signed checkpoint, on this side, so that a ledger that lies, or an index that was
// doctored, is caught. What is proven, and what stays the ledger's word, is said with the answer.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "ledger/evidence/link_book.h"
#include "ledger/evidence/signed_tree.h"
#include "ledger/evidence/story.h"

namespace envledger {

// Holds 48 bytes for each record of the answer, and its envelopes' ids. Not thread-safe.
class AnswerProof {
 public:
  // Of the answer to `request`; of one envelope's story when there is none. `policy`: whose word counts; the ledger can
  // be asked for its history of keys here, so KeyRule::kTheKeyOrLater. `can_sign`: a daemon answers. `reader` must
  // outlive this.
  AnswerProof(LedgerReader& reader, TrustPolicy policy, bool can_sign, std::optional<QueryRequest> request);

  // An envelope of the answer, as it came.
  void Add(const EnvelopeRecords& answer);
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
  Status Take(const EnvelopeRecords& answer, bool of_the_answer);
  Status ProveAll(const Coverage& coverage, const std::function<void(uint64_t, uint64_t)>& progress);
  Status ProveLeaves(const std::function<void(uint64_t, uint64_t)>& progress);
  // That none of the principal's envelopes that the answer should hold was left out.
  Status ProvePrincipal(const Coverage& coverage);
  Status ReadOthers();
  Status FillGap(const LinkBook::Gap& gap);
  Result<std::string> Entry(uint64_t seq);
  Status CheckOther(const EnvelopeRecords& other);
  Status CheckHeads();
  std::vector<std::string> Unproven() const;

  LedgerReader& reader_;
  const TrustPolicy policy_;
  const bool can_sign_;
  const std::optional<QueryRequest> request_;
  std::string failure_;

  std::vector<std::string> ids_;  // of the answer's envelopes, and then of others read for the proof
  std::unordered_map<std::string, uint32_t> number_;  // in ids_
  size_t answered_ = 0;                               // how many of ids_ are the answer's
  std::vector<Leaf> leaves_;
  size_t proven_leaves_ = 0;  // of leaves_, from the front: proven, or found not to be covered
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
