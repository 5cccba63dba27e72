// The whole table of faults (CONTRIBUTING.md): every call in every phase of the daemon, with every error, on the first, a
// middle and the last call, and from the first on; with --each, on each single call too. fault_test runs some of them.
//
//   fault_table [--phase PHASE] [--call CALL] [--error ERROR] [--each] [--verbose]
//
// A cell lists what the client and the operator saw (fault_case.h); "!" marks what must not happen. Exit status 1 when
// anything of that did.
#include <cstdio>
#include <exception>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/faults/fault_lab.h"

namespace envledger {
namespace {

struct Wanted {
  std::string phase;  // empty: all
  std::string call;
  std::string error;
  bool each = false;  // each call, instead of three of them
  bool verbose = false;
};

struct Sums {
  unsigned cases = 0;
  unsigned wrong = 0;
};

std::string Indented(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  for (size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 5) text.replace(at, 1, "\n    ");
  return "    " + text + "\n";
}

void RunRow(FaultLab& lab, FaultPhase phase, FaultCall call, uint64_t count, const Wanted& wanted, Sums& sums) {
  std::map<int32_t, std::set<std::string>> cells;
  for (const FaultCase& fault : CasesOf(phase, call, count, wanted.each)) {
    if (!wanted.error.empty() && wanted.error != NameOfError(fault.error)) continue;
    const FaultResult result = lab.Run(fault);
    ++sums.cases;
    sums.wrong += result.wrong.empty() ? 0 : 1;
    cells[fault.error].insert(NameOf(result.seen) + std::string(result.wrong.empty() ? "" : "!"));
    if (wanted.verbose)
      std::printf("%s: %s\n%s", Describe(fault).c_str(), NameOf(result.seen), Indented(result.said).c_str());
    for (const std::string& wrong : result.wrong) {
      std::printf("WRONG: %s:\n%s", Describe(fault).c_str(), Indented(wrong).c_str());
    }
  }
  std::printf("%-10s %-15s %5llu", NameOf(phase), NameOf(call), static_cast<unsigned long long>(count));
  for (const int32_t error : FaultErrors()) {
    std::string cell;
    for (const std::string& seen : cells[error]) cell += (cell.empty() ? "" : "/") + seen;
    std::printf(" %-18s", cell.empty() ? "-" : cell.c_str());
  }
  std::printf("\n");
}

int Main(const Wanted& wanted) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  FaultLab lab;
  Sums sums;
  std::printf("%-10s %-15s %5s", "phase", "call", "calls");
  for (const int32_t error : FaultErrors()) std::printf(" %-18s", NameOfError(error).c_str());
  std::printf("\n");
  for (const FaultPhase phase : kFaultPhases) {
    if (!wanted.phase.empty() && wanted.phase != NameOf(phase)) continue;
    const auto counts = lab.Count(phase);
    for (size_t i = 0; i < kFaultCalls; ++i) {
      const auto call = static_cast<FaultCall>(i);
      if (wanted.call.empty() || wanted.call == NameOf(call)) RunRow(lab, phase, call, counts[i], wanted, sums);
    }
  }
  std::printf("%u cases, %u wrong\n", sums.cases, sums.wrong);
  return sums.wrong == 0 ? 0 : 1;
}

}  // namespace
}  // namespace envledger

int main(int argc, char** argv) {
  envledger::Wanted wanted;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--verbose") {
      wanted.verbose = true;
    } else if (word == "--each") {
      wanted.each = true;
    } else if (word == "--phase" && i + 1 < argc) {
      wanted.phase = argv[++i];
    } else if (word == "--call" && i + 1 < argc) {
      wanted.call = argv[++i];
    } else if (word == "--error" && i + 1 < argc) {
      wanted.error = argv[++i];
    } else {
      std::fputs("usage: fault_table [--phase PHASE] [--call CALL] [--error ERROR] [--each] [--verbose]\n", stderr);
      return 2;
    }
  }
  try {
    return envledger::Main(wanted);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fault_table: %s\n", error.what());
    return 1;
  }
}
