// Files that a command writes: they appear whole or not at all.
#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <string_view>

#include "cli/context.h"
#include "ledger/base/status.h"

namespace envledger::cli {

// Puts `contents` durably at `path`, readable by all; says on stderr that it did, or why not.
ExitStatus WriteOutput(Context& context, const std::string& path, std::string_view contents, const std::string& what);

// Where a long answer goes: standard output or a file.
class OutputFile {
 public:
  // An empty `path`: `standard`, which must outlive this.
  static Result<OutputFile> Open(std::ostream& standard, const std::string& path);
  OutputFile(OutputFile&&) noexcept;
  ~OutputFile();

  std::ostream& out();
  // Makes the file durable and puts it in its place; nothing to do for standard output. Without it, no file is left.
  Status Finish();

 private:
  struct File;
  explicit OutputFile(std::ostream& standard);
  std::ostream* standard_;
  std::unique_ptr<File> file_;
};

}  // namespace envledger::cli
