// Calls every target with every input of its corpus. A target that finds a property broken ends the program, and its
// last words name the property.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/fuzz/targets.h"  // made by CMake: ENVLEDGER_FUZZ_TARGETS(TARGET)
#include "tests/support/paths.h"

#define DECLARE_TARGET(name) extern "C" int fuzz_##name(const uint8_t* data, size_t size);
ENVLEDGER_FUZZ_TARGETS(DECLARE_TARGET)

namespace envledger {
namespace {

void Replay(const std::string& name, int (*target)(const uint8_t* data, size_t size)) {
  const std::filesystem::path corpus = std::filesystem::path(ENVLEDGER_SOURCE_DIR) / "tests/fuzz/corpus" / name;
  ASSERT_TRUE(std::filesystem::is_directory(corpus)) << corpus;
  size_t inputs = 0;
  for (const auto& file : std::filesystem::directory_iterator(corpus)) {
    SCOPED_TRACE(file.path());
    std::ifstream stream(file.path(), std::ios::binary);
    const std::string input{std::istreambuf_iterator<char>(stream), {}};
    ASSERT_TRUE(stream.good() || stream.eof());
    EXPECT_EQ(target(reinterpret_cast<const uint8_t*>(input.data()), input.size()), 0);
    ++inputs;
  }
  EXPECT_GT(inputs, 0u) << corpus << " is empty";
}

#define TEST_TARGET(name) \
  TEST(Corpus, KeepsThePropertiesOf_##name) { Replay(#name, fuzz_##name); }
ENVLEDGER_FUZZ_TARGETS(TEST_TARGET)

}  // namespace
}  // namespace envledger
