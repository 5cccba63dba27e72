// Threads that leave signals alone.
#pragma once

#include <csignal>
#include <thread>
#include <utility>

namespace envledger {

// Runs `body` on a new thread on which every signal is blocked, so that signals stay with the program's own threads.
template <typename F>
std::thread StartThread(F body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  std::thread thread(std::move(body));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace envledger
