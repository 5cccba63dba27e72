// What auditors cost producers: how long an append takes alone, beside eight of the dearest questions, and beside 32
// followers; and how long `status` waits beside the questions.
//
//   interference_bench [--entries N] [--issuers N] [--seconds S] [--dir DIR]
//
// A real daemon gets N entries (200,000 unless told otherwise) of ordinary traffic, and records that name N issuers
// (60,000) of one principal's id. Then appends of one record, one after the other on one connection, and batches of
// 256, four at a time, are measured for S seconds (10) each: alone, beside the questions, alone again, beside the
// followers. Each question is asked again as soon as it is answered, all its pages. The threads that ask have the lowest
// priority, so that what is measured is the daemon's work and not theirs. Ratios of one run are comparable; absolute
// figures are the machine's. Run the old and the new daemon alternately.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "ledger/client/append_client.h"
#include "ledger/client/remote_reader.h"
#include "ledger/codec/transition.h"
#include "tests/bench/bench.h"
#include "tests/support/daemon.h"
#include "tests/support/traffic.h"

namespace envledger {
namespace {

constexpr int kFollowers = 32;
constexpr size_t kIssuersInOneRecord = 300;
constexpr std::chrono::minutes kPatience{10};

struct Arguments {
  uint64_t entries = 200'000;
  uint64_t issuers = 60'000;
  int seconds = 10;
};

// Milliseconds.
struct Latencies {
  std::vector<double> all;
  double At(double part) {
    if (all.empty()) return 0;
    std::sort(all.begin(), all.end());
    return all[std::min(all.size() - 1, static_cast<size_t>(part * static_cast<double>(all.size())))];
  }
};

struct Figures {
  Latencies single;
  Latencies status;
  double batched = 0;  // entries a second
  uint64_t pages = 0;  // of answers, meanwhile
};

// Threads that do something again and again until they are destroyed.
class Crowd {
 public:
  using Act = std::function<bool()>;  // false: there is nothing more to do

  void Add(std::function<Act()> begin) {
    threads_.emplace_back([this, begin = std::move(begin)] {
      setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), 19);
      const Act act = begin();
      while (!stop_ && act()) ++acts_;
    });
  }
  ~Crowd() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
  }
  uint64_t acts() const { return acts_; }

 private:
  std::atomic<bool> stop_ = false;
  std::atomic<uint64_t> acts_ = 0;
  std::vector<std::thread> threads_;
};

class Bench {
 public:
  explicit Bench(const Arguments& arguments) : arguments_(arguments) {
    ledger_.Start();
    const std::string lines = ledger_.path("transitions.jsonl");
    WriteLines(lines, arguments.entries);
    const Ended appended = ledger_.Tool({"append", lines, "--append-socket", ledger_.append_socket()});
    if (appended.status != 0) Must(Internal(appended.err));
    client_ = AppendClient::Create({.socket_path = ledger_.append_socket(), .deadline = kPatience});
    NameIssuers(arguments.issuers);
  }

  int Run() {
    Figures alone = Measure({});
    Figures asked = Measure([this](Crowd& crowd) { AddQuestions(crowd); });
    Figures again = Measure({});
    Figures followed = Measure([this](Crowd& crowd) { AddFollowers(crowd); });
    std::printf("%-28s %10s %10s %10s %12s %12s %12s %8s\n", "", "p50 ms", "p99 ms", "appends/s", "batched/s",
                "status p50", "status max", "pages");
    Print("alone", alone, nullptr);
    Print("beside 8 dear questions", asked, &alone);
    Print("alone again", again, nullptr);
    Print("beside 32 followers", followed, &again);
    return ledger_.Stop().status;
  }

 private:
  void NameIssuers(uint64_t issuers) {
    for (uint64_t named = 0, record = 0; named < issuers; ++record) {
      Transition t = Requested("many-" + std::to_string(record), "user-1");
      for (size_t i = 0; i < kIssuersInOneRecord && named < issuers; ++i, ++named) {
        DelegationHop& hop = t.identity->delegation.emplace_back();
        hop.actor = {PrincipalKind::kUser, "https://issuer-" + std::to_string(named), "shared"};
        hop.binding = HopBinding::kAsserted;
      }
      Must(client_->Append(t).get());
    }
  }

  std::unique_ptr<LedgerReader> Connect() const {
    return Must(RemoteReader::Connect(ledger_.audit_socket(), kPatience));
  }

  // Asks the same question again and again, page by page.
  template <typename Request, typename Ask>
  void AddQuestion(Crowd& crowd, Request question, Ask ask) {
    crowd.Add([this, question, ask]() -> Crowd::Act {
      std::shared_ptr<LedgerReader> reader = Connect();
      return [reader, question, ask, request = question]() mutable {
        const auto page = (reader.get()->*ask)(request);
        request.cursor = page.ok() ? page->completeness.next_cursor : std::string();
        return page.ok() || page.status().code() == Code::kResourceExhausted;
      };
    });
  }

  void AddQuestions(Crowd& crowd) {
    QueryRequest shared;
    shared.in_parts = true;
    QueryRequest scan = shared;
    QueryRequest nothing = shared;
    QueryRequest all = shared;
    QueryRequest rarely = shared;
    QueryRequest often = shared;
    PrincipalsRequest nobody;
    shared.principal.emplace().id = "shared";
    scan.scan = true;
    scan.open = true;
    nothing.stages = {Stage::kLost};
    all.descending = true;
    rarely.since = kTestMorning;
    rarely.target = "model:model-7";
    rarely.relations = {Relation::kWithheld};
    often.principal.emplace().id = "user-1";
    often.stages = {Stage::kLost};
    nobody.filter.roles = kDecider;
    AddQuestion(crowd, shared, &LedgerReader::Query);
    AddQuestion(crowd, scan, &LedgerReader::Query);
    AddQuestion(crowd, nothing, &LedgerReader::Query);
    AddQuestion(crowd, all, &LedgerReader::Query);
    AddQuestion(crowd, rarely, &LedgerReader::Query);
    AddQuestion(crowd, often, &LedgerReader::Query);
    AddQuestion(crowd, nobody, &LedgerReader::Principals);
    crowd.Add([this]() -> Crowd::Act {  // reads the whole ledger, as verify does
      std::shared_ptr<LedgerReader> reader = Connect();
      return [reader, next = uint64_t{0}]() mutable {
        const auto page = reader->Entries({next, 0});
        next = page.ok() && !page->entries.empty() ? next + page->entries.size() : 0;
        return page.ok();
      };
    });
  }

  void AddFollowers(Crowd& crowd) {
    const uint64_t end = Connect()->Status({})->tree_size;
    for (int i = 0; i < kFollowers; ++i) {
      crowd.Add([this, end]() -> Crowd::Act {
        std::shared_ptr<LedgerReader> reader = Connect();
        return [reader, next = end]() mutable {
          const auto page = reader->Follow({next, 0, 500});
          if (page.ok()) next += page->entries.size();
          return page.ok();
        };
      });
    }
  }

  Figures Measure(const std::function<void(Crowd&)>& populate) {
    Figures figures;
    Crowd crowd;
    if (populate) {
      populate(crowd);
      while (crowd.acts() < 4) std::this_thread::yield();
    }
    const uint64_t before = crowd.acts();
    std::atomic<bool> stop = false;
    std::thread asks_status([&] {
      const auto reader = Connect();
      while (!stop) {
        figures.status.all.push_back(1000 * Time([&] { Must(reader->Status({})); }));
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
    });
    AppendOneByOne(figures);
    AppendBatches(figures);
    stop = true;
    asks_status.join();
    figures.pages = crowd.acts() - before;
    return figures;
  }

  std::string NextTransition() {
    const std::string id = "late-" + std::to_string(++appended_);
    return Must(EncodeTransition(Requested(id, "user-" + std::to_string(appended_ % 1000))));
  }

  void AppendOneByOne(Figures& figures) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(arguments_.seconds);
    while (std::chrono::steady_clock::now() < end) {
      const std::string transition = NextTransition();
      figures.single.all.push_back(1000 * Time([&] { Must(client_->AppendBatch({{transition, {}}}).get()); }));
    }
  }

  void AppendBatches(Figures& figures) {
    const auto begin = std::chrono::steady_clock::now();
    const auto end = begin + std::chrono::seconds(arguments_.seconds);
    std::vector<std::future<Result<std::vector<Acknowledgment>>>> under_way(4);
    uint64_t entries = 0;
    for (size_t next = 0; std::chrono::steady_clock::now() < end; next = (next + 1) % under_way.size()) {
      std::vector<AppendRecord> batch;
      for (int i = 0; i < 256; ++i) batch.push_back({NextTransition(), {}});
      if (under_way[next].valid()) entries += Must(under_way[next].get()).size();
      under_way[next] = client_->AppendBatch(batch);
    }
    for (auto& one : under_way) {
      if (one.valid()) entries += Must(one.get()).size();
    }
    figures.batched =
        static_cast<double>(entries) / std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }

  void Print(const char* name, Figures& figures, Figures* alone) const {
    const double p50 = figures.single.At(0.5);
    const double p99 = figures.single.At(0.99);
    const double rate = static_cast<double>(figures.single.all.size()) / arguments_.seconds;
    std::printf("%-28s %10.2f %10.2f %10.0f %12.0f %12.2f %12.2f %8lu\n", name, p50, p99, rate, figures.batched,
                figures.status.At(0.5), figures.status.At(1), static_cast<unsigned long>(figures.pages));
    if (alone == nullptr) return;
    const double alone_rate = static_cast<double>(alone->single.all.size()) / arguments_.seconds;
    std::printf("%-28s %9.2fx %9.2fx %9.2fx %11.2fx\n", "", p50 / alone->single.At(0.5), p99 / alone->single.At(0.99),
                rate / alone_rate, figures.batched / alone->batched);
  }

  const Arguments arguments_;
  ServedLedger ledger_;
  std::unique_ptr<AppendClient> client_;
  uint64_t appended_ = 0;
};

int Main(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--entries") {
      arguments.entries = std::strtoull(argv[i + 1], nullptr, 10);
    } else if (name == "--issuers") {
      arguments.issuers = std::strtoull(argv[i + 1], nullptr, 10);
    } else if (name == "--seconds") {
      arguments.seconds = std::atoi(argv[i + 1]);
    } else if (name == "--dir") {
      setenv("TMPDIR", argv[i + 1], 1);
    }
  }
  return Bench(arguments).Run();
}

}  // namespace
}  // namespace envledger

int main(int argc, char** argv) { return envledger::Main(argc, argv); }
