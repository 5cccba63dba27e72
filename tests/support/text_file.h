// An unnamed file with some text, to be read through its descriptor.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "ledger/files/file.h"

namespace envledger {

class TextFile {
 public:
  explicit TextFile(const std::string& text) {
    std::string path = testing::TempDir() + "lines-XXXXXX";
    fd_ = UniqueFd(mkstemp(path.data()));
    unlink(path.c_str());
    EXPECT_EQ(write(fd_.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
    lseek(fd_.get(), 0, SEEK_SET);
  }
  int fd() const { return fd_.get(); }

 private:
  UniqueFd fd_;
};

}  // namespace envledger
