// Directories that hang when a test says so.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <utility>

#include "ledger/base/mutex.h"
#include "ledger/chain/note.h"
#include "ledger/files/detached_file.h"
#include "ledger/files/file.h"

namespace envledger {

// Thread-safe. The calls may outlive it: what they share lives as long as they do.
class HangingCalls {
 public:
  ~HangingCalls() { Release(); }

  // Those of the system, but for what hangs.
  FileCalls calls() const {
    return {[state = state_](const std::string& path) {
              state->Pass(path, false);
              return ReadFile(path, kMaxNoteBytes);
            },
            [state = state_](const std::string& path, const std::string& note) {
              state->Pass(path, true);
              return WriteFileDurably(path, note, 0644);
            }};
  }
  // From now on reads (writes) of this file do not return.
  void HangReads(const std::string& path) { state_->Hang(path, false); }
  void HangWrites(const std::string& path) { state_->Hang(path, true); }
  // Everything goes on, and nothing hangs any more.
  void Release() {
    const MutexLock lock(state_->mutex);
    state_->hanging.clear();
    state_->changed.NotifyAll();
  }
  // How many calls hang now.
  int held() const {
    const MutexLock lock(state_->mutex);
    return state_->held;
  }
  // Calls, and copies of calls(), that are not gone.
  long users() const { return state_.use_count() - 1; }

 private:
  struct State {
    void Hang(const std::string& path, bool write) {
      const MutexLock lock(mutex);
      hanging.insert({path, write});
    }
    void Pass(const std::string& path, bool write) {
      const MutexLock lock(mutex);
      if (hanging.count({path, write}) == 0) return;
      ++held;
      while (hanging.count({path, write}) > 0) changed.Wait(mutex);
      --held;
    }
    Mutex mutex;
    CondVar changed;
    std::set<std::pair<std::string, bool>> hanging GUARDED_BY(mutex);
    int held GUARDED_BY(mutex) = 0;
  };
  const std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace envledger
