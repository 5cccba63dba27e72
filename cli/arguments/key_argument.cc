#include "cli/arguments/key_argument.h"

#include "ledger/base/file.h"

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
    return std::move(from_file).status().Prepend(argument + " holds no verifier key: ");
  }
  const bool is_path = argument.find('+') == std::string::npos;
  if (is_path) return std::move(text).status().Prepend("--vkey: ");
  return std::move(key).status().Prepend("--vkey is neither a verifier key nor a file: ");
}

}  // namespace envledger::cli
