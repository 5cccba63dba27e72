// `follow`: prints entries as they are sealed. The only state is the next seq: an entry that was printed is never
// requested again, and an entry that was not printed is requested until it arrives, over as many connections as
// necessary. Each entry must have the next seq and continue the chain of the previous one, so that a ledger that was
// cut, or another ledger behind the same socket, is detected.
//
// If there is nothing new, the daemon holds a request for at most a second. A signal only sets a flag, so it ends the
// command within that time.
#include <signal.h>
#include <time.h>

#include <limits>

#include "cli/arguments/filtered.h"
#include "cli/arguments/ledger_source.h"
#include "cli/commands/commands.h"
#include "ledger/base/message.h"
#include "ledger/chain/tree.h"
#include "ledger/codec/json.h"
#include "ledger/evidence/running_judge.h"
#include "ledger/export/envelope_json.h"
#include "ledger/text/safe_text.h"
#include "ledger/text/words.h"

namespace envledger::cli {
namespace {

constexpr uint32_t kWaitMs = 1000;
constexpr Nanos kRetryEvery = kSecond / 5;

volatile sig_atomic_t g_ended = 0;

// During its lifetime, SIGINT and SIGTERM set a flag instead of ending the process.
class EndingSignals {
 public:
  EndingSignals() {
    g_ended = 0;
    struct sigaction action = {};
    action.sa_handler = [](int) { g_ended = 1; };
    sigaction(SIGINT, &action, &interrupt_);
    sigaction(SIGTERM, &action, &terminate_);
  }
  ~EndingSignals() {
    sigaction(SIGINT, &interrupt_, nullptr);
    sigaction(SIGTERM, &terminate_, nullptr);
  }
  EndingSignals(const EndingSignals&) = delete;
  EndingSignals& operator=(const EndingSignals&) = delete;

 private:
  struct sigaction interrupt_ = {};
  struct sigaction terminate_ = {};
};

void Pause(Nanos span) {
  const timespec time = {.tv_sec = span / kSecond, .tv_nsec = span % kSecond};
  nanosleep(&time, nullptr);  // a signal ends it early
}

bool HasFilters(const QueryRequest& query) {
  const QueryRequest none;
  return query.principal.has_value() || EncodeRequest({0, query}) != EncodeRequest({0, none});
}

struct FollowPlan {
  std::optional<uint64_t> from;
  uint64_t count = 0;  // 0: without end
  bool events = true;
  bool filters = false;
};

class Follower {
 public:
  Follower(Context& context, Filtered& filtered, const FollowPlan& plan, uint64_t from)
      : context_(context), filtered_(filtered), plan_(plan), judge_(filtered.plan.request), next_(from) {}

  uint64_t next() const { return next_; }
  // Whether the filters could not be applied to some envelope.
  bool unsure() const { return unsure_; }
  bool Done() const { return plan_.count != 0 && printed_ >= plan_.count; }

  // Prints one page, waiting up to `wait_ms` for it. Returns whether there were entries.
  Result<bool> Step(LedgerReader& reader, uint32_t wait_ms) {
    ENVLEDGER_ASSIGN_OR_RETURN(const EntriesResponse page, reader.Follow({next_, 0, wait_ms}));
    if (page.tree_size < next_ && last_leaf_hash_) {
      return Corruption("the ledger now has " + std::to_string(page.tree_size) + " entries, although entry " +
                        std::to_string(next_ - 1) + " was read before: it was cut, or this is another ledger");
    }
    for (const std::string& bytes : page.entries) {
      if (Done()) break;
      ENVLEDGER_RETURN_IF_ERROR(Take(reader, bytes));
    }
    context_.out.flush();
    return !page.entries.empty();
  }

 private:
  Status Take(LedgerReader& reader, const std::string& bytes) {
    ENVLEDGER_ASSIGN_OR_RETURN(const EntryView entry, CheckEntry(bytes));
    if (entry.header.seq != next_) {
      return Corruption("the ledger answered with entry " + std::to_string(entry.header.seq) + " instead of entry " +
                        std::to_string(next_));
    }
    if (last_leaf_hash_ && entry.header.previous != *last_leaf_hash_) {
      return Corruption("entry " + std::to_string(next_) + " does not continue the chain of the previous entry");
    }
    const Hash leaf_hash = LeafHash(bytes);
    if (entry.event) {
      if (plan_.events && !plan_.filters) Print(entry, leaf_hash);
    } else {
      ENVLEDGER_ASSIGN_OR_RETURN(const Record record, DecodeRecord(bytes));
      const auto wanted = plan_.filters ? judge_.Passes(reader, record) : true;
      const bool damaged = wanted.status().code() == Code::kCorruption || wanted.status().code() == Code::kNotFound;
      if (damaged) {
        // The entry is shown rather than missed, and other envelopes are still followed.
        unsure_ = true;
        Complain(context_,
                 "entry " + std::to_string(next_) +
                     " is printed although the filters cannot be applied to it: " + wanted.status().message());
      } else {
        ENVLEDGER_RETURN_IF_ERROR(wanted.status());
      }
      if (damaged || *wanted) Print(record, leaf_hash);
    }
    last_leaf_hash_ = leaf_hash;
    ++next_;
    return Ok();
  }

  void Print(const EntryView& entry, const Hash& leaf_hash) {
    ++printed_;
    if (filtered_.style.format == Format::kJsonl) {
      JsonObject json;
      json.Number("seq", entry.header.seq)
          .Text("recorded_at", FormatTime(entry.header.recorded_at))
          .Text("leaf_hash", Hex(View(leaf_hash)))
          .Raw("event", LedgerEventJson(*entry.event));
      context_.out << json.str() << '\n';
      return;
    }
    Line(entry.header.seq, entry.header.recorded_at, "event", Color::kCyan, "-", LedgerEventJson(*entry.event));
  }

  void Print(const Record& record, const Hash& leaf_hash) {
    ++printed_;
    const Transition& transition = record.transition;
    if (filtered_.style.format == Format::kJsonl) {
      JsonObject json;
      json.Number("seq", record.seq)
          .Text("recorded_at", FormatTime(record.recorded_at))
          .Text("leaf_hash", Hex(View(leaf_hash)))
          .Text("envelope_id", transition.envelope_id)
          .Number("revision", record.revision)
          .Text("stage", Name(transition.stage))
          .Text("occurred_at", FormatTime(transition.occurred_at.value_or(0)))
          .Raw("recorder", RecorderJson(record.recorder))
          .Raw("transition", TransitionJson(transition));
      context_.out << json.str() << '\n';
      return;
    }
    Line(record.seq, record.recorded_at, std::string(Name(transition.stage)), ColorOf(transition.stage),
         transition.envelope_id, Summary(record));
  }

  // The essential content of a record, by its stage.
  std::string Summary(const Record& record) {
    const Transition& transition = record.transition;
    std::vector<std::string> parts;
    if (transition.stage == Stage::kRequested) {
      const Envelope envelope = FoldEnvelope({record});
      filtered_.names.Learn(envelope);
      parts = {WhoText(envelope, filtered_.names), WhatText(envelope.execution), ResourcesText(envelope.requested)};
    }
    if (const auto& decision = transition.decision) {
      if (decision->effect != Effect::kUnspecified) parts.emplace_back(Name(decision->effect));
      if (decision->decider) parts.push_back("by " + filtered_.names.Name(*decision->decider));
      parts.push_back(Joined(decision->reasons, ", "));
    }
    if (transition.granted) parts.push_back(ResourcesText(transition.granted->resources));
    if (const auto& outcome = transition.outcome) {
      const bool both = !outcome->code.empty() && !outcome->reason.empty();
      parts.push_back(outcome->code + (both ? ": " : "") + outcome->reason);
      if (!outcome->usage.empty()) parts.push_back("used " + ResourcesText(outcome->usage));
    }
    parts.push_back(transition.reason);
    parts.push_back(transition.note);
    std::erase_if(parts, [](const std::string& part) { return part.empty(); });
    return Joined(parts, "; ");
  }

  void Line(uint64_t seq, Nanos at, std::string stage, Color color, const std::string& envelope,
            const std::string& text) {
    stage.resize(std::max<size_t>(stage.size(), 9), ' ');
    const Palette& palette = filtered_.style.palette;
    std::string number = std::to_string(seq);
    number.insert(0, number.size() < 8 ? 8 - number.size() : 0, ' ');
    context_.out << number << "  " << ShortTime(at) << "  " << palette.Paint(color, stage) << "  "
                 << palette.Paint(Color::kDim, SafeText(envelope)) << (text.empty() ? "" : "  ") << SafeText(text)
                 << '\n';
  }

  Context& context_;
  Filtered& filtered_;
  const FollowPlan plan_;
  RunningJudge judge_;  // applies the filters as of each record
  uint64_t next_;
  uint64_t printed_ = 0;
  bool unsure_ = false;
  std::optional<Hash> last_leaf_hash_;
};

// Runs until the count is reached, a signal arrives, or an error occurs that a new connection does not fix.
// `filtered.reader` is replaced with each connection.
Status FollowOn(Context& context, Filtered& filtered, const LedgerSource& source, Follower& follower) {
  const Nanos patience = std::chrono::nanoseconds(source.timeout).count();
  std::optional<Nanos> lost_at;
  while (g_ended == 0 && !follower.Done() && context.out.good()) {
    Status status;
    if (filtered.reader == nullptr) {
      auto reader = context.open_ledger(source);
      if (reader.ok()) {
        filtered.reader = *std::move(reader);
      } else {
        status = reader.status();
      }
    }
    if (filtered.reader != nullptr) {
      const auto more = follower.Step(*filtered.reader, kWaitMs);
      if (more.ok()) {
        if (lost_at) Complain(context, "reconnected, at entry " + std::to_string(follower.next()));
        lost_at.reset();
        continue;
      }
      status = more.status();
    }
    if (status.code() != Code::kUnavailable) return status;
    filtered.reader.reset();
    if (!lost_at) {
      lost_at = context.ticks();
      Complain(context, status.message() + "; trying again");
    }
    if (context.ticks() - *lost_at > patience) return status;
    Pause(kRetryEvery);
  }
  return Ok();
}

Status PrintWhatIsThere(Context& context, Filtered& filtered, Follower& follower) {
  while (g_ended == 0 && !follower.Done()) {
    ENVLEDGER_ASSIGN_OR_RETURN(const bool more, follower.Step(*filtered.reader, 0));
    if (!more) {
      Complain(context, "the directory has no more entries; only a running daemon can be followed further");
      break;
    }
  }
  return Ok();
}

ExitStatus Run(Context& context, const Options& options) {
  FollowPlan plan;
  constexpr uint64_t kMost = std::numeric_limits<int64_t>::max();
  auto from = options.Number("from", 0, 0, kMost);
  if (!from.ok()) return WrongUsage(context, from.status());
  auto count = options.Number("count", 0, 1, kMost);
  if (!count.ok()) return WrongUsage(context, count.status());
  const auto source = SourceOf(context, options);
  if (!source.ok()) return WrongUsage(context, source.status());
  plan.count = *count;
  plan.events = !options.Has("no-events");
  ExitStatus why = ExitStatus::kFine;
  auto filtered = OpenFiltered(context, options, why);
  if (!filtered) return why;
  if (filtered->style.format == Format::kJson || filtered->style.format == Format::kCsv) {
    return WrongUsage(context, InvalidArgument("--format of follow is table or jsonl"));
  }
  plan.filters = HasFilters(filtered->plan.request);
  const bool offline = source->socket.empty();
  uint64_t begin = *from;
  if (!offline && !options.Has("from")) {
    const auto status = filtered->reader->Status({});
    if (!status.ok()) return Fail(context, status.status());
    begin = status->tree_size;
  }
  const EndingSignals signals;
  Follower follower(context, *filtered, plan, begin);
  const Status status =
      offline ? PrintWhatIsThere(context, *filtered, follower) : FollowOn(context, *filtered, *source, follower);
  Complain(context, "to continue, use --from " + std::to_string(follower.next()));
  if (!status.ok()) return Fail(context, status);
  return follower.unsure() ? ExitStatus::kFailedVerification : ExitStatus::kFine;
}

constexpr std::string_view kText =
    R"(Prints each entry once it is durable, in order, without gaps or repetition, until SIGINT or SIGTERM. Then it
prints on stderr the --from with which to continue. If the daemon restarts, follow reconnects and continues; it gives up
after --timeout. Each entry must continue the chain of the previous one: if the ledger was cut or replaced, the exit
status is 1. If an envelope is damaged so that the filters cannot be applied to it, its entries are printed with a
warning, and the exit status at the end is 1.

The filters are those of query. They are applied to the entry's envelope as of that entry, so --stage granted prints
grants. With any filter the ledger's own events are left out, as with --no-events.

With --data-dir it prints the entries in the directory and ends. --format is table (one line per entry) or jsonl:
{"seq", "recorded_at", "leaf_hash", "envelope_id", "revision", "stage", "occurred_at", "recorder", "transition"}, and
for an event {"seq", "recorded_at", "leaf_hash", "event"}.)";

constexpr std::string_view kExample = R"(  envledger follow --tenant search
  envledger follow --from 1200 --format jsonl --no-events
)";

}  // namespace

Command FollowCommand() {
  static const OptionSpecs kOwn = {
      {"from", Takes::kValue, "SEQ", "begin with this entry (default: the next to be sealed; with --data-dir, 0)"},
      {"count", Takes::kValue, "N", "end after printing N entries"},
      {"no-events", Takes::kNothing, "", "leave out the ledger's own events"},
  };
  return {
      .name = "follow",
      .arguments = "",
      .summary = "print new entries as they are sealed",
      .text = kText,
      .example = kExample,
      .options = Join({kOwn, FilteredOptions()}),
      .run = Run,
  };
}

}  // namespace envledger::cli
