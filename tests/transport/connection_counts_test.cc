#include "ledger/transport/connection_counts.h"

#include <gtest/gtest.h>

namespace envledger {
namespace {

ServerLimits Limits() {
  ServerLimits limits;
  limits.max_connections_per_process = 2;
  limits.max_connections_per_user_without_pid = 3;
  return limits;
}

Peer PeerWith(pid_t pid, uid_t uid) { return {.uid = uid, .gid = 0, .pid = pid, .groups = {}}; }

TEST(ConnectionCounts, AProcessHasItsShareWhateverOthersHave) {
  ConnectionCounts counts{Limits()};
  const Peer one = PeerWith(100, 1000);
  const Peer other = PeerWith(101, 1000);
  counts.Add(one);
  EXPECT_TRUE(counts.Check(one).ok());
  counts.Add(one);
  EXPECT_EQ(counts.Check(one).rule(), "max-connections-per-process");
  EXPECT_EQ(counts.Check(one).code(), Code::kResourceExhausted);
  EXPECT_TRUE(counts.Check(other).ok());
}

TEST(ConnectionCounts, AProcessThatChangedItsUserIsStillTheSame) {
  ConnectionCounts counts{Limits()};
  counts.Add(PeerWith(100, 0));
  counts.Add(PeerWith(100, 1000));
  EXPECT_FALSE(counts.Check(PeerWith(100, 1001)).ok());
}

TEST(ConnectionCounts, ProcessesWithoutAPidAreCountedByUserAgainstALimitOfTheirOwn) {
  ConnectionCounts counts{Limits()};
  const Peer hidden = PeerWith(0, 1000);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(counts.Check(hidden).ok()) << "they are many processes, not one: " << i;
    counts.Add(hidden);
  }
  EXPECT_EQ(counts.Check(hidden).rule(), "max-connections-per-user-without-pid");
  EXPECT_EQ(counts.Check(hidden).code(), Code::kResourceExhausted);
  EXPECT_TRUE(counts.Check(PeerWith(0, 1001)).ok()) << "another user";
  EXPECT_TRUE(counts.Check(PeerWith(100, 1000)).ok()) << "a process that can be told apart";
}

TEST(ConnectionCounts, RootWithoutAPidIsNoOtherThanAnyUser) {
  ConnectionCounts counts{Limits()};
  for (int i = 0; i < 3; ++i) counts.Add(PeerWith(0, 0));
  EXPECT_FALSE(counts.Check(PeerWith(0, 0)).ok());
  EXPECT_TRUE(counts.Check(PeerWith(0, 1000)).ok());
}

TEST(ConnectionCounts, WhatIsRemovedMakesRoom) {
  ConnectionCounts counts{Limits()};
  for (const Peer& peer : {PeerWith(100, 1000), PeerWith(0, 1000)}) {
    while (counts.Check(peer).ok()) counts.Add(peer);
    counts.Remove(peer);
    EXPECT_TRUE(counts.Check(peer).ok());
    counts.Add(peer);
    EXPECT_FALSE(counts.Check(peer).ok());
  }
}

}  // namespace
}  // namespace envledger
