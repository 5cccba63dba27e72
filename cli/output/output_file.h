// Files written by a command. A file appears complete or not at all.
#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <string_view>

#include "cli/context.h"
#include "ledger/base/status.h"

namespace envledger::cli {

// Writes `contents` durably to `path`, readable by everybody. Reports success or failure on stderr.
ExitStatus WriteOutput(Context& context, const std::string& path, std::string_view contents, const std::string& what);

// The destination of a long answer: standard output or a file.
class OutputFile {
 public:
  // If `path` is empty, writes to `standard`, which must outlive this object.
  static Result<OutputFile> Open(std::ostream& standard, const std::string& path);
  OutputFile(OutputFile&&) noexcept;
  ~OutputFile();

  std::ostream& out();
  // Makes the file durable and moves it to its path; does nothing for standard output. Without this call no file is
  // left.
  Status Finish();

 private:
  struct File;
  explicit OutputFile(std::ostream& standard);
  std::ostream* standard_;
  std::unique_ptr<File> file_;
};

}  // namespace envledger::cli
