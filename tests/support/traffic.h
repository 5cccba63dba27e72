// Transitions for tests: short, legal stories of envelopes.
#pragma once

#include <string>
#include <vector>

#include "ledger/codec/json.h"
#include "ledger/codec/model.h"

namespace envledger {

// 2026-03-17T09:00:00Z.
inline constexpr Nanos kTestMorning = 1'773'738'000 * kSecond;

inline Transition Requested(const std::string& envelope_id, const std::string& user, Nanos at = kTestMorning) {
  Transition t;
  t.envelope_id = envelope_id;
  t.stage = Stage::kRequested;
  t.occurred_at = at;
  t.identity = Identity{};
  t.identity->requester = {PrincipalKind::kUser, "https://id.example.com", user};
  t.identity->tenant = "tenant-" + user;
  t.execution = Execution{};
  t.execution->kind = ExecutionKind::kInference;
  t.execution->operation = "POST /v1/chat/completions";
  t.scope = Scope{};
  t.scope->kind = "project";
  t.scope->id = "demo";
  t.scope->binding = ScopeBinding::kBound;
  t.requested = ResourceMap{Resource{}};
  t.requested->front().name = "gpu";
  t.requested->front().amount = 8000;
  return t;
}

inline Transition Granted4(const std::string& envelope_id, Nanos at = kTestMorning + kSecond) {
  Transition t;
  t.envelope_id = envelope_id;
  t.stage = Stage::kGranted;
  t.occurred_at = at;
  t.decision = Decision{};
  t.decision->effect = Effect::kNarrow;
  t.decision->reasons = {"quota"};
  t.granted = Granted{};
  t.granted->resources = {Resource{}};
  t.granted->resources.front().name = "gpu";
  t.granted->resources.front().amount = 4000;
  return t;
}

inline Transition Plain(const std::string& envelope_id, Stage stage, Nanos at) {
  Transition t;
  t.envelope_id = envelope_id;
  t.stage = stage;
  t.occurred_at = at;
  return t;
}

// requested, granted, started, completed.
inline std::vector<Transition> WholeStory(const std::string& envelope_id, const std::string& user,
                                          Nanos at = kTestMorning) {
  return {Requested(envelope_id, user, at), Granted4(envelope_id, at + kSecond),
          Plain(envelope_id, Stage::kStarted, at + 2 * kSecond),
          Plain(envelope_id, Stage::kCompleted, at + 3 * kSecond)};
}

// Whole stories, of four records each, as lines for `envledger append`.
inline std::string Stories(int count) {
  std::string lines;
  for (int i = 0; i < count; ++i) {
    for (const Transition& transition : WholeStory("story-" + std::to_string(i), i % 2 == 0 ? "alice" : "bob")) {
      lines += TransitionJson(transition) + "\n";
    }
  }
  return lines;
}

}  // namespace envledger
