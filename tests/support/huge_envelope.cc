#include "tests/support/huge_envelope.h"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/client/append_client.h"
#include "ledger/codec/transition.h"
#include "tests/support/traffic.h"

namespace envledger {
namespace {

constexpr size_t kBatchBytes = 1 << 20;

std::string Noise(uint64_t seed, size_t bytes) {
  std::string text;
  for (uint64_t i = 0; text.size() < bytes; ++i) text += Hex(U64Key((seed * 1'000'003 + i + 1) * 0x9E3779B97F4A7C15u));
  text.resize(bytes);
  return text;
}

// Fills the record with so many bytes of text: first its note, then an outcome. No field takes more than
// kMaxStringBytes, so records of nearly kMaxTransitionBytes need all of them.
void Fill(Transition& transition, uint64_t seed, size_t bytes) {
  const std::string text = Noise(seed, bytes);
  size_t taken = 0;
  const auto next = [&] {
    const size_t size = std::min(text.size() - taken, kMaxStringBytes);
    taken += size;
    return text.substr(taken - size, size);
  };
  transition.note = next();
  if (taken == text.size()) return;
  Outcome& outcome = transition.outcome.emplace();
  outcome.reason = next();
  outcome.code = next();
  if (taken < text.size()) {
    Resource& usage = outcome.usage.emplace_back();
    usage.name = "noise";
    usage.amount = 1;
    usage.selector = next();
  }
  if (taken < text.size()) throw std::runtime_error(std::to_string(bytes) + " bytes do not fit in one record");
}

}  // namespace

void AppendHuge(const std::string& append_socket, const std::string& envelope_id, uint64_t records, size_t bytes,
                const std::function<void(uint64_t records)>& acknowledged) {
  AppendClientOptions options;
  options.socket_path = append_socket;
  options.deadline = std::chrono::minutes(5);
  const auto client = AppendClient::Create(options);
  std::vector<AppendRecord> batch;
  size_t batch_bytes = 0;
  uint64_t sent = 0;
  const auto send = [&] {
    sent += batch.size();
    const auto answer = client->AppendBatch(std::exchange(batch, {})).get();
    if (!answer.ok()) throw std::runtime_error(answer.status().ToString());
    batch_bytes = 0;
    if (acknowledged) acknowledged(sent);
  };
  std::vector<Transition> story = WholeStory(envelope_id, "alice");
  story.front().correlation.emplace().request_id = "request-of-" + envelope_id;
  for (uint64_t revision = 0; revision < records; ++revision) {
    Transition transition = revision < 3 ? story[revision] : Plain(envelope_id, Stage::kAnnotated, 0);
    if (revision >= 3) {
      transition.occurred_at = kTestMorning + static_cast<Nanos>(revision) * (kSecond / 100);
      Fill(transition, revision, bytes);
    }
    auto encoded = EncodeTransition(transition);
    if (!encoded.ok()) throw std::runtime_error(encoded.status().ToString());
    batch_bytes += encoded->size();
    batch.push_back({*std::move(encoded), revision});
    if (batch_bytes >= kBatchBytes || batch.size() == 256) send();
  }
  if (!batch.empty()) send();
}

}  // namespace envledger
