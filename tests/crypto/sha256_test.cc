#include "ledger/crypto/sha256.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace envledger {
namespace {

std::string HexOf(const Hash& hash) { return Hex(View(hash)); }

TEST(Sha256Test, AgreesWithTheExamplesOfTheStandard) {
  EXPECT_EQ(HexOf(Sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(HexOf(Sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(HexOf(Sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(HexOf(Sha256(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256Test, PartsHashAsTheirConcatenationWhereverItIsCut) {
  std::string bytes;
  for (int i = 0; i < 200; ++i) bytes.push_back(static_cast<char>(i));  // across several 64-byte blocks
  const Hash whole = Sha256(bytes);
  const std::string_view view = bytes;
  for (size_t cut = 0; cut <= bytes.size(); ++cut) {
    EXPECT_EQ(Sha256({view.substr(0, cut), view.substr(cut)}), whole) << "cut at " << cut;
  }
  EXPECT_EQ(Sha256({view.substr(0, 1), "", view.substr(1, 64), view.substr(65)}), whole);
}

TEST(Sha256Test, OneHashLeavesNothingBehindForTheNext) {
  const Hash before = Sha256("abc");
  Sha256(std::string(1000, 'x'));
  EXPECT_EQ(Sha256("abc"), before);
  EXPECT_EQ(Sha256({}), Sha256(""));
}

TEST(Sha256Test, ThreadsHashAtTheSameTimeWithoutDisturbingEachOther) {
  constexpr int kThreads = 4;
  std::vector<Hash> chains(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&chain = chains[static_cast<size_t>(t)]] {
      for (int i = 0; i < 2000; ++i) chain = Sha256({View(chain), "link"});
    });
  }
  for (std::thread& thread : threads) thread.join();
  Hash expected{};
  for (int i = 0; i < 2000; ++i) expected = Sha256({View(expected), "link"});
  for (const Hash& chain : chains) EXPECT_EQ(chain, expected);
}

}  // namespace
}  // namespace envledger
