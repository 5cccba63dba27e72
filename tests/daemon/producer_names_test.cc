#include "ledger/daemon/producer_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <map>
#include <vector>

#include "ledger/base/mutex.h"
#include "tests/support/wait.h"

namespace envledger {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

using Name = Result<std::optional<std::string>>;

// A directory service that answers as a test says, or not at all until it is released.
class Directory {
 public:
  ~Directory() { Release(); }
  void Set(uid_t uid, Name name) {
    const MutexLock lock(mutex_);
    names_.insert_or_assign(uid, std::move(name));
  }
  // From now on questions hang.
  void Hang() {
    const MutexLock lock(mutex_);
    hanging_ = true;
  }
  void Release() {
    {
      const MutexLock lock(mutex_);
      hanging_ = false;
    }
    changed_.NotifyAll();
  }
  // How often it was asked.
  int asked() {
    const MutexLock lock(mutex_);
    return asked_;
  }
  Name Ask(uid_t uid) {
    const MutexLock lock(mutex_);
    ++asked_;
    while (hanging_) changed_.Wait(mutex_);
    const auto found = names_.find(uid);
    return found != names_.end() ? found->second : Name(std::optional<std::string>());
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::map<uid_t, Name> names_ GUARDED_BY(mutex_);
  bool hanging_ GUARDED_BY(mutex_) = false;
  int asked_ GUARDED_BY(mutex_) = 0;
};

class ProducerNamesTest : public ::testing::Test {
 protected:
  ProducerNamesTest() {
    options_.patience = hours(1);
    options_.keep = hours(1);
    options_.retry = hours(1);
  }
  void Start(ProducerNames::ByUser configured = {}) {
    names_ = std::make_unique<ProducerNames>(
        std::move(configured), [directory = directory_](uid_t uid) { return directory->Ask(uid); }, options_);
  }
  std::future<std::string> Find(uid_t uid) {
    auto found = std::make_shared<std::promise<std::string>>();
    const Status status = names_->Find(uid, [found](const std::string& name) { found->set_value(name); });
    EXPECT_TRUE(status.ok()) << status.ToString();
    return found->get_future();
  }
  std::string NameOf(uid_t uid) { return Find(uid).get(); }

  ProducerNamesOptions options_;
  std::shared_ptr<Directory> directory_ = std::make_shared<Directory>();
  std::unique_ptr<ProducerNames> names_;
};

TEST_F(ProducerNamesTest, AConfiguredNameTakesNoLookUp) {
  Start({{1001, "gateway"}});
  EXPECT_EQ(NameOf(1001), "gateway");
  EXPECT_EQ(names_->WithoutLookUp(1001), "gateway");
  EXPECT_EQ(names_->WithoutLookUp(1002), "uid:1002");
  EXPECT_EQ(directory_->asked(), 0);
}

TEST_F(ProducerNamesTest, AnAccountsNameIsLookedUpOnceAndKept) {
  directory_->Set(1001, std::optional<std::string>("alice"));
  Start();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(NameOf(1001), "alice");
  EXPECT_EQ(NameOf(1002), "uid:1002") << "no account";
  EXPECT_EQ(NameOf(1002), "uid:1002");
  EXPECT_EQ(directory_->asked(), 2);
}

TEST_F(ProducerNamesTest, IsLookedUpAgainWhenItIsOld) {
  directory_->Set(1001, std::optional<std::string>("alice"));
  options_.keep = milliseconds(0);
  Start();
  EXPECT_EQ(NameOf(1001), "alice");
  directory_->Set(1001, std::optional<std::string>("bob"));
  EXPECT_EQ(NameOf(1001), "bob");
}

TEST_F(ProducerNamesTest, ANameThatCannotBeRecordedIsNot) {
  const std::vector<std::string> unusable = {
      "",        std::string(129, 'x'),     "\xff\xfe", "tab\there", "esc\x1b[2J",
      "del\x7f", std::string("nul\0in", 6), "uid:0",    "uid:",      "\xc3"};
  Start();
  for (uid_t uid = 0; uid < unusable.size(); ++uid) {
    directory_->Set(uid, std::optional<std::string>(unusable[uid]));
    EXPECT_EQ(NameOf(uid), "uid:" + std::to_string(uid));
  }
  const std::string longest = std::string(126, 'x') + "\xc3\xa4";
  directory_->Set(100, std::optional<std::string>(longest));
  EXPECT_EQ(NameOf(100), longest);
}

TEST_F(ProducerNamesTest, ASlowDirectoryKeepsNobodyElseWaiting) {
  directory_->Set(1001, std::optional<std::string>("alice"));
  Start({{1002, "gateway"}});
  EXPECT_EQ(NameOf(1001), "alice");
  directory_->Hang();
  std::future<std::string> slow = Find(1003);
  EXPECT_EQ(NameOf(1001), "alice");
  EXPECT_EQ(NameOf(1002), "gateway");
  EXPECT_EQ(slow.wait_for(seconds(0)), std::future_status::timeout);
  directory_->Set(1003, std::optional<std::string>("carol"));
  directory_->Release();
  EXPECT_EQ(slow.get(), "carol");
}

TEST_F(ProducerNamesTest, AllWhoWaitForOneNameAskOnce) {
  directory_->Set(1001, std::optional<std::string>("alice"));
  directory_->Hang();
  Start();
  std::vector<std::future<std::string>> all;
  for (int i = 0; i < 100; ++i) all.push_back(Find(1001));
  directory_->Release();
  for (auto& one : all) EXPECT_EQ(one.get(), "alice");
  EXPECT_EQ(directory_->asked(), 1);
}

TEST_F(ProducerNamesTest, WhoWaitsTooLongGetsTheStandInAndTheNextDoesNotWait) {
  directory_->Set(1001, std::optional<std::string>("alice"));
  directory_->Hang();
  options_.patience = milliseconds(20);
  Start();
  EXPECT_EQ(NameOf(1001), "uid:1001");
  EXPECT_EQ(Find(1001).wait_for(seconds(0)), std::future_status::ready);
  directory_->Release();
  EXPECT_TRUE(WaitUntil([&] { return NameOf(1001) == "alice"; }, seconds(20))) << "the answer that came late counts";
  EXPECT_EQ(directory_->asked(), 1);
}

TEST_F(ProducerNamesTest, WhatWasKnownLastStaysWhileTheDirectoryFails) {
  directory_->Set(1001, std::optional<std::string>("alice"));
  options_.keep = milliseconds(0);
  Start();
  EXPECT_EQ(NameOf(1001), "alice");
  directory_->Set(1001, Unavailable("the directory is down"));
  EXPECT_EQ(NameOf(1001), "alice");
  EXPECT_EQ(NameOf(1001), "alice");
  EXPECT_EQ(directory_->asked(), 2) << "a failure is not asked about again at once";
  directory_->Set(1002, Unavailable("the directory is down"));
  EXPECT_EQ(NameOf(1002), "uid:1002");
}

TEST_F(ProducerNamesTest, TooManyWhoWaitAreToldSo) {
  directory_->Hang();
  options_.max_waiting = 2;
  Start();
  std::vector<std::future<std::string>> waiting;
  waiting.push_back(Find(1));
  waiting.push_back(Find(2));
  const Status refused = names_->Find(3, [](const std::string&) { ADD_FAILURE() << "it was refused"; });
  EXPECT_EQ(refused.code(), Code::kResourceExhausted);
  EXPECT_EQ(refused.rule(), "account-names");
  directory_->Release();
  for (auto& one : waiting) one.get();
  EXPECT_EQ(NameOf(3), "uid:3");
}

TEST_F(ProducerNamesTest, KeepsNoMoreNamesThanItMay) {
  options_.max_names = 3;
  Start();
  for (uid_t uid = 0; uid < 10; ++uid) EXPECT_EQ(NameOf(uid), "uid:" + std::to_string(uid));
  EXPECT_EQ(directory_->asked(), 10);
  EXPECT_EQ(NameOf(9), "uid:9");
  EXPECT_EQ(directory_->asked(), 10) << "one of the latest is kept";
  EXPECT_EQ(NameOf(0), "uid:0");
  EXPECT_EQ(directory_->asked(), 11) << "the oldest was not";
}

TEST_F(ProducerNamesTest, EndsThoughALookUpHangs) {
  directory_->Hang();
  Start();
  auto held = std::make_shared<int>(0);
  const std::weak_ptr<int> alive = held;
  ASSERT_TRUE(names_->Find(1, [held = std::move(held)](const std::string&) { ADD_FAILURE() << "it ended"; }).ok());
  ASSERT_TRUE(WaitUntil([&] { return directory_->asked() == 1; }, seconds(20)));
  names_.reset();
  EXPECT_TRUE(alive.expired()) << "who waited was dropped";
}

TEST(ProducerRules, AreUsersAndNames) {
  const auto names = ProducerNames::ParseRules({"uid:1001=gateway", "root=the root of it=all"});
  ASSERT_TRUE(names.ok()) << names.status().ToString();
  EXPECT_EQ(names->at(1001), "gateway");
  EXPECT_EQ(names->at(0), "the root of it=all");
}

TEST(ProducerRules, ThatNameNobodyOrWhatCannotBeRecordedAreRefused) {
  for (const std::string rule :
       {"gateway", "uid:1=", "uid:1=uid:2", "uid:1=\xff", "nobody-of-this-name=x", "uid:x=y", "uid:1=a\tb"}) {
    const auto names = ProducerNames::ParseRules({rule});
    EXPECT_EQ(names.status().code(), Code::kInvalidArgument) << rule;
    EXPECT_EQ(names.status().rule(), "producer");
  }
  EXPECT_FALSE(ProducerNames::ParseRules({"uid:1=" + std::string(129, 'x')}).ok());
  EXPECT_THAT(ProducerNames::ParseRules({"uid:1=a", "uid:1=b"}).status().message(), HasSubstr("uid 1 is named twice"));
}

}  // namespace
}  // namespace envledger
