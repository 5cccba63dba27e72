// `append`: sends JSON Lines to the append socket. This thread reads, parses and encodes the next batch while the
// client's thread sends earlier batches.
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "cli/arguments/ledger_source.h"
#include "cli/commands/commands.h"
#include "cli/output/output_style.h"
#include "cli/progress.h"
#include "ledger/client/appender.h"
#include "ledger/codec/json.h"
#include "ledger/codec/transition.h"
#include "ledger/files/file.h"
#include "ledger/files/line_reader.h"
#include "ledger/json/writer.h"
#include "ledger/text/csv.h"
#include "ledger/text/words.h"

namespace envledger::cli {
namespace {

constexpr size_t kMaxBatchRecords = 4096;

Result<AppendLine> ReadTransition(uint64_t number, std::string_view text) {
  ENVLEDGER_ASSIGN_OR_RETURN(JsonTransition parsed, ParseTransitionJson(text));
  ENVLEDGER_ASSIGN_OR_RETURN(std::string bytes, EncodeTransition(parsed.transition));
  return AppendLine{.number = number,
                    .envelope_id = std::move(parsed.transition.envelope_id),
                    .record = {.transition = std::move(bytes), .expected_revision = parsed.expected_revision}};
}

std::string AcknowledgmentJson(const AppendLine& line, const Acknowledgment& acknowledgment) {
  JsonObject json;
  json.Number("line", line.number)
      .Text("envelope_id", line.envelope_id)
      .Number("seq", acknowledgment.seq)
      .Text("leaf_hash", Hex(View(acknowledgment.leaf_hash)))
      .Number("revision", acknowledgment.envelope_revision)
      .Text("recorded_at", FormatTime(acknowledgment.recorded_at))
      .Bool("replayed", acknowledgment.replayed);
  return json.str();
}

std::vector<std::string> AcknowledgmentFields(const AppendLine& line, const Acknowledgment& acknowledgment) {
  return {std::to_string(line.number),
          line.envelope_id,
          std::to_string(acknowledgment.seq),
          Hex(View(acknowledgment.leaf_hash)),
          std::to_string(acknowledgment.envelope_revision),
          FormatTime(acknowledgment.recorded_at),
          acknowledgment.replayed ? "true" : "false"};
}

bool IsBlank(std::string_view line) { return line.find_first_not_of(" \t") == std::string_view::npos; }

// One run of the command.
class AppendRun {
 public:
  AppendRun(Context& context, const OutputStyle& style, SendBatch send, const AppendLimits& limits, bool keep_going)
      : context_(context),
        style_(style),
        keep_going_(keep_going),
        started_(context.ticks()),
        appender_(std::move(send), limits, keep_going,
                  {.acknowledged = [this](const AppendLine& line, const Acknowledgment& a) { Acknowledged(line, a); },
                   .refused = [this](const AppendLine& line, const Status& status,
                                     const ErrorInfo* error) { Refused(line.number, status, error); }}),
        progress_(context.err, context.err_is_terminal && (style.format == Format::kTable || !context.out_is_terminal),
                  context.ticks) {}

  ExitStatus Run(int fd) {
    if (style_.format == Format::kCsv) {
      context_.out << CsvRow({"line", "envelope_id", "seq", "leaf_hash", "revision", "recorded_at", "replayed"});
    }
    LineReader reader(fd);
    Status broken = ReadAll(reader);
    appender_.Finish();
    return Conclude(broken);
  }

 private:
  Status ReadAll(LineReader& reader) {
    while (!appender_.stopped() && !bad_line_stops_) {
      // If no more input is available (a person types, or a log is followed), a partial batch is sent at once.
      if (reader.WouldWait()) {
        appender_.Finish();
        context_.out.flush();
      }
      ENVLEDGER_ASSIGN_OR_RETURN(const LineReader::Event event, reader.Next());
      if (event == LineReader::Event::kEnd) return Ok();
      if (event == LineReader::Event::kTooLong) {
        BadLine(reader.number(), InvalidArgument("the line is longer than " + Grouped(kMaxLineBytes) + " bytes"));
      } else if (!IsBlank(reader.line())) {
        TakeLine(reader.number(), reader.line());
      }
      progress_.Update(reader.number(), 0, "lines");
    }
    return Ok();
  }

  void TakeLine(uint64_t number, std::string_view text) {
    auto line = ReadTransition(number, text);
    if (line.ok()) {
      appender_.Add(*std::move(line));
    } else {
      BadLine(number, line.status());
    }
  }

  void BadLine(uint64_t number, const Status& status) {
    ++bad_lines_;
    bad_line_stops_ = !keep_going_;
    // Earlier lines are settled first, so that bad lines are reported in order.
    if (bad_line_stops_) appender_.Finish();
    Refused(number, status, nullptr);
  }

  void Acknowledged(const AppendLine& line, const Acknowledgment& acknowledgment) {
    acknowledgment.replayed ? ++replayed_ : ++appended_;
    if (style_.format == Format::kJsonl) context_.out << AcknowledgmentJson(line, acknowledgment) << '\n';
    if (style_.format == Format::kCsv) context_.out << CsvRow(AcknowledgmentFields(line, acknowledgment));
  }

  void Refused(uint64_t number, const Status& status, const ErrorInfo* error) {
    std::string text = "line " + std::to_string(number) + ": " + status.ToString();
    if (error != nullptr && error->stage != Stage::kUnspecified) {
      text += "; the envelope is " + std::string(Name(error->stage));
      if (error->revision) text += " at revision " + std::to_string(*error->revision);
    }
    Complain(context_, text);
  }

  ExitStatus Conclude(const Status& broken) {
    const uint64_t refused = appender_.refused() + bad_lines_;
    const double seconds = static_cast<double>(std::max<Nanos>(context_.ticks() - started_, 1)) / kSecond;
    const auto per_second = static_cast<uint64_t>(static_cast<double>(appended_ + replayed_) / seconds);
    if (style_.format == Format::kTable) {
      char text[32];
      std::snprintf(text, sizeof text, seconds < 10 ? "%.2f" : "%.0f", seconds);
      context_.out << "appended " << Grouped(appended_) << ", replayed " << Grouped(replayed_) << ", refused "
                   << Grouped(refused) << " in " << text << " s (" << Grouped(per_second) << "/s)\n";
    } else if (style_.format == Format::kJson) {
      JsonObject json;
      json.Number("appended", appended_).Number("replayed", replayed_).Number("refused", refused);
      json.Number("not_sent", appender_.abandoned()).Raw("seconds", std::to_string(seconds));
      context_.out << json.Number("per_second", per_second).str() << '\n';
    }
    if (!appender_.failure().ok()) {
      Complain(context_, appender_.failure().ToString());
      Complain(context_, Unsettled());
      return ExitStatusOf(appender_.failure());
    }
    if (refused > 0 && !keep_going_) Complain(context_, Unsettled());
    if (!broken.ok()) return Fail(context_, broken);
    return refused > 0 ? ExitStatus::kRefused : ExitStatus::kFine;
  }

  std::string Unsettled() const {
    std::string text = "stopped: " + Grouped(appended_ + replayed_) + " records of this input are in the ledger";
    if (appender_.abandoned() > 0)
      text += "; for " + Grouped(appender_.abandoned()) + " more lines that were read, this is not known";
    return text +
           "; correct the problem and append the same input again: records that are already in the ledger are "
           "acknowledged again, not stored twice";
  }

  Context& context_;
  const OutputStyle style_;
  const bool keep_going_;
  const Nanos started_;
  Appender appender_;
  Progress progress_;
  bool bad_line_stops_ = false;
  uint64_t bad_lines_ = 0;
  uint64_t appended_ = 0;
  uint64_t replayed_ = 0;
};

struct AppendPlan {
  AppendClientOptions client;
  AppendLimits limits;
};

Result<AppendPlan> PlanAppend(const Context& context, const Options& options) {
  AppendPlan plan;
  ENVLEDGER_ASSIGN_OR_RETURN(plan.limits.batch_records,
                             options.Number("batch", plan.limits.batch_records, 1, kMaxBatchRecords));
  if (options.Has("batch")) plan.limits.most_batch_records = plan.limits.batch_records;
  ENVLEDGER_ASSIGN_OR_RETURN(const uint64_t seconds, options.Number("deadline", 60, 1, 86400));
  plan.client.deadline = std::chrono::seconds(seconds);
  std::string path = options.Get("append-socket");
  if (path.empty()) path = context.variable("ENVLEDGER_APPEND_SOCKET");
  if (!path.empty()) plan.client.socket_path = path;
  return plan;
}

ExitStatus Run(Context& context, const Options& options) {
  auto style = StyleOf(context, options);
  if (!style.ok()) return WrongUsage(context, style.status());
  auto plan = PlanAppend(context, options);
  if (!plan.ok()) return WrongUsage(context, plan.status());
  UniqueFd file;
  const std::string path = options.arguments().empty() ? "-" : options.arguments().front();
  if (path != "-") {
    file = UniqueFd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid()) {
      Complain(context, FromErrno(errno, path).message());
      return ExitStatus::kUnavailable;
    }
  }
  auto send = context.open_appender(plan->client);
  if (!send.ok()) return Fail(context, send.status());
  AppendRun run(context, *style, *std::move(send), plan->limits, options.Has("keep-going"));
  return run.Run(file.valid() ? file.get() : context.in_fd);
}

constexpr std::string_view kText =
    R"(Appends the transitions in a file, or from standard input, one JSON object per line. Records of one envelope are
appended in the order of their lines. Blank lines are skipped; a line over 1 MiB is a bad line. A bad line is reported
on stderr with its number and field, and no line after it is sent. Earlier lines stay appended; append waits for the
acknowledgments of lines that were already sent. With --keep-going all other lines are appended nevertheless. In both
cases the exit status is 4. It is safe to append the same input again: a record that is already in the ledger is
acknowledged again, not stored twice.

table prints one line at the end; json prints the same as an object {"appended", "replayed", "refused", "not_sent",
"seconds", "per_second"}. jsonl prints one acknowledgment per line as it arrives, in the order of the input: {"line",
"envelope_id", "seq", "leaf_hash", "revision", "recorded_at", "replayed"}. An acknowledgment means that the record is
sealed in the chain and durable on disk. csv has the same columns.)";

constexpr std::string_view kExample = R"(  envledger append day.jsonl
  tail -f gateway.jsonl | envledger append --keep-going --format jsonl
)";

}  // namespace

Command AppendCommand() {
  static const OptionSpecs kOwn = {
      {"append-socket", Takes::kValue, "PATH",
       "append socket of the daemon (default: $ENVLEDGER_APPEND_SOCKET, then /run/envledger/append.sock)"},
      {"batch", Takes::kValue, "N",
       "records in one request, which are stored either all or not at all (default 256, and up to 1024 while earlier "
       "requests are unanswered; at most 1 MiB)"},
      {"keep-going", Takes::kNothing, "", "skip bad lines; without this option the first bad line stops the command"},
      {"deadline", Takes::kValue, "SECONDS", "how long one batch may take, including retries (default 60)"},
  };
  return {
      .name = "append",
      .arguments = "[FILE or -]",
      .summary = "append transitions from JSON Lines",
      .text = kText,
      .example = kExample,
      .options = Join({kOwn, OutputOptions()}),
      .max_arguments = 1,
      .run = Run,
  };
}

}  // namespace envledger::cli
