// What a disk could hold after the power was cut: made from the files at the beginning and the journal of what programs
// did to them since (journal.h).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/crash/journal.h"

namespace envledger {

// One directory tree. Not thread-safe.
class DiskImage {
 public:
  // Reads all files and directories below `root`; what is there counts as durable. Throws when it cannot be read.
  explicit DiskImage(const std::string& root);

  // Adds everything that the journal says. Throws when the journal is malformed.
  void Replay(const std::string& journal);
  // The same, for one operation.
  void Add(const DiskRecord& record, const std::string& text);

  // How the tree at the root differs from what the replay says was done; empty when it does not.
  std::string DifferenceToFiles() const;

  // Makes the tree at the root what a disk could hold now. What was synced stays; for everything else `random` decides
  // whether it was kept, lost, zeroed or torn. Files that do not change stay the same files. Returns, for a person, what
  // was done to what. `names_in_any_order`: names that were not synced need not keep their order (disk_image.cc).
  std::string Cut(std::mt19937_64& random, bool names_in_any_order);

 private:
  struct Change {
    bool truncates = false;
    uint64_t offset = 0;  // of a write, or the size after truncating
    std::string bytes;
  };
  struct Node {
    bool directory = false;
    std::map<std::string, std::shared_ptr<Node>> names;  // of a directory, at the beginning
    std::string contents;                                // of a file, with the changes that were synced
    std::vector<Change> changes;                         // those that were not synced
    uint64_t settled = 0;                                // changes that were synced
  };
  using NodePtr = std::shared_ptr<Node>;
  using Tree = std::map<const Node*, std::map<std::string, NodePtr>>;
  // A change of names.
  struct Move {
    DiskOp op = DiskOp::kAny;
    NodePtr node;
    NodePtr from;  // the directory that loses `from_name`, if any
    std::string from_name;
    NodePtr to;  // the directory that gets `to_name`, if any
    std::string to_name;
    bool durable = false;
  };
  struct Sync {
    NodePtr node;
    uint64_t changes = 0;
    size_t moves = 0;
  };

  NodePtr NodeAt(uint64_t inode, bool directory);
  void AddMove(const DiskRecord& record, const std::string& text);
  void EndSync(uint64_t name);
  Tree Names(const std::vector<bool>& moves_kept) const;
  std::vector<bool> ChooseMoves(bool any_order, std::mt19937_64& random, std::string& told) const;
  static std::string ChooseContents(const Node& node, std::mt19937_64& random, std::string& told);
  static void Apply(const Change& change, std::string& contents);
  static std::string AllContents(const Node& node);
  void Collect(const Tree& tree, const Node& directory, const std::string& path,
               std::map<std::string, const Node*>& found) const;
  std::map<std::string, const Node*> PathsOf(const Tree& tree) const;

  const std::string root_;
  NodePtr top_;
  std::map<uint64_t, NodePtr> nodes_;  // by the inode number of now
  std::vector<Move> moves_;
  std::map<uint64_t, Sync> syncs_;  // that have begun and not ended
  size_t journaled_moves_ = 0;      // moves before the last sync of anything
};

}  // namespace envledger
