// Golden vectors in tests/data/golden: bytes of every format, from the time when it was fixed. A difference means that
// a format has changed, so that existing ledgers may become unreadable.
//
// A test run never rewrites them. To see what the code writes now, name a directory:
//   ENVLEDGER_GOLDEN_OUT=/tmp/golden ./codec_test --gtest_filter='*Golden*'
// writes all vectors there. Copying one to tests/data/golden is a decision to change the format.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "ledger/base/bytes.h"
#include "tests/support/paths.h"

namespace envledger {

inline std::string ContentsOf(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// The golden file of that name.
inline std::string GoldenText(const std::string& file) {
  return ContentsOf(ENVLEDGER_SOURCE_DIR "/tests/data/golden/" + file);
}

inline std::string GoldenBytes(const std::string& name) {
  std::string text = GoldenText(name + ".hex");
  std::erase(text, '\n');
  const auto bytes = ParseHex(text);
  EXPECT_TRUE(bytes.has_value()) << name << " is not hexadecimal";
  return bytes.value_or("");
}

inline void ExpectGoldenText(const std::string& file, const std::string& text) {
  if (const char* out = std::getenv("ENVLEDGER_GOLDEN_OUT"); out != nullptr) {
    std::ofstream(std::string(out) + "/" + file, std::ios::binary) << text;
  }
  EXPECT_EQ(text, GoldenText(file)) << file;
}

// Compares hexadecimal text of 32 bytes per line.
inline void ExpectGolden(const std::string& name, std::string_view bytes) {
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 32) text += Hex(bytes.substr(i, 32)) + "\n";
  ExpectGoldenText(name + ".hex", text);
}

}  // namespace envledger
