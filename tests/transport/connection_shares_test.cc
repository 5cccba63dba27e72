#include "ledger/transport/connection_shares.h"

#include <gtest/gtest.h>

#include <memory>

namespace envledger {
namespace {

ServerLimits Limits(size_t connections, size_t per_process = 1024) {
  ServerLimits limits;
  limits.max_connections = connections;
  limits.max_connections_per_process = per_process;
  return limits;
}

Peer PeerWith(pid_t pid, uid_t uid) { return {.uid = uid, .gid = 0, .pid = pid, .groups = {}}; }

// Adds connections until one is refused; returns how many there were.
size_t Fill(ConnectionShares& shares, const Peer& peer) {
  size_t count = 0;
  for (; shares.Check(peer).ok(); ++count) shares.Add(peer);
  return count;
}

// A handle of its own address that nobody looks behind.
std::shared_ptr<Connection> Handle() {
  const auto owner = std::make_shared<char>();
  return {owner, reinterpret_cast<Connection*>(owner.get())};
}

TEST(ConnectionShares, AProcessHasItsShareWhateverOthersHave) {
  ConnectionShares shares{Limits(100, 2)};
  const Peer one = PeerWith(100, 1000);
  EXPECT_EQ(Fill(shares, one), 2u);
  EXPECT_EQ(shares.Check(one).rule(), "max-connections-per-process");
  EXPECT_EQ(shares.Check(one).code(), Code::kResourceExhausted);
  EXPECT_TRUE(shares.Check(PeerWith(101, 1000)).ok());
}

TEST(ConnectionShares, AProcessThatChangedItsUserIsStillTheSame) {
  ConnectionShares shares{Limits(100, 2)};
  shares.Add(PeerWith(100, 0));
  shares.Add(PeerWith(100, 1000));
  EXPECT_FALSE(shares.Check(PeerWith(100, 1001)).ok());
}

TEST(ConnectionShares, ProcessesWithoutAPidAreManyProcesses) {
  ConnectionShares shares{Limits(100, 2)};
  EXPECT_EQ(Fill(shares, PeerWith(0, 1000)), 50u);
  EXPECT_EQ(shares.Check(PeerWith(0, 1000)).rule(), "max-connections");
}

TEST(ConnectionShares, EachFurtherUserHasHalfOfTheRestAndThereIsAlwaysRoomForAnother) {
  ConnectionShares shares{Limits(1024)};
  EXPECT_EQ(Fill(shares, PeerWith(0, 1)), 512u);
  EXPECT_EQ(Fill(shares, PeerWith(0, 2)), 256u);
  EXPECT_EQ(Fill(shares, PeerWith(0, 3)), 128u);
  EXPECT_EQ(Fill(shares, PeerWith(0, 1)), 0u);
  EXPECT_TRUE(shares.Check(PeerWith(0, 4)).ok());
}

TEST(ConnectionShares, ASmallServerServesOneUserToo) {
  ConnectionShares shares{Limits(1)};
  EXPECT_EQ(Fill(shares, PeerWith(5, 1)), 1u);
  EXPECT_EQ(shares.Check(PeerWith(6, 2)).rule(), "max-connections");
}

TEST(ConnectionShares, WhatIsRemovedMakesRoom) {
  ConnectionShares shares{Limits(8, 3)};
  for (const Peer& peer : {PeerWith(100, 1000), PeerWith(0, 1001)}) {
    Fill(shares, peer);
    shares.Remove(peer);
    EXPECT_TRUE(shares.Check(peer).ok());
    shares.Add(peer);
    EXPECT_FALSE(shares.Check(peer).ok());
  }
}

TEST(ConnectionShares, AUserWithTooManyLosesItsOwnLongestIdle) {
  ConnectionShares shares{Limits(8)};
  const Peer one = PeerWith(0, 1);
  const Peer other = PeerWith(0, 2);
  ASSERT_EQ(Fill(shares, one), 4u);
  EXPECT_EQ(shares.ToClose(one), nullptr) << "none is idle";
  shares.Add(other);
  const auto others = Handle();
  const auto first = Handle();
  const auto second = Handle();
  shares.AddIdle(other, others);
  const auto place = shares.AddIdle(one, first);
  shares.AddIdle(one, second);
  EXPECT_EQ(shares.ToClose(one), first);
  shares.Busy(one, place);
  EXPECT_EQ(shares.ToClose(one), second);
}

TEST(ConnectionShares, WhenAllAreTakenTheUserWithMostGivesWay) {
  ConnectionShares shares{Limits(4)};
  const Peer big = PeerWith(0, 1);
  const Peer small = PeerWith(0, 2);
  const Peer last = PeerWith(0, 3);
  ASSERT_EQ(Fill(shares, big), 2u);
  ASSERT_EQ(Fill(shares, small), 1u);
  ASSERT_EQ(Fill(shares, last), 1u);
  const auto of_small = Handle();
  shares.AddIdle(small, of_small);
  EXPECT_EQ(shares.ToClose(PeerWith(0, 4)), of_small) << "the only idle one";
  const auto of_big = Handle();
  shares.AddIdle(big, of_big);
  EXPECT_EQ(shares.ToClose(PeerWith(0, 4)), of_big);
}

TEST(ConnectionShares, AFullProcessGetsNoRoomFromOthers) {
  ConnectionShares shares{Limits(4, 1)};
  const Peer one = PeerWith(7, 1);
  shares.Add(one);
  const auto idle = Handle();
  shares.AddIdle(one, idle);
  EXPECT_EQ(shares.ToClose(one), nullptr);
}

}  // namespace
}  // namespace envledger
