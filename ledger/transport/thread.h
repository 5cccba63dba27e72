// Threads that leave signals alone.
#pragma once

#include <csignal>
#include <thread>
#include <utility>

namespace envledger {

// Runs `body` on a new thread that blocks every signal, so that signals are delivered to the program's other threads.
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
  const Blocked blocked;  // a new thread inherits the mask of its creator
  return std::thread(std::move(body));
}

}  // namespace envledger
