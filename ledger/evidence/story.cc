// The tool checks for itself what it can: the entries show whether the revisions of an envelope are dense, and a hole
// makes the answer incomplete whatever the daemon says.
#include "ledger/evidence/story.h"

#include "ledger/chain/note.h"
#include "ledger/codec/entry.h"
#include "ledger/codec/transition.h"
#include "ledger/json/writer.h"
#include "ledger/text/words.h"

namespace envledger {
namespace {

// The size in a checkpoint note, only for display: verify checks the signature.
std::optional<uint64_t> SizeOfCheckpoint(const std::string& note_bytes) {
  const auto checkpoint = ReadCheckpointNote(note_bytes);
  return checkpoint.ok() ? std::optional(checkpoint->size) : std::nullopt;
}

std::string EntryOrNone(std::optional<uint64_t> seq) { return seq ? "entry " + std::to_string(*seq) : "none"; }

}  // namespace

Status RecordCheck::Add(const Record& record) {
  if (record.transition.envelope_id != envelope_id_) {
    return Corruption("entry " + std::to_string(record.seq) + " belongs to envelope " + record.transition.envelope_id);
  }
  if (records_ == 0 && record.transition.stage != Stage::kRequested) {
    return Corruption("its first record, which says who asked for what, is missing");
  }
  if (problem_.empty()) problem_ = ProblemOf(record);
  ++records_;
  last_seq_ = record.seq;
  return Ok();
}

std::string RecordCheck::ProblemOf(const Record& record) const {
  const std::string name = "entry " + std::to_string(record.seq);
  if (record.revision != records_) {
    return "revision " + std::to_string(records_) + " is missing; " + name + " has revision " +
           std::to_string(record.revision);
  }
  if (record.previous == last_seq_) return {};
  return name + " says that the record before it is " + EntryOrNone(record.previous) + "; the answer has " +
         EntryOrNone(last_seq_);
}

Result<std::vector<Record>> RecordsOf(const std::vector<std::string>& entries) {
  std::vector<Record> records;
  records.reserve(entries.size());
  for (const std::string& bytes : entries) {
    ENVLEDGER_ASSIGN_OR_RETURN(Record record, DecodeRecord(bytes));
    records.push_back(std::move(record));
  }
  return records;
}

Status CheckRevisions(const EnvelopeRecords& answer) {
  if (answer.entries.empty()) return Corruption("the answer holds no records");
  std::optional<uint64_t> before;
  for (size_t i = 0; i < answer.entries.size(); ++i) {
    ENVLEDGER_ASSIGN_OR_RETURN(const EntryView entry, CheckEntry(answer.entries[i]));
    const EntryHeader& header = entry.header;
    const std::string name = "entry " + std::to_string(header.seq);
    if (entry.transition.empty()) return Corruption(name + " is not a record of an envelope");
    const auto facts = CheckTransition(entry.transition);
    if (!facts.ok()) return Corruption(name + ": " + facts.status().message());
    if (facts->envelope_id != answer.envelope_id) return Corruption(name + " belongs to another envelope");
    if (header.envelope_revision != i) {
      return Corruption("revision " + std::to_string(i) + " is missing; " + name + " has revision " +
                        std::to_string(header.envelope_revision.value_or(0)));
    }
    if (header.envelope_previous != before) {
      return Corruption(name + " says that the record before it is " + EntryOrNone(header.envelope_previous) +
                        "; the answer has " + EntryOrNone(before));
    }
    before = header.seq;
  }
  return Ok();
}

Result<Story> ReadStory(const EnvelopeRecords& answer, std::optional<Nanos> at) {
  Story story;
  story.roles = answer.roles;
  const auto broken = [&answer](const std::string& what) {
    return Corruption("envelope " + answer.envelope_id + ": " + what);
  };
  RecordCheck check(answer.envelope_id);
  story.records.reserve(answer.entries.size());  // a record takes 2 KiB
  for (const std::string& bytes : answer.entries) {
    auto record = DecodeRecord(bytes);
    if (!record.ok())
      return broken("record " + std::to_string(story.records.size()) + ": " + record.status().message());
    if (const Status added = check.Add(*record); !added.ok()) return broken(added.message());
    story.places.push_back(story.records.size());
    story.records.push_back(*std::move(record));
  }
  if (story.records.empty()) return broken("the answer holds no records");
  if (!check.problem().empty()) story.problem = "envelope " + answer.envelope_id + ": " + check.problem();
  if (at) {
    ENVLEDGER_RETURN_IF_ERROR(LeaveOutLater(*at, story));
  } else {
    story.envelope = FoldEnvelope(story.records);
  }
  return story;
}

Status LeaveOutLater(Nanos at, Story& story) {
  std::vector<Record> happened = RecordsAsOf(story.records, at);
  if (happened.empty()) {
    return Corruption("envelope " + story.records.front().transition.envelope_id + ": it was requested later than " +
                      FormatTime(at));
  }
  // occurred_at may run backwards, so the records up to the moment need not be the first ones.
  std::vector<size_t> places;
  for (size_t i = 0; places.size() < happened.size(); ++i) {
    if (story.records[i].seq == happened[places.size()].seq) places.push_back(story.places[i]);
  }
  story.later = story.records.size() - happened.size();
  story.records = std::move(happened);
  story.places = std::move(places);
  story.envelope = FoldEnvelope(story.records);
  return Ok();
}

void Coverage::Asked(std::optional<Nanos> at, bool scan) {
  at_ = at;
  scan_ = scan;
}

void Coverage::AddPage(const Completeness& page) {
  if (scan_ && !page.unindexed) AddProblem("the ledger answered from its index, although a scan was asked for");
  if (first_page_) {
    const std::string doubt = std::move(total_.problem);
    total_ = page;
    first_page_ = false;
    if (!doubt.empty()) AddProblem(doubt);
    return;
  }
  total_.scanned += page.scanned;
  total_.next_cursor = page.next_cursor;
  if (!page.complete) AddProblem(page.problem);
}

void Coverage::AddStory(uint64_t first_seq, uint64_t last_seq, const std::string& problem) {
  if (!first_seq_ || first_seq < *first_seq_) first_seq_ = first_seq;
  if (!last_seq_ || last_seq > *last_seq_) last_seq_ = last_seq;
  if (!problem.empty()) AddProblem(problem);
}

void Coverage::AddProblem(const std::string& problem) {
  total_.complete = false;
  if (total_.problem.empty()) total_.problem = problem;
}

std::string Coverage::Json() const {
  JsonObject json;
  json.Number("tree_size", total_.tree_size)
      .Text("root", Hex(View(total_.root)))
      .TextOrNull("checkpoint", total_.checkpoint)
      .NumberOrNull("first_seq", first_seq_)
      .NumberOrNull("last_seq", last_seq_)
      .Number("scanned", total_.scanned)
      .Bool("complete", total_.complete);
  if (scan_) json.Bool("unindexed", total_.unindexed);
  if (at_) json.Text("at", FormatTime(*at_));
  json.TextOrNull("next_cursor", next_cursor()).TextIfAny("problem", total_.problem);
  if (!proof_json_.empty()) json.Raw("proven", proof_json_);
  return json.str();
}

std::string Coverage::Sentence() const {
  std::string text = total_.complete ? "Complete" : "INCOMPLETE";
  text += " as of " + Grouped(total_.tree_size) + " entries, root " + Hex(View(total_.root)).substr(0, 16) + "…";
  if (const auto size = SizeOfCheckpoint(total_.checkpoint)) {
    text += ", signed checkpoint at " + Grouped(*size);
  } else {
    text += ", no signed checkpoint yet";
  }
  if (!total_.problem.empty()) text += ": " + total_.problem;
  text += ".";
  if (scan_ && total_.unindexed) text += " Scanned " + Grouped(total_.scanned) + " entries, no index used.";
  if (at_) text = "State as of " + FormatTime(*at_) + ". " + text;
  return text;
}

}  // namespace envledger
