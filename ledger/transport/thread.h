// Threads that leave signals alone.
#pragma once

#include <csignal>
#include <thread>
#include <utility>

namespace envledger {

// Runs `body` on a new thread on which every signal is blocked, so that signals stay with the program's own threads.
template <typename F>
std::thread StartThread(F body) {
  struct Blocked {
    Blocked() {
      sigset_t all;
      sigfillset(&all);
      pthread_sigmask(SIG_SETMASK, &all, &before);
    }
    ~Blocked() { pthread_sigmask(SIG_SETMASK, &before, nullptr); }
    sigset_t before{};
  };
  const Blocked blocked;  // a new thread starts with the mask of the one that made it
  return std::thread(std::move(body));
}

}  // namespace envledger
