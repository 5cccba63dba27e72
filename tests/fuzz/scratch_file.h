// A file for targets whose code under test reads files.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "tests/fuzz/fuzz.h"
#include "tests/support/temp_dir.h"

namespace envledger::fuzz {

// Overwrites a file of this process with `contents`, readable by its owner only. Its path.
inline const std::string& ScratchFile(std::string_view contents) {
  static const TempDir directory;
  static const std::string path = directory.path() + "/input";
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  Require(fd >= 0, "a scratch file can be opened");
  Require(write(fd, contents.data(), contents.size()) == static_cast<ssize_t>(contents.size()), "and written");
  close(fd);
  return path;
}

}  // namespace envledger::fuzz
