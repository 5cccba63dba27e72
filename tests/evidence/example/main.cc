// An auditor's own program: asks a ledger for all that a user had to do with, proves the answer by a key that did not
// come from the ledger, and prints it as JSON Lines for another tool.
#include <chrono>
#include <iostream>
#include <string_view>

#include "ledger/client/remote_reader.h"
#include "ledger/evidence/answer_proof.h"
#include "ledger/evidence/pages.h"
#include "ledger/export/export_records.h"

namespace {

using namespace envledger;

int Fail(std::string_view what, const Status& status) {
  std::cerr << what << ": " << status.ToString() << "\n";
  return 1;
}

int Audit(LedgerReader& ledger, const VerifierKey& key, const std::string& user) {
  QueryRequest request;
  request.principal = PrincipalFilter{};
  request.principal->kind = PrincipalKind::kUser;
  request.principal->id = user;

  // The key may have been rotated since it was noted down: a later one of the ledger will do.
  AnswerProof proof(ledger, TrustKeyOrLater(key), /*can_sign=*/true, request);
  const auto answer =
      ForEachEnvelope(ledger, request, /*limit=*/0, [&](EnvelopeStory& envelope) { return proof.Add(envelope); });
  if (!answer.ok()) return Fail("the ledger gave no answer", answer.status());
  if (const Status proven = proof.Prove(*answer, {}); !proven.ok()) return Fail("cannot prove", proven);
  std::cerr << proof.Sentence() << "\n";
  if (!proof.holds()) return 1;

  const auto print = [](std::string_view lines) {
    std::cout << lines;
    return std::cout.good() ? Ok() : Unavailable("cannot write");
  };
  const auto exported = ExportRecords(ledger, {ExportForm::kJsonl, ExportRows::kRecords, request, 0}, print, {});
  return exported.ok() ? 0 : Fail("cannot export", exported.status());
}

}  // namespace

// SOCKET VKEY USER
int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: example_auditor SOCKET VKEY USER\n";
    return 2;
  }
  const auto key = ParseVerifierKey(argv[2]);
  if (!key.ok()) {
    std::cerr << "no verifier key: " << key.status().message() << "\n";
    return 2;
  }
  const auto ledger = RemoteReader::Connect(argv[1], std::chrono::seconds(10));
  if (!ledger.ok()) return Fail("no ledger", ledger.status());
  return Audit(**ledger, *key, argv[3]);
}
