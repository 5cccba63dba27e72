// Where a long answer goes: standard output, or a file that appears whole or not at all.
#pragma once

#include <memory>
#include <ostream>
#include <string>

#include "cli/context.h"
#include "ledger/base/status.h"

namespace envledger::cli {

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
