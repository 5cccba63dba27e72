// Writes a few valid inputs of every target into the given directory, a folder for each target: what libFuzzer begins
// with. tests/fuzz/corpus holds the best of these and of what it found.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "ledger/chain/tile.h"
#include "ledger/chain/tlog_proof.h"
#include "ledger/codec/json.h"
#include "ledger/crypto/timestamp.h"
#include "ledger/files/file.h"
#include "ledger/query/cursor.h"
#include "ledger/report/gather.h"
#include "ledger/report/page.h"
#include "tests/codec/samples.h"
#include "tests/fuzz/recorded_daemon.h"
#include "tests/fuzz/stamped.h"
#include "tests/fuzz/tool.h"
#include "tests/protocol/messages.h"
#include "tests/support/day.h"
#include "tests/support/fake_ledger.h"
#include "tests/support/memory_ledger.h"
#include "tests/support/paths.h"
#include "tests/support/temp_dir.h"
#include "tests/support/timestamp_authority.h"

namespace envledger::fuzz {
namespace {

namespace fs = std::filesystem;

class Seeds {
 public:
  explicit Seeds(fs::path directory) : directory_(std::move(directory)) {}

  void Add(const std::string& target, const std::string& name, const std::string& input) const {
    fs::create_directories(directory_ / target);
    std::ofstream file(directory_ / target / name, std::ios::binary);
    if (!(file << input).flush()) throw std::runtime_error("cannot write a seed of " + target);
  }

 private:
  const fs::path directory_;
};

std::string Framed(const std::string& bytes) { return FrameHeader(static_cast<uint32_t>(bytes.size())) + bytes; }

void AddMessages(const Seeds& seeds) {
  size_t number = 0;
  for (const Request& request : Requests()) {
    const std::string bytes = EncodeRequest(request);
    seeds.Add("request", "request_" + std::to_string(number++), bytes);
    if (bytes.size() < 400)
      seeds.Add("frame", "frames_" + std::to_string(number), "\x03" + Framed(bytes) + Framed("x"));
  }
  std::string without_id = EncodeRequest({1, EnvelopeRequest{"env-1"}});
  const size_t id = without_id.find("env-1");
  without_id.replace(id - 4, 9, 9, '\0');  // the length too: an empty text that is not absent
  seeds.Add("request", "envelope_with_empty_id", without_id);
  for (const Response& response : Responses()) {
    seeds.Add("response", "response_" + std::to_string(number++), EncodeResponse(response));
  }
}

std::string Read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

const fs::path kTree = ENVLEDGER_SOURCE_DIR;

void AddTransitions(const Seeds& seeds) {
  std::string lines;
  for (const Stage stage : kAllStages) {
    const Transition transition = FullTransition(stage);
    const std::string name(Name(stage));
    const std::string json = TransitionJson(transition);
    seeds.Add("transition", name, *EncodeTransition(transition));
    seeds.Add("transition_json", name, json);
    if (stage == Stage::kRequested || stage == Stage::kGranted || stage == Stage::kCompleted) lines += json + "\n";
  }
  seeds.Add("envelope", "requested_granted_completed", lines);
  seeds.Add("envelope", "denied",
            TransitionJson(FullTransition(Stage::kRequested)) + "\n" + TransitionJson(FullTransition(Stage::kDenied)));
  seeds.Add("json", "transition", TransitionJson(day::Requested("env-1", day::User("alice"))));
  seeds.Add("json", "values", R"([{"a":"\u00e9\ud83d\ude00\n"}, -10, true, false, [[]], "", {}])");
}

void AddEntries(const Seeds& seeds, FakeLedger& ledger) {
  for (const fs::directory_entry& file : fs::directory_iterator(kTree / "tests/data/golden")) {
    const std::string name = file.path().stem().string();
    if (!name.starts_with("entry_")) continue;
    std::string hex = Read(file.path());
    std::erase_if(hex, [](char c) { return c == '\n'; });
    seeds.Add("entry", name, *ParseHex(hex));
  }
  for (size_t seq = 0; seq < ledger.log.size(); ++seq) {
    seeds.Add("entry", "record_" + std::to_string(seq), ledger.log[seq]);
  }
  const std::vector<LedgerEvent> events = {
      Opened{"0.1.0", 7, true},
      Closed{"stopped"},
      ConfigurationChanged{{{"audit-queries", "on"}}},
      ClockStepped{5, 3},
      AppendsRefused{4, {{"gateway", 1000, "legal-move", 3}}},
      QueryServed{.uid = 1, .gid = 2, .pid = 3, .request = "query", .filters = {{"tenant", "search"}}, .results = 4}};
  EntryBuilder builder;
  EntryHeader header;
  header.seq = 4;
  for (const LedgerEvent& event : events) {
    seeds.Add("entry", std::string(EventName(event)), std::string(*builder.Build(header, event)));
  }
}

void AddProofs(const Seeds& seeds) {
  const std::vector<std::string> entries = SealedStories(5);
  const SubtreeReader tree = SubtreesOf(entries);
  const std::string note = SignedNote(entries);
  seeds.Add("note", "checkpoint", note);
  seeds.Add("note", "checkpoint_text", FormatCheckpoint({kTestOrigin, 5, RootOf(entries)}));
  seeds.Add("note", "verifier_key", FormatVerifierKey(TestVerifierKey()));
  const SigningKey old_key = TestKey(1);
  const SigningKey new_key = TestKey(2);
  seeds.Add("note", "rotation", RotationNote(kTestOrigin, MakeRotation(kTestOrigin, old_key, new_key)));
  seeds.Add("proof_file", "inclusion", FormatTlogProof({"extra", 2, *InclusionProof(2, 5, tree), note}));
  seeds.Add("proof_file", "growth", FormatAddCheckpoint({3, *ConsistencyProof(3, 5, tree), note}));
  seeds.Add("tree_proof", "any", std::string(24, '\7') + std::string(40, '\0') + std::string(64, '\1'));
  seeds.Add("tile", "path", "tile/0/x001/x234/067.p/8");
  seeds.Add("tile", "bundle_path", "tile/entries/x001/067");
  seeds.Add("tile", "tile", std::string(1, '\1') + EncodeTile({HashOf(1), HashOf(2)}));
  std::string bundle(1, '\1');
  for (const char* entry : {"one", "two"}) {
    if (!AppendToBundle(bundle, entry).ok()) throw std::runtime_error("a small entry does not fit");
  }
  seeds.Add("tile", "bundle", bundle);
}

void AddTimestamps(const Seeds& seeds) {
  TimestampAuthority::Options with_more{.name = "More"};
  with_more.key = "rsa";
  with_more.with_intermediate = true;
  for (const auto& options : {TimestampAuthority::Options{}, with_more}) {
    const TimestampAuthority authority(options);
    seeds.Add("timestamp", options.name,
              authority.ca_pem() + std::string(1, '\0') + authority.Answer(*MakeTimestampQuery(kStamped)));
  }
}

void AddTexts(const Seeds& seeds) {
  size_t number = 0;
  seeds.Add("config", "default", Read(kTree / "systemd/envledger.conf"));
  seeds.Add("config", "few", "append-socket = /run/a\n# comment\nmax-frame-bytes = 1048576\nproducer = 1000:gateway\n");
  for (const char* text : {"8", "500m", "64Gi", "-1.5", "1e3", ".25Ki", "9223372036854775807m"}) {
    seeds.Add("quantity", "quantity_" + std::to_string(number++), text);
  }
  for (const char* text :
       {"2026-03-17T09:30:00.25Z", "2016-12-31T23:59:60Z", "2026-03-17T11:30:00+02:00", "2026-03-17", "1d12h", "90m"}) {
    seeds.Add("time", "time_" + std::to_string(number++), text);
  }
  QueryRequest query;
  query.tenant = "search";
  for (const auto& [name, place] :
       {std::pair("of_the_query", "17"), std::pair("in_an_envelope", "17.3.3.18.0.1.1.0")}) {
    seeds.Add("cursor", name, std::string(place) + "\n" + CursorAfter(QuestionOf(query), place));
  }
  seeds.Add("text", "scripts",
            "\x0a"
            "plain, \x1b[2J \xe2\x80\xae \xd8\xb9\xd8\xb1 \xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb =1+1\n\xff");
  seeds.Add("text", "base64",
            "\x05"
            "aGVsbG8=");
  seeds.Add(
      "filters", "query",
      "principal=user:alice\nissuer=https://id.example.com\nrole=requester,decider\ntenant=search\nkind=inference\n"
      "target=model:llama\nscope=project:search\nstage=granted,started\n");
  seeds.Add("filters", "envelope", "envelope=env-1\nat=2026-03-17T09:30:00Z\n");
  seeds.Add("filters", "times", "since=2026-03-17T09:30:00Z\nuntil=2026-03-18T09:30:00Z\nopen=\nlimit=10\n");
  const TempDir directory;
  const std::string path = directory.path() + "/key.pem";
  if (!TestKey(1).Create(path).ok()) throw std::runtime_error("cannot create a key");
  seeds.Add("key_file", "ed25519", Read(path));
}

void AddReports(const Seeds& seeds, FakeLedger& ledger) {
  for (const std::vector<KeyValue>& filters :
       {std::vector<KeyValue>{}, {{"envelope", "env-2"}}, {{"principal", "user:alice"}, {"stage", "completed"}}}) {
    ReportRequest request;
    request.filters = filters;
    request.now = day::kMorning + 3600 * kSecond;
    const auto data = GatherReport(ledger, request, {});
    if (!data.ok()) throw std::runtime_error(data.status().ToString());
    std::string json;
    AddReportDataJson(*data, json);
    const std::string name = filters.empty() ? "all" : filters.front().key;
    seeds.Add("report", name + "_json", json);
    if (name == "envelope") seeds.Add("report", name + "_page", *ReportPage(*data, *StoriesOf(*data)));
  }
}

void AddConversations(const Seeds& seeds, FakeLedger& ledger) {
  for (uint8_t task = 0; task < kTasks; ++task) {
    RecordedDaemon daemon(ledger);
    RunTool(task, daemon);
    seeds.Add("hostile_daemon", "task_" + std::to_string(task),
              std::string(1, static_cast<char>(task)) + daemon.frames());
  }
}

void AddAll(const Seeds& seeds) {
  FakeLedger ledger;
  ledger.genesis = *EntryBuilder().Build({}, Genesis{FakeLedger::kOrigin, FakeLedger::key().public_key});
  day::FillDay(ledger);
  ledger.true_root = true;
  ledger.status.origin = FakeLedger::kOrigin;
  ledger.principals = {{.principal = day::User("alice"), .links = 1, .envelopes = 1}};
  ledger.Sign();
  AddMessages(seeds);
  AddTransitions(seeds);
  AddEntries(seeds, ledger);
  AddProofs(seeds);
  AddTimestamps(seeds);
  AddTexts(seeds);
  AddReports(seeds, ledger);
  AddConversations(seeds, ledger);
}

}  // namespace
}  // namespace envledger::fuzz

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: fuzz_seeds DIRECTORY\n");
    return 2;
  }
  try {
    envledger::fuzz::AddAll(envledger::fuzz::Seeds(argv[1]));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fuzz_seeds: %s\n", error.what());
    return 1;
  }
  return 0;
}
