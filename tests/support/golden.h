// Golden vectors: the bytes of every format as they were when it was fixed, in tests/data/golden. A difference means
// that a format changed, and with it every ledger that exists.
//
// They are never rewritten by a test run. To look at what the code would write now, name a directory:
//   ENVLEDGER_GOLDEN_OUT=/tmp/golden ./codec_test --gtest_filter='*Golden*'
// writes all of them there. Whether to copy one over tests/data/golden is then a decision about the format.
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

// The file of that name among the golden ones.
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

// 32 bytes a line.
inline void ExpectGolden(const std::string& name, std::string_view bytes) {
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 32) text += Hex(bytes.substr(i, 32)) + "\n";
  ExpectGoldenText(name + ".hex", text);
}

}  // namespace envledger
