#include "ledger/query/postings.h"

#include <algorithm>
#include <limits>

#include "ledger/base/bytes.h"
#include "ledger/index/index_keys.h"

namespace envledger {
namespace {

// since <= occurred_at < until. Unsigned, so that `until` can be beyond the greatest time.
struct TimeRange {
  uint64_t since = 0;
  uint64_t until = 0;
};

class FacetList : public Postings {
 public:
  // `within`: only postings with a time in this range, as far as SkipOthers searches for them.
  FacetList(const LedgerView& view, std::string prefix, bool descending, std::optional<TimeRange> within,
            Effort& effort)
      : prefix_(std::move(prefix)),
        descending_(descending),
        within_(within),
        tree_size_(view.tree_size),
        at_(view.index->NewCursor(Table::kFacets, Reach::kTable)),
        effort_(effort) {}

  Result<std::optional<uint64_t>> Seek(uint64_t from) override {
    if (done_ || (here_ && Reached(*here_, from))) return here_;
    if (here_) {  // often the next posting is the one, and a step costs less than a search
      effort_.Step();
      Step();
      ENVLEDGER_RETURN_IF_ERROR(ReadHere());
    }
    if (!done_ && (!here_ || !Reached(*here_, from))) {
      effort_.Search();
      descending_ ? at_->SeekForPrev(FacetKey(prefix_, from)) : at_->Seek(FacetKey(prefix_, from));
      ENVLEDGER_RETURN_IF_ERROR(ReadHere());
    }
    ENVLEDGER_RETURN_IF_ERROR(SkipOthers());
    return here_;
  }

 private:
  bool Reached(uint64_t seq, uint64_t from) const { return descending_ ? seq <= from : seq >= from; }
  void Step() { descending_ ? at_->Prev() : at_->Next(); }

  Status ReadHere() {
    here_.reset();
    const bool valid = at_->Valid();
    ENVLEDGER_RETURN_IF_ERROR(at_->status());
    // A longer value may begin with the same bytes, but its keys are longer too.
    const bool ours = valid && at_->key().size() == prefix_.size() + 8 && at_->key().starts_with(prefix_);
    const uint64_t seq = ours ? ReadU64(at_->key().substr(prefix_.size())) : tree_size_;
    done_ = seq >= tree_size_;
    if (!done_) here_ = seq;
    return Ok();
  }

  // Moves on to a posting in the range. When the work for a page is done, it stops at one that is not, which the matcher
  // will refuse, so that the page can end there.
  Status SkipOthers() {
    if (!within_) return Ok();
    while (!done_ && !effort_.spent()) {
      if (at_->value().size() != 8) return Corruption("the index has no time for entry " + std::to_string(*here_));
      const uint64_t time = ReadU64(at_->value());
      if (within_->since <= time && time < within_->until) return Ok();
      effort_.Step();
      Step();
      ENVLEDGER_RETURN_IF_ERROR(ReadHere());
    }
    return Ok();
  }

  const std::string prefix_;
  const bool descending_;
  const std::optional<TimeRange> within_;
  const uint64_t tree_size_;
  const std::unique_ptr<IndexCursor> at_;
  Effort& effort_;
  std::optional<uint64_t> here_;
  bool done_ = false;
};

class Union : public Postings {
 public:
  Union(std::vector<std::unique_ptr<Postings>> lists, bool descending)
      : lists_(std::move(lists)), heads_(lists_.size()), descending_(descending) {}

  Result<std::optional<uint64_t>> Seek(uint64_t from) override {
    std::optional<uint64_t> best;
    for (size_t i = 0; i < lists_.size();) {
      if (!heads_[i] || (descending_ ? *heads_[i] > from : *heads_[i] < from)) {
        ENVLEDGER_ASSIGN_OR_RETURN(heads_[i], lists_[i]->Seek(from));
      }
      if (!heads_[i]) {  // this list is at its end
        std::swap(lists_[i], lists_.back());
        std::swap(heads_[i], heads_.back());
        lists_.pop_back();
        heads_.pop_back();
        continue;
      }
      if (!best || (descending_ ? *heads_[i] > *best : *heads_[i] < *best)) best = heads_[i];
      ++i;
    }
    return best;
  }

 private:
  std::vector<std::unique_ptr<Postings>> lists_;
  std::vector<std::optional<uint64_t>> heads_;  // as last read
  const bool descending_;
};

std::string PrefixOfSpan(int level, uint64_t number) { return FacetPrefix(kFacetOpenedIn, SpanKey(level, number)); }

// The numbers of the longest spans in the index from `first` to before `end`, with one search for each; at most one more
// than kMostMonths.
Result<std::vector<uint64_t>> LongestSpans(const LedgerView& view, uint64_t first, uint64_t end, Effort& effort) {
  constexpr int kTop = kSpanLevels - 1;
  const size_t head = PrefixOfSpan(kTop, 0).size() - 9;  // before the number and the 0x00
  const std::string common = PrefixOfSpan(kTop, 0).substr(0, head);
  std::vector<uint64_t> numbers;
  const auto at = view.index->NewCursor(Table::kFacets, Reach::kTable);
  while (first < end && numbers.size() <= kMostMonths) {
    effort.Search();
    at->Seek(PrefixOfSpan(kTop, first));
    if (!at->Valid() || !at->key().starts_with(common) || at->key().size() != head + 17) break;
    const uint64_t number = ReadU64(at->key().substr(head));
    if (number >= end) break;
    numbers.push_back(number);
    first = number + 1;
  }
  ENVLEDGER_RETURN_IF_ERROR(at->status());
  return numbers;
}

}  // namespace

std::unique_ptr<Postings> FacetPostings(const LedgerView& view, std::string prefix, bool descending, Effort& effort) {
  return std::make_unique<FacetList>(view, std::move(prefix), descending, std::nullopt, effort);
}

Result<std::unique_ptr<Postings>> OpenedPostings(const LedgerView& view, Nanos since, Nanos until, bool descending,
                                                 Effort& effort) {
  std::vector<std::unique_ptr<Postings>> lists;
  const auto add = [&](int level, uint64_t number) {
    lists.push_back(FacetPostings(view, PrefixOfSpan(level, number), descending, effort));
  };
  // The greatest time means no end, and may itself be the time of an entry.
  const uint64_t end_of_range =
      until < 0 ? 0 : static_cast<uint64_t>(until) + (until == std::numeric_limits<Nanos>::max() ? 1 : 0);
  const TimeRange range{static_cast<uint64_t>(since), end_of_range};
  const auto add_part = [&](uint64_t number) {
    lists.push_back(std::make_unique<FacetList>(view, PrefixOfSpan(0, number), descending, range, effort));
  };
  if (range.since < range.until) {
    constexpr uint64_t kShortest = uint64_t{1} << SpanBits(0);
    uint64_t first = range.since / kShortest;
    uint64_t end = range.until / kShortest;  // whole spans end before it
    const bool part_at_end = range.until % kShortest != 0;
    if (range.since % kShortest != 0) add_part(first++);
    if (part_at_end && end >= first) add_part(end);
    // At both ends, spans that do not fill a longer one are added; the rest is covered by longer spans.
    for (int level = 0; level + 1 < kSpanLevels; ++level, first >>= 5, end >>= 5) {
      while (first < end && first % 32 != 0) add(level, first++);
      while (first < end && end % 32 != 0) add(level, --end);
    }
    ENVLEDGER_ASSIGN_OR_RETURN(const std::vector<uint64_t> longest, LongestSpans(view, first, end, effort));
    // Anybody who may append chooses the times of records, and so in how many months there are any.
    if (longest.size() > kMostMonths) return FacetPostings(view, FacetPrefix(kFacetOpened, {}), descending, effort);
    for (const uint64_t number : longest) add(kSpanLevels - 1, number);
  }
  return std::unique_ptr<Postings>(std::make_unique<Union>(std::move(lists), descending));
}

std::optional<uint64_t> FirstBeyond(std::optional<uint64_t> after, uint64_t tree_size, bool descending) {
  if (!descending) return after ? *after + 1 : 0;
  const uint64_t end = after ? std::min(*after, tree_size) : tree_size;
  if (end == 0) return std::nullopt;
  return end - 1;
}

Result<std::optional<std::vector<uint64_t>>> TakeAll(Postings& ascending, size_t at_most) {
  std::vector<uint64_t> seqs;
  uint64_t from = 0;
  for (;;) {
    ENVLEDGER_ASSIGN_OR_RETURN(const std::optional<uint64_t> seq, ascending.Seek(from));
    if (!seq) return std::optional(std::move(seqs));
    if (seqs.size() == at_most) return std::optional<std::vector<uint64_t>>();
    seqs.push_back(*seq);
    from = *seq + 1;
  }
}

}  // namespace envledger
