// One morning of a small platform, for tests that need realistic envelopes.
#pragma once

#include <string>

#include "ledger/base/time.h"
#include "ledger/codec/model.h"
#include "tests/support/fake_ledger.h"

namespace envledger::day {

// 2026-03-17T09:20:00Z.
inline constexpr Nanos kMorning = 1773739200 * kSecond;

Principal User(const std::string& id, const std::string& issuer = "https://id.example.com");
Resource Amount(const std::string& name, const std::string& quantity);

// Transitions of an envelope that requests gpu 8 and memory 64Gi to deploy a model.
Transition Requested(const std::string& envelope_id, const Principal& requester, Nanos at = kMorning);
Transition GrantedGpus(const std::string& envelope_id, const std::string& gpus, Nanos at = kMorning + 2 * kSecond);
Transition Completed(const std::string& envelope_id, Nanos at = kMorning + 90 * kSecond);

// Appends three envelopes: one narrowed and completed, one open, and one with text that could deceive a terminal.
void FillDay(FakeLedger& ledger);

}  // namespace envledger::day
