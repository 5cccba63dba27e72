// The model of the disk: what it may take back, and what it must keep.
#include "tests/crash/disk_image.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>
#include <string>

#include "tests/support/temp_dir.h"

namespace envledger {
namespace {

using testing::AnyOf;
using testing::Contains;
using testing::Each;

constexpr uint64_t kFile = 1'000'000'001;  // inode numbers that no file of a test has
constexpr uint64_t kOther = 1'000'000'002;
const std::string kAbsent = "(absent)";

// A directory with a file "old" of 600 bytes 'o', seen through the model.
class DiskImageTest : public testing::Test {
 protected:
  static constexpr int kCuts = 300;

  std::string root() const { return directory_.path() + "/root"; }
  uint64_t Inode(const std::string& path) const {
    struct stat file {};
    EXPECT_EQ(stat(path.c_str(), &file), 0) << path;
    return file.st_ino;
  }
  std::string At(const std::string& name) const {
    std::ifstream file(root() + "/" + name, std::ios::binary);
    return file ? std::string{std::istreambuf_iterator<char>(file), {}} : kAbsent;
  }

  // What `look` sees after each of many cuts; `events` are told to the model before each.
  std::set<std::string> Seen(const std::function<std::string()>& look, const std::function<void(DiskImage&)>& events,
                             bool any_order) {
    std::set<std::string> outcomes;
    for (int i = 0; i < kCuts; ++i) {
      std::filesystem::remove_all(root());
      std::filesystem::create_directory(root());
      std::ofstream(root() + "/old") << std::string(600, 'o');
      DiskImage image(root());
      events(image);
      image.Cut(random_, any_order);
      outcomes.insert(look());
    }
    return outcomes;
  }
  // The contents of the file `name` after them.
  std::set<std::string> Outcomes(const std::string& name, const std::function<void(DiskImage&)>& events) {
    return Seen([&] { return At(name); }, events, false);
  }
  // Which of the files "first" and "second" are there after them.
  std::set<std::string> OrdersOf(const std::function<void(DiskImage&)>& events, bool any_order) {
    const auto look = [&] {
      return std::string(At("first") != kAbsent ? "first " : "") + (At("second") != kAbsent ? "second " : "");
    };
    return Seen(look, events, any_order);
  }
  uint64_t Root() const { return Inode(root()); }
  uint64_t Old() const { return Inode(root() + "/old"); }
  static void Write(DiskImage& image, uint64_t file, uint64_t offset, const std::string& bytes) {
    image.Add({.op = DiskOp::kWrite, .a = file, .b = offset}, bytes);
  }
  static void Sync(DiskImage& image, uint64_t node, uint64_t name = 1) {
    image.Add({.op = DiskOp::kSyncBegin, .a = node, .b = name}, "");
    image.Add({.op = DiskOp::kSyncEnd, .a = node, .b = name}, "");
  }

  TempDir directory_;
  std::mt19937_64 random_{7};
};

TEST_F(DiskImageTest, WhatWasSyncedStaysWhateverFollows) {
  const auto outcomes = Outcomes("old", [&](DiskImage& image) {
    Write(image, Old(), 600, std::string(600, 's'));
    Sync(image, Old());
    Write(image, Old(), 1200, std::string(3000, 'u'));
  });
  EXPECT_THAT(outcomes, Each(testing::StartsWith(std::string(600, 'o') + std::string(600, 's'))));
}

TEST_F(DiskImageTest, AnUnsyncedWriteIsKeptLostZeroedOrTornAtASector) {
  const auto outcomes = Outcomes("old", [&](DiskImage& image) { Write(image, Old(), 600, std::string(1000, 'u')); });
  const std::string old(600, 'o');
  EXPECT_THAT(outcomes, Contains(old));                                                   // lost
  EXPECT_THAT(outcomes, Contains(old + std::string(1000, 'u')));                          // kept
  EXPECT_THAT(outcomes, Contains(old + std::string(1000, '\0')));                         // zeroed
  EXPECT_THAT(outcomes, Contains(old + std::string(424, 'u')));                           // torn at 1024
  EXPECT_THAT(outcomes, Contains(old + std::string(424, 'u') + std::string(576, '\0')));  // with the whole size
  EXPECT_THAT(outcomes, Contains(old + std::string(424, '\0') + std::string(512, 'u') + std::string(64, '\0')));
}

TEST_F(DiskImageTest, AWriteDuringASyncIsNotCoveredByIt) {
  const auto outcomes = Outcomes("old", [&](DiskImage& image) {
    image.Add({.op = DiskOp::kSyncBegin, .a = Old(), .b = 1}, "");
    Write(image, Old(), 600, "u");
    image.Add({.op = DiskOp::kSyncEnd, .a = Old(), .b = 1}, "");
  });
  EXPECT_THAT(outcomes, Contains(std::string(600, 'o')));
}

TEST_F(DiskImageTest, ASyncThatDidNotEndPromisesNothing) {
  const auto outcomes = Outcomes("old", [&](DiskImage& image) {
    Write(image, Old(), 600, "u");
    image.Add({.op = DiskOp::kSyncBegin, .a = Old(), .b = 1}, "");
  });
  EXPECT_THAT(outcomes, Contains(std::string(600, 'o')));
}

TEST_F(DiskImageTest, ANewFileMayVanishUntilItsDirectoryIsSynced) {
  const auto create = [&](DiskImage& image) {
    image.Add({.op = DiskOp::kCreate, .a = kFile, .b = Root()}, "new");
    Write(image, kFile, 0, "new bytes");
    Sync(image, kFile);
  };
  EXPECT_EQ(Outcomes("new", create), (std::set<std::string>{kAbsent, "new bytes"}));
  const auto with_directory = [&](DiskImage& image) {
    create(image);
    Sync(image, Root(), 2);
  };
  EXPECT_EQ(Outcomes("new", with_directory), std::set<std::string>{"new bytes"});
}

TEST_F(DiskImageTest, ARenamedFileIsUnderOneOfItsNamesAndTheReplacedOneIsNotTorn) {
  const auto replace = [&](DiskImage& image) {
    image.Add({.op = DiskOp::kCreate, .a = kFile, .b = Root()}, "new");
    Write(image, kFile, 0, "new bytes");
    Sync(image, kFile);
    Sync(image, Root(), 2);
    image.Add({.op = DiskOp::kRename, .a = kFile, .b = Root(), .c = Root()}, std::string("new\0old", 7));
  };
  EXPECT_EQ(Outcomes("old", replace), (std::set<std::string>{std::string(600, 'o'), "new bytes"}));
  EXPECT_EQ(Outcomes("new", replace), (std::set<std::string>{kAbsent, "new bytes"}));
  const auto settled = [&](DiskImage& image) {
    replace(image);
    Sync(image, Root(), 3);
  };
  EXPECT_EQ(Outcomes("old", settled), std::set<std::string>{"new bytes"});
}

TEST_F(DiskImageTest, NamesOfOneDirectoryAreLostInTheirOrderUnlessAnyOrderIsAskedFor) {
  const auto two = [&](DiskImage& image) {
    image.Add({.op = DiskOp::kCreate, .a = kFile, .b = Root()}, "first");
    image.Add({.op = DiskOp::kCreate, .a = kOther, .b = Root()}, "second");
  };
  EXPECT_THAT(OrdersOf(two, false), testing::UnorderedElementsAre("", "first ", "first second "));
  EXPECT_THAT(OrdersOf(two, true), testing::UnorderedElementsAre("", "first ", "second ", "first second "));
}

TEST_F(DiskImageTest, ARemovedFileMayComeBackUntilItsDirectoryIsSynced) {
  const auto remove = [&](DiskImage& image) { image.Add({.op = DiskOp::kUnlink, .b = Root()}, "old"); };
  EXPECT_EQ(Outcomes("old", remove), (std::set<std::string>{std::string(600, 'o'), kAbsent}));
  const auto settled = [&](DiskImage& image) {
    remove(image);
    Sync(image, Root());
  };
  EXPECT_EQ(Outcomes("old", settled), std::set<std::string>{kAbsent});
}

TEST_F(DiskImageTest, AnInodeNumberThatIsUsedAgainIsAnotherFile) {
  const auto outcomes = Outcomes("second", [&](DiskImage& image) {
    image.Add({.op = DiskOp::kCreate, .a = kFile, .b = Root()}, "first");
    Write(image, kFile, 0, "of the first");
    Sync(image, kFile);
    image.Add({.op = DiskOp::kUnlink, .b = Root()}, "first");
    image.Add({.op = DiskOp::kCreate, .a = kFile, .b = Root()}, "second");
    Sync(image, Root(), 2);
  });
  EXPECT_EQ(outcomes, std::set<std::string>{""});
}

TEST_F(DiskImageTest, AFileInANewDirectoryNeedsBothNames) {
  const auto outcomes = Outcomes("sub/inner", [&](DiskImage& image) {
    image.Add({.op = DiskOp::kMakeDir, .a = kOther, .b = Root()}, "sub");
    image.Add({.op = DiskOp::kCreate, .a = kFile, .b = kOther}, "inner");
    Sync(image, kOther);
  });
  EXPECT_EQ(outcomes, (std::set<std::string>{kAbsent, ""}));
}

TEST_F(DiskImageTest, AJournalThatLeavesOutAWriteDiffersFromTheFiles) {
  std::filesystem::create_directory(root());
  std::ofstream(root() + "/old") << "before";
  DiskImage image(root());
  EXPECT_EQ(image.DifferenceToFiles(), "");
  std::ofstream(root() + "/old") << "after";
  EXPECT_THAT(image.DifferenceToFiles(), testing::HasSubstr("old has other bytes"));
  std::ofstream(root() + "/unseen") << "x";
  EXPECT_THAT(image.DifferenceToFiles(), testing::HasSubstr("unseen was made unseen"));
}

}  // namespace
}  // namespace envledger
