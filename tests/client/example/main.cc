// A backend that records a request for a deployment before it acts on it.
#include <ctime>
#include <iostream>

#include "ledger/client/append_client.h"

int main(int argc, char** argv) {
  envledger::AppendClientOptions options;
  if (argc > 1) options.socket_path = argv[1];
  options.deadline = std::chrono::seconds(2);
  const auto client = envledger::AppendClient::Create(options);

  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  envledger::Transition transition;
  transition.envelope_id = "deploy-" + std::to_string(now.tv_sec) + "-" + std::to_string(now.tv_nsec);
  transition.stage = envledger::Stage::kRequested;
  transition.occurred_at = now.tv_sec * envledger::kSecond + now.tv_nsec;
  transition.identity.emplace().requester = {envledger::PrincipalKind::kUser, "https://login.example", "alice"};
  transition.execution.emplace().kind = envledger::ExecutionKind::kModelDeployment;
  transition.execution->operation = "POST /serving/deploy_model";
  transition.scope = {.kind = "project", .id = "ranking", .binding = envledger::ScopeBinding::kBound};
  transition.requested = {{.name = "gpu", .amount = 8000}};  // eight, in thousandths

  const envledger::Result<envledger::Acknowledgment> sealed = client->Append(transition).get();
  if (!sealed.ok()) {
    std::cerr << "not recorded, so not done: " << sealed.status().ToString() << "\n";
    return 1;
  }
  std::cout << "recorded as entry " << sealed->seq << "; now it may be done\n";
}
