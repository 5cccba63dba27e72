#include "cli/context.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "cli/progress.h"
#include "ledger/client/audit_client.h"
#include "ledger/client/remote_reader.h"
#include "ledger/query/stored_reader.h"
#include "ledger/text/safe_text.h"
#include "ledger/text/wrap.h"
#include "ledger/tiles/tiles_reader.h"

namespace envledger::cli {
namespace {

size_t TerminalWidth() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

Nanos Ticks() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

Result<std::unique_ptr<LedgerReader>> OpenLedger(const LedgerSource& source) {
  if (!source.tiles.empty()) return OpenTiles(source.tiles);
  if (!source.data_dir.empty()) {
    // Rarely shown: only if many entries must be indexed first.
    Progress progress(std::cerr, isatty(STDERR_FILENO) == 1, Ticks);
    return OpenStored(source.data_dir, {.progress = [&progress](uint64_t done, uint64_t all) {
                        progress.Update(done, all, "entries indexed");
                      }});
  }
  return RemoteReader::Connect(source.socket, source.timeout);
}

// The client waits for a daemon that is being restarted until its deadline. Whether anybody listens is therefore
// checked at the beginning, so that a wrong path is reported at once.
Result<SendBatch> OpenAppender(const AppendClientOptions& options) {
  const auto listening = AuditClient::Connect(options.socket_path, options.deadline);
  if (!listening.ok()) {
    return Unavailable("no ledger at " + options.socket_path + ": " + listening.status().message());
  }
  std::shared_ptr<AppendClient> client = AppendClient::Create(options);
  return SendBatch([client](const std::vector<AppendRecord>& records, AppendClient::Callback done) {
    client->AppendBatchAsync(records, std::move(done));
  });
}

}  // namespace

Context ProcessContext() {
  std::ios::sync_with_stdio(false);
  Context context{.out = std::cout, .err = std::cerr};
  context.out_is_terminal = isatty(STDOUT_FILENO) == 1;
  context.err_is_terminal = isatty(STDERR_FILENO) == 1;
  if (context.out_is_terminal) context.width = TerminalWidth();
  context.variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  context.now = [] { return SystemClock().Now(); };
  context.ticks = Ticks;
  context.open_ledger = OpenLedger;
  context.open_appender = OpenAppender;
  return context;
}

void Complain(Context& context, std::string_view message) {
  context.out.flush();
  const size_t width = context.err_is_terminal ? context.width : 0;
  std::string text;
  for (const std::string& line : WrapColumns("envledger: " + SafeText(message), width, true)) text += line + "\n";
  context.err << text;  // at once, so that lines of two programs do not mix
  context.err.flush();
}

ExitStatus Fail(Context& context, const Status& status) {
  Complain(context, status.ToString());
  return ExitStatusOf(status);
}

ExitStatus WrongUsage(Context& context, const Status& status) {
  Complain(context, status.message());
  return ExitStatus::kWrongUsage;
}

}  // namespace envledger::cli
