// Contents. The kernel writes back pages in any order, so after a cut each sector of a file is as it was at some moment
// since the last sync, independently of the others, and so is the file's size, which is metadata. A cut picks one of
// these patterns for each file:
//
//   lost       as at the last sync
//   kept       as the program left it
//   prefix     the first so many changes
//   torn       the same, and the next change up to a sector's boundary
//   zeroed     the size is there and the bytes are not (space allocated late, data written after the metadata)
//   torn long  the same as torn, but the size is that of all changes, with zeros behind
//   scattered  each sector as after a number of changes of its own
//
// Names. A change of names is durable once the directory was synced, and a rename is atomic. For those that are not,
// there are three rules:
//
//   journaled      all changes become durable in their order, and a sync of any file takes all earlier ones with it
//                  (ext4, XFS)
//   by directory   the changes of each directory become durable in their order, each directory by itself
//   any order      POSIX as it is written
//
// A cut follows one of the first two, as file systems do. The third only when asked for, because it is rarer than what
// it would take the place of.
#include "tests/crash/disk_image.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>

namespace envledger {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kSectorBytes = 512;

std::string Contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

uint64_t InodeOf(const fs::path& path) {
  struct stat file {};
  if (lstat(path.c_str(), &file) != 0) throw std::runtime_error("stat " + path.string());
  return file.st_ino;
}

void WriteAt(std::string& contents, uint64_t offset, std::string_view bytes) {
  if (contents.size() < offset + bytes.size()) contents.resize(offset + bytes.size(), '\0');
  std::copy(bytes.begin(), bytes.end(), contents.begin() + static_cast<ptrdiff_t>(offset));
}

}  // namespace

DiskImage::DiskImage(const std::string& root) : root_(root) {
  top_ = NodeAt(InodeOf(root), true);
  std::map<std::string, NodePtr> directories = {{root, top_}};
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const bool directory = entry.is_directory();
    if (!directory && !entry.is_regular_file()) continue;
    const NodePtr node = NodeAt(InodeOf(entry.path()), directory);
    if (directory) {
      directories[entry.path()] = node;
    } else {
      node->contents = Contents(entry.path());
    }
    directories.at(entry.path().parent_path())->names[entry.path().filename()] = node;
  }
}

DiskImage::NodePtr DiskImage::NodeAt(uint64_t inode, bool directory) {
  NodePtr& node = nodes_[inode];
  if (!node) {
    node = std::make_shared<Node>();
    node->directory = directory;
  }
  return node;
}

void DiskImage::Replay(const std::string& journal) {
  std::ifstream in(journal, std::ios::binary);
  DiskRecord record;
  std::string text;
  while (in.read(reinterpret_cast<char*>(&record), sizeof record)) {
    text.resize(record.bytes);
    if (!in.read(text.data(), record.bytes)) throw std::runtime_error("the journal ends within a record");
    Add(record, text);
  }
}

void DiskImage::Add(const DiskRecord& record, const std::string& text) {
  switch (record.op) {
    case DiskOp::kWrite:
      NodeAt(record.a, false)->changes.push_back({false, record.b, text});
      return;
    case DiskOp::kTruncate:
      NodeAt(record.a, false)->changes.push_back({true, record.b, {}});
      return;
    case DiskOp::kSyncBegin: {
      const NodePtr node = NodeAt(record.a, false);
      syncs_[record.b] = {node, node->settled + node->changes.size(), moves_.size()};
      return;
    }
    case DiskOp::kSyncEnd:
      return EndSync(record.b);
    case DiskOp::kAny:
      throw std::runtime_error("the journal has an operation of no kind");
    default:
      return AddMove(record, text);
  }
}

void DiskImage::AddMove(const DiskRecord& record, const std::string& text) {
  Move move;
  move.op = record.op;
  if (record.op == DiskOp::kCreate || record.op == DiskOp::kMakeDir) nodes_.erase(record.a);  // the number may be old
  if (record.op != DiskOp::kUnlink) move.node = NodeAt(record.a, record.op == DiskOp::kMakeDir);
  const NodePtr directory = NodeAt(record.b, true);
  if (record.op == DiskOp::kRename) {
    const size_t end = text.find('\0');
    move.from = directory;
    move.from_name = text.substr(0, end);
    move.to = NodeAt(record.c, true);
    move.to_name = text.substr(end + 1);
  } else if (record.op == DiskOp::kUnlink) {
    move.from = directory;
    move.from_name = text;
  } else {
    move.to = directory;
    move.to_name = text;
  }
  moves_.push_back(std::move(move));
}

void DiskImage::EndSync(uint64_t name) {
  const auto found = syncs_.find(name);
  if (found == syncs_.end()) throw std::runtime_error("a sync ends that has not begun");
  Node& node = *found->second.node;
  const uint64_t covered = std::max(found->second.changes, node.settled) - node.settled;
  for (size_t i = 0; i < covered; ++i) Apply(node.changes[i], node.contents);
  node.changes.erase(node.changes.begin(), node.changes.begin() + static_cast<ptrdiff_t>(covered));
  node.settled += covered;
  for (size_t i = 0; i < found->second.moves; ++i) {
    if (moves_[i].from.get() == &node || moves_[i].to.get() == &node) moves_[i].durable = true;
  }
  journaled_moves_ = std::max(journaled_moves_, found->second.moves);
  syncs_.erase(found);
}

DiskImage::Tree DiskImage::Names(const std::vector<bool>& moves_kept) const {
  Tree tree;
  for (const auto& [inode, node] : nodes_) {
    if (node->directory) tree[node.get()] = node->names;
  }
  for (size_t i = 0; i < moves_.size(); ++i) {
    if (!moves_kept[i]) continue;
    const Move& move = moves_[i];
    if (move.from) tree[move.from.get()].erase(move.from_name);
    if (move.to) tree[move.to.get()][move.to_name] = move.node;
    if (move.to && move.node->directory) tree[move.node.get()];
  }
  return tree;
}

void DiskImage::Collect(const Tree& tree, const Node& directory, const std::string& path,
                        std::map<std::string, const Node*>& found) const {
  const auto names = tree.find(&directory);
  if (names == tree.end()) return;
  for (const auto& [name, node] : names->second) {
    found[path + "/" + name] = node.get();
    if (node->directory) Collect(tree, *node, path + "/" + name, found);
  }
}

std::map<std::string, const DiskImage::Node*> DiskImage::PathsOf(const Tree& tree) const {
  std::map<std::string, const Node*> found;
  Collect(tree, *top_, root_, found);
  return found;
}

void DiskImage::Apply(const Change& change, std::string& contents) {
  if (change.truncates) {
    contents.resize(change.offset, '\0');
  } else {
    WriteAt(contents, change.offset, change.bytes);
  }
}

std::string DiskImage::AllContents(const Node& node) {
  std::string contents = node.contents;
  for (const Change& change : node.changes) Apply(change, contents);
  return contents;
}

std::string DiskImage::DifferenceToFiles() const {
  const auto paths = PathsOf(Names(std::vector<bool>(moves_.size(), true)));
  std::string difference;
  for (const auto& [path, node] : paths) {
    std::error_code error;
    if (!fs::exists(path, error)) {
      difference += path + " is missing; ";
    } else if (!node->directory && Contents(path) != AllContents(*node)) {
      difference += path + " has other bytes; ";
    }
  }
  for (const auto& entry : fs::recursive_directory_iterator(root_)) {
    if (!entry.is_directory() && !entry.is_regular_file()) continue;
    if (!paths.contains(entry.path())) difference += entry.path().string() + " was made unseen; ";
  }
  return difference;
}

std::vector<bool> DiskImage::ChooseMoves(bool any_order, std::mt19937_64& random, std::string& told) const {
  std::vector<bool> kept(moves_.size(), true);
  const bool journaled = random() % 2 == 0;
  const size_t all_lost_from = journaled_moves_ + random() % (moves_.size() - journaled_moves_ + 1);
  std::map<const Node*, size_t> lost_from;  // by directory
  size_t lost = 0;
  for (size_t i = 0; i < moves_.size(); ++i) {
    const Move& move = moves_[i];
    if (move.durable) continue;
    bool in_order = true;
    for (const NodePtr& directory : {move.from, move.to}) {
      if (!directory) continue;
      const size_t from = lost_from.try_emplace(directory.get(), i + random() % (moves_.size() - i + 1)).first->second;
      in_order = in_order && i < from;
    }
    kept[i] = any_order ? random() % 2 == 0 : journaled ? i < all_lost_from : in_order;
    if (kept[i]) continue;
    ++lost;
    for (const NodePtr& directory : {move.from, move.to}) {
      if (directory) lost_from[directory.get()] = std::min(lost_from[directory.get()], i);
    }
  }
  told += std::string(any_order   ? "any order"
                      : journaled ? "journaled"
                                  : "by directory") +
          ": " + std::to_string(lost) + " of " + std::to_string(moves_.size()) + " names lost";
  return kept;
}

// `states` is the number of changes, of the unsynced ones, that a sector or the size has seen.
std::string DiskImage::ChooseContents(const Node& node, std::mt19937_64& random, std::string& told) {
  static constexpr const char* kPatterns[] = {"lost", "kept", "prefix", "torn", "zeroed", "torn long", "scattered"};
  const size_t pattern = random() % std::size(kPatterns);
  const size_t all = node.changes.size();
  told += kPatterns[pattern];
  if (pattern == 0) return node.contents;
  const size_t prefix = pattern == 1 ? all : random() % all + (pattern == 2 ? 1 : 0);
  const bool whole_size = pattern == 1 || pattern >= 4;
  const size_t size_states = pattern == 6 ? random() % (all + 1) : whole_size ? all : prefix + (pattern == 3 ? 1 : 0);
  std::map<uint64_t, size_t> states;  // by sector, for the scattered pattern
  std::string contents = node.contents;
  uint64_t size = contents.size();
  for (size_t i = 0; i < all; ++i) {
    const Change& change = node.changes[i];
    const uint64_t end = change.truncates ? change.offset : std::max(size, change.offset + change.bytes.size());
    uint64_t allowed = change.offset + change.bytes.size();  // bytes from here on are not written
    if ((pattern == 3 || pattern == 5) && i == prefix) {
      const uint64_t first = change.offset / kSectorBytes;
      const uint64_t sectors = (allowed - 1) / kSectorBytes - first + 1;
      allowed = change.bytes.empty() ? 0 : std::min(allowed, (first + random() % sectors) * kSectorBytes);
    }
    if (i < size_states) size = pattern == 3 && i == prefix ? std::max(size, std::min(end, allowed)) : end;
    if (change.truncates) {
      if (i < size_states && contents.size() > change.offset) contents.resize(change.offset);
      continue;
    }
    for (uint64_t at = change.offset; at < allowed;) {
      const uint64_t sector = at / kSectorBytes;
      const uint64_t until = std::min(allowed, (sector + 1) * kSectorBytes);
      size_t seen = pattern == 4 ? 0 : prefix + (pattern == 3 || pattern == 5 ? 1 : 0);
      if (pattern == 6) seen = states.try_emplace(sector, random() % (all + 1)).first->second;
      if (i < seen) {
        WriteAt(contents, at, std::string_view(change.bytes).substr(at - change.offset, until - at));
      }
      at = until;
    }
  }
  contents.resize(size, '\0');
  return contents;
}

std::string DiskImage::Cut(std::mt19937_64& random, bool names_in_any_order) {
  std::string told;
  const auto paths = PathsOf(Names(ChooseMoves(names_in_any_order, random, told)));
  std::map<const Node*, std::string> contents;  // one choice for all names of a file
  for (const auto& [path, node] : paths) {
    if (node->directory || contents.contains(node)) continue;
    if (node->changes.empty()) {
      contents[node] = node->contents;
      continue;
    }
    told += "; " + path.substr(root_.size() + 1) + ": ";
    contents[node] = ChooseContents(*node, random, told);
    told += ", " + std::to_string(contents[node].size()) + " bytes of " + std::to_string(AllContents(*node).size()) +
            ", " + std::to_string(node->contents.size()) + " synced";
  }
  std::set<std::string> surplus;
  for (const auto& entry : fs::recursive_directory_iterator(root_)) {
    if (!entry.is_directory() && !entry.is_regular_file()) continue;
    if (!paths.contains(entry.path())) surplus.insert(entry.path());
  }
  for (const std::string& path : surplus) fs::remove_all(path);
  for (const auto& [path, node] : paths) {
    if (node->directory) {
      fs::create_directory(path);
      continue;
    }
    const std::string& wanted = contents.at(node);
    if (fs::exists(path) && Contents(path) == wanted) continue;
    fs::remove(path);  // another name of the file must not change with it
    std::ofstream(path, std::ios::binary) << wanted;
    fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  }
  return told;
}

}  // namespace envledger
