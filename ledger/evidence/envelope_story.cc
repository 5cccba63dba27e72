// The first pass checks and folds the envelope, and computes a hash over the entries that later passes must fetch
// again. Every later pass must give the same hash.
#include "ledger/evidence/envelope_story.h"

#include <utility>

#include "ledger/chain/tree.h"
#include "ledger/crypto/sha256.h"

namespace envledger {
namespace {

// Up to this size, the entries are decoded once and the records are kept; a decoded record can take sixteen times the
// size of its entry.
constexpr uint64_t kHeldBytes = 256 << 10;

uint64_t BytesOf(const std::vector<std::string>& entries) {
  uint64_t bytes = 0;
  for (const std::string& entry : entries) bytes += entry.size();
  return bytes;
}

}  // namespace

Result<EnvelopeStory> EnvelopeStory::Read(EnvelopePages pages, std::optional<Nanos> at) {
  EnvelopeStory story(std::move(pages), at);
  const Status read = story.ReadOnce();
  if (read.code() == Code::kCorruption) {
    return Corruption("envelope " + story.pages_.envelope_id() + ": " + read.message());
  }
  ENVLEDGER_RETURN_IF_ERROR(read);
  return story;
}

Status EnvelopeStory::ReadOnce() {
  const bool hold = pages_.whole() && BytesOf(pages_.first()) <= kHeldBytes;
  RecordCheck check(pages_.envelope_id());
  EnvelopeFold fold;
  const auto take = [&](Record& record, const std::string& entry) -> Status {
    ENVLEDGER_RETURN_IF_ERROR(check.Add(record));
    bytes_ += entry.size();
    if (check.records() == 1 && at_ && record.transition.occurred_at.value_or(0) > *at_) {
      return Corruption("it was requested later than " + FormatTime(*at_));
    }
    if (Happened(record)) {
      fold.Add(record);
    } else {
      ++later_;
    }
    if (hold) held_.push_back(std::move(record));
    return Ok();
  };
  ENVLEDGER_RETURN_IF_ERROR(Walk(take, digest_));
  if (check.records() == 0) return Corruption("the answer holds no records");
  hole_ = check.problem();
  if (const auto due = pages_.records(); due && *due != check.records() && hole_.empty()) {
    hole_ =
        "the ledger judged it by " + std::to_string(*due) + " records, but gives " + std::to_string(check.records());
  }
  last_seq_ = *check.last_seq();
  envelope_ = fold.Get();
  return Ok();
}

Status EnvelopeStory::Walk(const std::function<Status(Record& record, const std::string& entry)>& visit, Hash& digest) {
  pages_.Rewind();
  for (uint64_t number = 0;; ++number) {
    ENVLEDGER_ASSIGN_OR_RETURN(const std::string* entry, pages_.Next());
    if (entry == nullptr) return Ok();
    auto record = DecodeRecord(*entry);
    if (!record.ok()) return Corruption("record " + std::to_string(number) + ": " + record.status().message());
    if (record->seq >= pages_.tree_size()) return Ok();  // sealed after the first page was made
    if (number >= pages_.first().size()) digest = Sha256({View(digest), View(LeafHash(*entry))});
    ENVLEDGER_RETURN_IF_ERROR(visit(*record, *entry));
  }
}

std::string EnvelopeStory::problem() const {
  if (!hole_.empty()) return "envelope " + pages_.envelope_id() + ": " + hole_;
  if (pages_.completeness().complete) return {};
  const std::string& why = pages_.completeness().problem;
  return why.empty() ? "envelope " + pages_.envelope_id() + ": the ledger says that records are missing, but not which"
                     : why;
}

bool EnvelopeStory::Happened(const Record& record) const {
  return !at_ || record.transition.occurred_at.value_or(0) <= *at_;
}

Status EnvelopeStory::ForEachRecord(const Visit& visit) {
  return ForEachOfAll(
      [&](const Record& record, const std::string& entry) { return Happened(record) ? visit(record, entry) : Ok(); });
}

Status EnvelopeStory::ForEachOfAll(const Visit& visit) {
  if (!held_.empty()) {
    for (size_t i = 0; i < held_.size(); ++i) ENVLEDGER_RETURN_IF_ERROR(visit(held_[i], pages_.first()[i]));
    return Ok();
  }
  Hash digest{};
  ENVLEDGER_RETURN_IF_ERROR(
      Walk([&](const Record& record, const std::string& entry) { return visit(record, entry); }, digest));
  if (digest == digest_) return Ok();
  return Corruption("envelope " + pages_.envelope_id() + ": the ledger returned different records than the first time");
}

}  // namespace envledger
