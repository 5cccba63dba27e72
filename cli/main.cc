#include <string>
#include <vector>

#include "cli/commands/commands.h"

int main(int argc, char** argv) {
  envledger::cli::Context context = envledger::cli::ProcessContext();
  return static_cast<int>(envledger::cli::RunTool(context, std::vector<std::string>(argv + 1, argv + argc)));
}
