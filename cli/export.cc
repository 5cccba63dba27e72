// `export`: the ledger in a form that others read and check.
#include <algorithm>
#include <array>

#include "cli/commands.h"
#include "cli/key_argument.h"
#include "cli/ledger_source.h"
#include "cli/progress.h"
#include "cli/safe_text.h"
#include "cli/words.h"
#include "ledger/audit/export_tiles.h"

namespace envledger::cli {
namespace {

void PrintTileExport(Context& context, const std::string& directory, const TileExportReport& report, bool key_given) {
  const auto fact = [&](std::string label, const std::string& text) {
    label.resize(std::max<size_t>(label.size(), 12), ' ');
    context.out << label << SafeText(text) << '\n';
  };
  const uint64_t size = report.checkpoint.size;
  const uint64_t before = report.old_size.value_or(0);
  fact("origin", report.checkpoint.origin);
  fact("entries", Grouped(size) + (report.old_size ? ", " + Grouped(size - before) + " of them new" : ""));
  fact("root", Hex(View(report.checkpoint.root)));
  fact("signed by", FormatVerifierKey(report.key) + (key_given ? ", as given" : ", as the ledger itself says"));
  fact("added", Grouped(report.files_added) + " files, " + Grouped(report.bytes_added) + " bytes; " +
                    Grouped(report.files_removed) + " files that are no longer needed were removed");
  fact("checkpoint", directory + "/checkpoint");
}

ExitStatus RunTiles(Context& context, const Options& options) {
  auto source = SourceOf(context, options);
  if (!source.ok()) return WrongUsage(context, source.status());
  if (options.Has("sign-now") && !source->data_dir.empty()) {
    return WrongUsage(context, InvalidArgument("--sign-now is for the daemon, which has the key: not with --data-dir"));
  }
  TileExportOptions how;
  how.sign_now = options.Has("sign-now");
  if (options.Has("vkey")) {
    auto key = ReadVerifierKey(options.Get("vkey"));
    if (!key.ok()) {
      Complain(context, key.status().ToString());
      return ExitStatus::kUnavailable;
    }
    how.trusted_key = *std::move(key);
  }
  auto reader = context.open_ledger(*source);
  if (!reader.ok()) return Fail(context, reader.status());
  const std::string& directory = options.arguments().front();
  auto report = [&] {
    Progress progress(context.err, context.err_is_terminal, context.ticks);
    return ExportTiles(**reader, directory, how,
                       [&](uint64_t done, uint64_t total) { progress.Update(done, total, "entries"); });
  }();
  if (!report.ok()) return Fail(context, report.status());
  PrintTileExport(context, directory, *report, how.trusted_key.has_value());
  return ExitStatus::kFine;
}

struct Form {
  std::string_view name;
  ExitStatus (*run)(Context&, const Options&);
};
constexpr std::array kForms = {Form{"tiles", RunTiles}};

ExitStatus Run(Context& context, const Options& options) {
  const std::string& name = options.Has("format") ? options.Get("format") : std::string(kForms.front().name);
  for (const Form& form : kForms) {
    if (form.name == name) return form.run(context, options);
  }
  std::string known;
  for (const Form& form : kForms) known += (known.empty() ? "" : ", ") + std::string(form.name);
  return WrongUsage(context, InvalidArgument("--format of an export is " + known + ", not \"" + name + "\""));
}

}  // namespace

Command ExportCommand() {
  static const OptionSpecs kOwn = {
      {"format", Takes::kValue, "FORM", "tiles (the default): a C2SP tlog-tiles directory"},
      {"vkey", Takes::kValue, "VKEY",
       "the verifier key that the checkpoint must be signed by, or a file that holds it"},
      {"sign-now", Takes::kNothing, "", "sign a checkpoint at the present size first"},
  };
  return {
      .name = "export",
      .arguments = "DIR",
      .summary = "write the ledger to a directory that anybody can check",
      .text =
          "Writes the whole ledger, as of its latest checkpoint, to DIR: the checkpoint, every entry, and the Merkle "
          "tree, as c2sp.org/tlog-tiles lays them out. Any static file server can serve it, any tool that follows the "
          "standard can check it, and so can envledger verify --tiles, without the ledger.\n"
          "\n"
          "Every hash is computed anew; nothing that does not lead to the signed root is ever exported. A second run "
          "adds only what is new, after it has seen that the ledger still is what was exported. It may be interrupted "
          "at "
          "any moment: until the new checkpoint is in its place, DIR is the export that it was before.\n"
          "\n"
          "Exit status 1, with TRUNCATED, TAMPERED or WRONG_KEY: the ledger, or the export, is not what was signed. 3: "
          "no checkpoint yet. 4: DIR holds another ledger. 5: the disk, the socket, or another export into DIR.",
      .example =
          "  envledger export --sign-now --vkey ledger.vkey /srv/www/ledger\n"
          "  envledger verify --tiles /srv/www/ledger --vkey ledger.vkey\n",
      .options = Join({kOwn, SourceOptions()}),
      .min_arguments = 1,
      .max_arguments = 1,
      .run = Run,
  };
}

}  // namespace envledger::cli
