#include "cli/arguments/key_argument.h"

#include "ledger/evidence/proof_source.h"
#include "ledger/files/file.h"

namespace envledger::cli {
namespace {

constexpr size_t kMaxKeyFileBytes = 64 * 1024;

std::string FirstLine(const std::string& text) {
  std::string line = text.substr(0, text.find('\n'));
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t')) line.pop_back();
  return line;
}

}  // namespace

Result<VerifierKey> ReadVerifierKey(const std::string& argument) {
  auto key = ParseVerifierKey(argument);
  if (key.ok()) return key;
  auto text = ReadFile(argument, kMaxKeyFileBytes);
  if (text.ok()) {
    auto from_file = ParseVerifierKey(FirstLine(*text));
    if (from_file.ok()) return from_file;
    return std::move(from_file).status().Prepend("the first line of " + argument + " is not a verifier key: ");
  }
  const bool is_path = argument.find('+') == std::string::npos;
  if (is_path) return std::move(text).status().Prepend("--vkey: ");
  return std::move(key).status().Prepend("--vkey is neither a verifier key nor an existing file: ");
}

Result<std::string> ReadCheckpointFile(const std::string& path) {
  ENVLEDGER_ASSIGN_OR_RETURN(std::string note, ReadFile(path, kMaxNoteBytes));
  const auto checkpoint = ReadCheckpointNote(note);
  if (!checkpoint.ok()) return InvalidArgument(path + " is not a checkpoint: " + checkpoint.status().message());
  return note;
}

ExitStatus NoKey(Context& context, const Status& status) {
  Complain(context, status.ToString());
  return ExitStatus::kUnavailable;
}

OptionSpecs SigningKeyOptions() {
  return {
      {"origin", Takes::kValue, "NAME", "the ledger's name, under which it signs, such as ledger.example.com/audit"},
      {"key", Takes::kValue, "FILE", "the private key file"},
  };
}

Status CheckSigningKeyOptions(const Options& options) {
  for (const char* name : {"origin", "key"}) {
    if (!options.Has(name)) return InvalidArgument("--" + std::string(name) + " is missing");
  }
  // The name is checked with a dummy key, before a real key is written.
  const auto named = MakeVerifierKey(options.Get("origin"), std::string(32, '\0'));
  return named.ok() ? Ok() : InvalidArgument("--origin: " + named.status().message());
}

}  // namespace envledger::cli
