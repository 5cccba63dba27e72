#include "tests/support/chain_builder.h"

#include <cstdio>
#include <cstdlib>
#include <map>
#include <tuple>

#include "ledger/codec/transition.h"
#include "tests/support/manual_clock.h"
#include "tests/support/transitions.h"

namespace envledger {

SigningKey TestKey(char seed) { return *SigningKey::FromSeed(std::string(32, seed)); }
VerifierKey TestVerifierKey(char seed) { return *MakeVerifierKey(kTestOrigin, TestKey(seed).public_key()); }

Draft DraftOf(LedgerEvent event, Nanos recorded_at) {
  Draft draft;
  draft.header.recorded_at = recorded_at;
  draft.header.recorder = {1000, 1000, 42, "envledgerd"};
  draft.event = std::move(event);
  return draft;
}

Draft DraftOf(const Transition& transition, Nanos recorded_at) {
  Draft draft;
  draft.header.recorded_at = recorded_at;
  draft.header.recorder = {1001, 1001, 43, "gateway"};
  draft.transition = Encoded(transition);
  return draft;
}

std::vector<Draft> Drafts(const std::vector<Transition>& transitions) {
  std::vector<Draft> drafts;
  drafts.push_back(DraftOf(Genesis{kTestOrigin, TestKey().public_key(), kFormatVersion, kTestStart}, kTestStart));
  for (const Transition& transition : transitions) {
    drafts.push_back(DraftOf(transition, kTestStart + static_cast<Nanos>(drafts.size()) * kSecond));
  }
  Relink(drafts);
  return drafts;
}

void Relink(std::vector<Draft>& drafts) {
  std::map<std::string, std::vector<uint64_t>> envelopes;
  std::map<Principal, std::vector<uint64_t>> principals;
  std::map<std::pair<std::string, Principal>, RoleMask> held;
  for (uint64_t seq = 0; seq < drafts.size(); ++seq) {
    EntryHeader& header = drafts[seq].header;
    header.principal_links.clear();
    if (drafts[seq].event) continue;
    const TransitionFacts facts = FactsOf(drafts[seq].transition);
    const std::string id(facts.envelope_id);
    std::vector<uint64_t>& records = envelopes[id];
    header.envelope_revision = records.size();
    header.envelope_previous = records.empty() ? std::nullopt : std::optional(records.back());
    records.push_back(seq);
    for (const Involvement& involved : facts.involved) {
      const Principal who{involved.principal.kind, std::string(involved.principal.issuer),
                          std::string(involved.principal.id)};
      RoleMask& roles = held[{id, who}];
      const auto added = static_cast<RoleMask>(involved.roles & ~roles);
      if (added == 0) continue;
      std::vector<uint64_t>& links = principals[who];
      header.principal_links.push_back(
          {added, roles, links.size() + 1, links.empty() ? std::nullopt : std::optional(links.back())});
      links.push_back(seq);
      roles = static_cast<RoleMask>(roles | added);
    }
  }
}

std::vector<std::string> Seal(const std::vector<Draft>& drafts) {
  EntryBuilder builder;
  std::vector<std::string> entries;
  Hash previous{};
  for (const Draft& draft : drafts) {
    EntryHeader header = draft.header;
    header.seq = entries.size();
    header.previous = previous;
    const auto entry = draft.event ? builder.Build(header, *draft.event) : builder.Build(header, draft.transition);
    if (!entry.ok()) {
      std::fprintf(stderr, "draft %zu: %s\n", entries.size(), entry.status().ToString().c_str());
      std::abort();
    }
    entries.emplace_back(*entry);
    previous = LeafHash(entries.back());
  }
  return entries;
}

Hash RootOf(const std::vector<std::string>& entries) {
  Frontier frontier;
  for (const std::string& entry : entries) frontier.Append(LeafHash(entry));
  return frontier.Root();
}

std::string SignedNote(const std::vector<std::string>& entries, char seed) {
  const SigningKey key = TestKey(seed);
  return SignNote(FormatCheckpoint({kTestOrigin, entries.size(), RootOf(entries)}), {{TestVerifierKey(seed), &key}});
}

VerifyReport VerifyEntries(const std::vector<std::string>& entries, std::vector<CheckpointInput> checkpoints,
                           const std::optional<VerifierKey>& trusted_key) {
  Verifier verifier(trusted_key, std::move(checkpoints));
  for (uint64_t seq = 0; seq < entries.size(); ++seq) verifier.Add(seq, PrepareEntry(entries[seq]));
  return verifier.Finish();
}

}  // namespace envledger
