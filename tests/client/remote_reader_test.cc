#include "ledger/client/remote_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ledger/transport/server.h"
#include "tests/support/temp_dir.h"

namespace envledger {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

// Answers every kind of question with a value of its own.
ResponseBody AnswerTo(const Request& request) {
  struct Visitor {
    ResponseBody operator()(const QueryRequest& r) const {
      QueryResponse response;
      response.completeness.scanned = r.limit;
      return response;
    }
    ResponseBody operator()(const EnvelopeRequest& r) const {
      EnvelopeResponse response;
      response.envelope.envelope_id = r.envelope_id;
      return response;
    }
    ResponseBody operator()(const PrincipalsRequest& r) const {
      PrincipalsResponse response;
      response.completeness.scanned = r.limit;
      return response;
    }
    ResponseBody operator()(const EntriesRequest& r) const { return EntriesResponse{{}, r.from_seq}; }
    ResponseBody operator()(const CheckpointsRequest& r) const {
      return CheckpointsResponse{{std::to_string(r.from_size)}};
    }
    ResponseBody operator()(const InclusionProofRequest& r) const {
      return InclusionProofResponse{std::to_string(r.seq), 1, {}, {}, {}};
    }
    ResponseBody operator()(const ConsistencyProofRequest& r) const {
      return ConsistencyProofResponse{r.old_size, r.old_size + 1, {}, {}, {}, {}};
    }
    ResponseBody operator()(const EventsRequest& r) const { return EventsResponse{{r.name}, 1}; }
    ResponseBody operator()(const StatusRequest&) const {
      StatusResponse response;
      response.origin = "here";
      return response;
    }
    ResponseBody operator()(const FollowRequest& r) const { return EntriesResponse{{}, 1000 + r.from_seq}; }
    ResponseBody operator()(const PingRequest&) const { return PingResponse{}; }
    ResponseBody operator()(const AppendRequest&) const { return AppendResponse{}; }
  };
  return std::visit(Visitor(), request.body);
}

class RemoteReaderTest : public ::testing::Test {
 protected:
  void Start() {
    auto fd = ListenUnix(path_, 0600, 8);
    ASSERT_TRUE(fd.ok()) << fd.status().ToString();
    std::vector<Listener> listeners;
    listeners.push_back({.fd = *std::move(fd),
                         .name = "audit",
                         .admit = [](const Peer&) { return Ok(); },
                         .open =
                             [](const Peer&, NewConnection connection) {
                               connection.Accept([](std::string frame, Reply reply) {
                                 const auto request = DecodeRequest(frame);
                                 if (!request.ok()) return;  // drops the reply
                                 reply.Send(EncodeResponse({request->correlation, AnswerTo(*request)}));
                               });
                             }});
    const auto encode_error = [](const Status&) { return std::string("error"); };
    auto server = Server::Start(std::move(listeners), {}, encode_error, counters_);
    ASSERT_TRUE(server.ok()) << server.status().ToString();
    server_ = *std::move(server);
    server_->Accept();
  }

  TempDir directory_;
  const std::string path_ = directory_.path() + "/audit.sock";
  ServerCounters counters_;
  std::unique_ptr<Server> server_;
};

TEST_F(RemoteReaderTest, AsksEachQuestionAndGivesItsAnswer) {
  Start();
  const auto reader = RemoteReader::Connect(path_, seconds(20));
  ASSERT_TRUE(reader.ok()) << reader.status().ToString();
  LedgerReader& ledger = **reader;
  QueryRequest query;
  query.limit = 3;
  EXPECT_EQ(ledger.Query(query)->completeness.scanned, 3u);
  EXPECT_EQ(ledger.FindEnvelope({"env-7"})->envelope.envelope_id, "env-7");
  EXPECT_EQ(ledger.Principals({{}, 4, ""})->completeness.scanned, 4u);
  EXPECT_EQ(ledger.Entries({5, 1})->tree_size, 5u);
  EXPECT_EQ(ledger.Checkpoints({6, 1, false, false})->notes.at(0), "6");
  EXPECT_EQ(ledger.InclusionProof({7, 9})->entry, "7");
  EXPECT_EQ(ledger.ConsistencyProof({8, 9})->old_size, 8u);
  EXPECT_EQ(ledger.Events({"opened", 0, 0})->entries.at(0), "opened");
  EXPECT_EQ(ledger.Status({})->origin, "here");
  EXPECT_EQ(ledger.Follow({9, 1, 1})->tree_size, 1009u);
}

TEST_F(RemoteReaderTest, WithoutADaemonNothingIsSaidToBeMissingFromTheLedger) {
  const auto reader = RemoteReader::Connect(path_, seconds(20));
  EXPECT_EQ(reader.status().code(), Code::kUnavailable);
  EXPECT_THAT(reader.status().message(), HasSubstr("no ledger at " + path_));
}

TEST_F(RemoteReaderTest, ADaemonThatEndsIsUnavailable) {
  Start();
  const auto reader = RemoteReader::Connect(path_, seconds(20));
  ASSERT_TRUE(reader.ok());
  server_.reset();
  EXPECT_EQ((*reader)->Status({}).status().code(), Code::kUnavailable);
}

}  // namespace
}  // namespace envledger
