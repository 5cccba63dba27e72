// A file system for the databases that is full when a test says so.
#pragma once

#include <memory>

namespace rocksdb {
class Env;
}

namespace envledger {

// Thread-safe. Must outlive the databases that use it.
class FullDisk {
 public:
  // What a write that finds no space leaves in the file: nothing, its first half, or everything.
  enum class Leaves { kNothing, kHalf, kAll };

  FullDisk();
  ~FullDisk();
  rocksdb::Env* env();

  // From now on nothing can be written and no file created.
  void Fill(Leaves leaves = Leaves::kNothing);
  void Free();
  // How many operations found no space.
  int refused() const;

 private:
  struct State;
  const std::shared_ptr<State> state_;
  const std::unique_ptr<rocksdb::Env> env_;
};

}  // namespace envledger
