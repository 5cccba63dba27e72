// Replies and decisions about connections: what the outbox does with them, and what a peer gets of them.
#include "ledger/transport/reply.h"

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/transport/test_server.h"

namespace envledger {
namespace {

using testing::Optional;
using testing::SizeIs;

// An outbox and the slots in it own each other until it is emptied or closed, as a server's always is.
struct OwnOutbox {
  std::shared_ptr<Outbox> outbox;
  explicit OwnOutbox(std::function<void()> wake = [] {}) : outbox(std::make_shared<Outbox>(std::move(wake))) {}
  ~OwnOutbox() { outbox->Close(); }
  OwnOutbox(const OwnOutbox&) = delete;
  OwnOutbox& operator=(const OwnOutbox&) = delete;
};

std::shared_ptr<Reply::Slot> SlotIn(const std::shared_ptr<Outbox>& outbox) {
  return std::make_shared<Reply::Slot>(outbox, std::weak_ptr<Connection>(), 0);
}

TEST(Outbox, WakesTheLoopOncePerTakingWhateverIsPutIn) {
  int woken = 0;
  const OwnOutbox own([&woken] { ++woken; });
  const auto& outbox = own.outbox;
  Reply first(SlotIn(outbox));
  first.Send("one");
  Reply(SlotIn(outbox)).Send("two");
  { const NewConnection dropped(std::make_shared<NewConnection::Slot>(outbox, std::weak_ptr<Connection>())); }
  EXPECT_EQ(woken, 1);
  Outbox::Mail mail = outbox->TakeAll();
  ASSERT_THAT(mail.replies, SizeIs(2));
  EXPECT_THAT(mail.connections, SizeIs(1));
  EXPECT_EQ(mail.replies[0]->make(), "one");
  EXPECT_EQ(mail.replies[1]->make(), "two");
  EXPECT_THAT(outbox->TakeAll().replies, SizeIs(0));
  Reply(SlotIn(outbox)).Send("three");
  EXPECT_EQ(woken, 2);
}

TEST(Outbox, DiscardsEverythingOnceItIsClosed) {
  int woken = 0;
  const auto outbox = std::make_shared<Outbox>([&woken] { ++woken; });
  const auto slot = SlotIn(outbox);
  Reply(slot).Send("one");
  outbox->Close();
  Reply(SlotIn(outbox)).Send("two");
  EXPECT_THAT(outbox->TakeAll().replies, SizeIs(0));
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(slot.use_count(), 1);
}

TEST(ReplySlot, SaysWhetherItWasAnsweredOrDropped) {
  const OwnOutbox own;
  const auto& outbox = own.outbox;
  const auto sent = SlotIn(outbox);
  const auto dropped = SlotIn(outbox);
  Reply(sent).Send("one");
  { const Reply reply(dropped); }
  EXPECT_EQ(sent->answer, Reply::Slot::State::kSent);
  EXPECT_EQ(dropped->answer, Reply::Slot::State::kDropped);
}

TEST(ReplyWatch, TellsOnceThatTheReplyIsUnwantedHoweverLateItIsAsked) {
  const OwnOutbox own;
  const auto slot = SlotIn(own.outbox);
  Reply reply(slot);
  const Reply::Watch watch = reply.MakeWatch();
  int told = 0;
  int replaced = 0;
  watch.WhenUnwanted([&replaced] { ++replaced; });
  watch.WhenUnwanted([&told] { ++told; });
  EXPECT_FALSE(watch.Unwanted());
  reply.Send("late");
  slot->Abandon();
  slot->Abandon();
  EXPECT_TRUE(watch.Unwanted());
  EXPECT_EQ(told, 1);
  EXPECT_EQ(replaced, 0);
  watch.WhenUnwanted([&told] { ++told; });
  EXPECT_EQ(told, 2) << "it is so already";
}

class ReplyTest : public ServerTest {};

TEST_F(ReplyTest, RepliesAreInTheOrderOfFramesWhateverTheOrderOfSends) {
  Start();
  Hold();
  RawClient client(path_);
  constexpr size_t kFrames = 100;
  for (size_t i = 0; i < kFrames; ++i) ASSERT_TRUE(client.WriteFrame(std::to_string(i)));
  std::vector<Request> held = TakeHeld(kFrames);
  ASSERT_EQ(held.size(), kFrames);
  std::thread odd([&] {
    for (size_t i = kFrames; i-- > 0;) {
      if (i % 2 == 1) held[i].reply.Send("reply " + held[i].frame);
    }
  });
  for (size_t i = kFrames; i-- > 0;) {
    if (i % 2 == 0) held[i].reply.Send("reply " + held[i].frame);
  }
  odd.join();
  for (size_t i = 0; i < kFrames; ++i) ASSERT_THAT(client.ReadFrame(), Optional("reply " + std::to_string(i)));
}

TEST_F(ReplyTest, NothingIsWrittenAheadOfAnEarlierReply) {
  Start();
  Hold();
  RawClient client(path_);
  ASSERT_TRUE(client.WriteFrame("1") && client.WriteFrame("2"));
  std::vector<Request> held = TakeHeld(2);
  held[1].reply.Send("second");
  RawClient other(path_);
  ASSERT_TRUE(other.WriteFrame("3"));
  TakeHeld(1)[0].reply.Send("third");  // what was sent before it has been through the loop when it is read
  EXPECT_THAT(other.ReadFrame(), Optional(std::string("third")));
  char byte = 0;
  EXPECT_EQ(recv(client.fd(), &byte, 1, MSG_DONTWAIT), -1);
  held[0].reply.Send("first");
  EXPECT_THAT(client.ReadFrame(), Optional(std::string("first")));
  EXPECT_THAT(client.ReadFrame(), Optional(std::string("second")));
}

TEST_F(ReplyTest, AReplyIsMadeOnTheLoopsThreadWhenItsTurnComes) {
  Start();
  Hold();
  RawClient client(path_);
  ASSERT_TRUE(client.WriteFrame("1") && client.WriteFrame("2"));
  std::vector<Request> held = TakeHeld(2);
  std::atomic<int> made = 0;
  std::promise<std::thread::id> made_on[2];
  held[1].reply.Send([&] {
    EXPECT_EQ(made++, 1);
    made_on[1].set_value(std::this_thread::get_id());
    return std::string("second");
  });
  held[0].reply.Send([&] {
    EXPECT_EQ(made++, 0);
    made_on[0].set_value(std::this_thread::get_id());
    return std::string("first");
  });
  EXPECT_THAT(client.ReadFrame(), Optional(std::string("first")));
  EXPECT_THAT(client.ReadFrame(), Optional(std::string("second")));
  for (auto& thread : made_on) EXPECT_EQ(thread.get_future().get(), HandlerThread());
}

TEST_F(ReplyTest, AReplyThatIsMadeEmptyClosesTheConnection) {
  Start();
  Hold();
  RawClient client(path_);
  ASSERT_TRUE(client.WriteFrame("1") && client.WriteFrame("2"));
  std::vector<Request> held = TakeHeld(2);
  held[0].reply.Send([] { return std::string("first"); });
  held[1].reply.Send([] { return std::string(); });
  EXPECT_THAT(client.ReadFrame(), Optional(std::string("first")));
  EXPECT_EQ(client.ReadFrame(), std::nullopt);
  EXPECT_TRUE(WaitForConnections(0));
  EXPECT_EQ(Stats().inflight_bytes, 0u);
}

TEST_F(ReplyTest, NoReplyIsMadeForAConnectionThatIsGone) {
  Start();
  Hold();
  RawClient client(path_);
  ASSERT_TRUE(client.WriteFrame("1"));
  std::vector<Request> held = TakeHeld(1);
  server_.reset();
  held[0].reply.Send([]() -> std::string {
    ADD_FAILURE() << "nobody reads it";
    return "reply";
  });
}

TEST_F(ReplyTest, ADroppedReplyClosesTheConnectionAfterTheRepliesBeforeIt) {
  Start();
  Hold();
  RawClient client(path_);
  for (const char* frame : {"1", "2", "3"}) ASSERT_TRUE(client.WriteFrame(frame));
  std::vector<Request> held = TakeHeld(3);
  held[2].reply.Send("never read");
  { const Reply dropped = std::move(held[1].reply); }
  held[0].reply.Send("first");
  EXPECT_THAT(client.ReadFrame(), Optional(std::string("first")));
  EXPECT_EQ(client.ReadFrame(), std::nullopt);
  EXPECT_TRUE(WaitForConnections(0));
  EXPECT_EQ(Stats().inflight_bytes, 0u);
}

TEST_F(ReplyTest, AReplyAssignedOverIsDroppedAndAMovedFromReplyIsNot) {
  Start();
  Hold();
  RawClient kept(path_);
  RawClient lost(path_);
  ASSERT_TRUE(kept.WriteFrame("kept"));
  std::vector<Request> first = TakeHeld(1);
  ASSERT_TRUE(lost.WriteFrame("lost"));
  {
    std::vector<Request> second = TakeHeld(1);
    Reply reply = std::move(second[0].reply);
    reply = std::move(first[0].reply);
    reply.Send("answer");
    reply.Send("once only");
  }
  EXPECT_THAT(kept.ReadFrame(), Optional(std::string("answer")));
  EXPECT_EQ(lost.ReadFrame(), std::nullopt);
}

TEST_F(ReplyTest, AReplyMayOutliveTheServer) {
  Start();
  Hold();
  RawClient client(path_);
  ASSERT_TRUE(client.WriteFrame("1") && client.WriteFrame("2"));
  std::vector<Request> held = TakeHeld(2);
  server_.reset();
  EXPECT_TRUE(client.ReadToEnd());
  held[0].reply.Send("nobody hears this");
  held.clear();
}

}  // namespace
}  // namespace envledger
