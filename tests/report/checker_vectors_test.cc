// Vectors that others published. Where they are not there, these tests are skipped, and the others still run.
#include <filesystem>
#include <fstream>

#include "ledger/chain/subset_proof.h"
#include "tests/report/checkers.h"
#include "tests/support/paths.h"

namespace envledger {
namespace {

using nlohmann::json;

class CheckersOfVectors : public Checkers {
 protected:
  void SetUp() override {
    Checkers::SetUp();
    if (!std::filesystem::is_directory(root_))
      GTEST_SKIP() << "the public conformance vectors are not there: " << root_;
  }
  json Read(const std::filesystem::path& path) const {
    std::ifstream file(root_ / path);
    EXPECT_TRUE(file.good()) << path;
    return json::parse(file);
  }

  const std::filesystem::path root_ = std::filesystem::path(ENVLEDGER_SOURCE_DIR) / "../shared/vectors";
};

// The hashes of an inclusion proof in the order of a subset proof; as they are where they have another number or size.
std::vector<std::string> NodesOf(uint64_t index, uint64_t size, const std::vector<std::string>& path) {
  Proof hashes;
  for (const std::string& hash : path) {
    const auto bytes = ParseBase64(hash);
    if (!bytes || bytes->size() != 32) return path;
    hashes.push_back(*HashFrom(*bytes));
  }
  const auto nodes = SubsetProof({index}, size, [&](uint64_t) -> Result<Proof> { return hashes; });
  if (!nodes.ok() || nodes->size() != path.size()) return path;
  std::vector<std::string> texts;
  for (const Hash& node : *nodes) texts.push_back(Base64(View(node)));
  return texts;
}

TEST_F(CheckersOfVectors, AgreeOnInclusionInTheTreesOfOthers) {
  CheckerCases cases;
  std::vector<std::pair<std::string, bool>> expected;  // the root, and whether the proof leads to it
  for (const auto& file : std::filesystem::recursive_directory_iterator(root_ / "merkle-rfc6962/testdata/inclusion")) {
    if (file.path().extension() != ".json") continue;
    const json vector = Read(file.path());
    const auto index = vector["leafIdx"].get<uint64_t>();
    const auto size = vector["treeSize"].get<uint64_t>();
    const auto path =
        vector["proof"].is_null() ? std::vector<std::string>() : vector["proof"].get<std::vector<std::string>>();
    cases.push_back(RootCase(file.path().string(), {{std::to_string(index), vector["leafHash"]}}, std::to_string(size),
                             NodesOf(index, size, path)));
    expected.emplace_back(Hex(*ParseBase64(vector["root"].get<std::string>())), !vector["wantErr"].get<bool>());
  }
  EXPECT_GT(cases.size(), 50u);
  for (size_t i = 0; i < cases.size(); ++i) {
    EXPECT_EQ(cases[i].answer == expected[i].first, expected[i].second) << cases[i].name;
  }
  EXPECT_GT(Compare(cases), 10u);
}

TEST_F(CheckersOfVectors, AgreeOnTheNotesOfOthers) {
  CheckerCases cases;
  const json notes = Read("notes/signed-note.json");
  for (const json& bad : notes["bad_vkeys"]) cases.push_back(KeyCase(bad["why"], bad["vkey"]));
  for (const json& note : notes["notes"]) {
    for (const json& vkey : note["vkeys"]) cases.push_back(NoteCase(note["id"], note["note"], vkey));
  }
  const json bodies = Read("notes/go-tree-body.json");
  cases.push_back(CheckpointCase("go.sum", bodies["tree"]["text"]));
  for (const json& bad : bodies["bad"]) cases.push_back(CheckpointCase(bad, bad));
  const json proofs = Read("notes/tlog-proof.json");
  for (const json& bad : proofs["invalid"]) cases.push_back(CheckpointCase(bad["why"], bad["text"]));
  EXPECT_EQ(cases.size(), 3u + 13u + 4u + 7u);
  EXPECT_GT(Compare(cases), 4u);
}

}  // namespace
}  // namespace envledger
