// Frames a second: clients that pipeline against a handler that replies at once.
//   transport_bench [clients] [pipelined frames] [frame bytes] [seconds]
#include <sys/resource.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "ledger/transport/server.h"
#include "tests/support/raw_client.h"
#include "tests/support/temp_dir.h"

namespace envledger {
namespace {

using Clock = std::chrono::steady_clock;

// Writes bursts of `pipelined` frames, reads as many replies of `reply_bytes`.
uint64_t Pipeline(const std::string& path, int pipelined, size_t frame_bytes, size_t reply_bytes,
                  const std::atomic<bool>& stop) {
  RawClient client(path);
  std::string burst;
  for (int i = 0; i < pipelined; ++i) burst += Framed(std::string(frame_bytes, 'x'));
  std::string replies(static_cast<size_t>(pipelined) * (kFrameHeaderBytes + reply_bytes), '\0');
  uint64_t frames = 0;
  while (!stop && client.Write(burst)) {
    if (recv(client.fd(), replies.data(), replies.size(), MSG_WAITALL) != static_cast<ssize_t>(replies.size())) break;
    frames += static_cast<uint64_t>(pipelined);
  }
  return frames;
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

int Main(int argc, char** argv) {
  const auto argument = [&](int i, int otherwise) { return argc > i ? std::atoi(argv[i]) : otherwise; };
  const int clients = argument(1, 8);
  const int pipelined = argument(2, 64);
  const auto frame_bytes = static_cast<size_t>(argument(3, 700));
  const int seconds = argument(4, 3);
  const std::string reply_body(100, 'y');

  const TempDir directory;
  const std::string path = directory.path() + "/bench.sock";
  Result<UniqueFd> fd = ListenUnix(path, 0600, 128);
  if (!fd.ok()) return 1;
  std::vector<Listener> listeners;
  listeners.push_back({.fd = *std::move(fd),
                       .name = "bench",
                       .admit = [](const Peer&) { return Ok(); },
                       .open =
                           [&](const Peer&, NewConnection connection) {
                             connection.Accept([&](std::string, Reply reply) { reply.Send(reply_body); });
                           }});
  ServerCounters counters;
  Result<std::unique_ptr<Server>> server = Server::Start(
      std::move(listeners), {}, [](const Status& status) { return status.ToString(); }, counters);
  if (!server.ok()) return 1;
  (*server)->Accept();

  std::atomic<bool> stop = false;
  std::atomic<uint64_t> frames = 0;
  const double cpu_before = CpuSeconds();
  const auto begin = Clock::now();
  std::vector<std::thread> threads;
  for (int i = 0; i < clients; ++i) {
    threads.emplace_back([&] { frames += Pipeline(path, pipelined, frame_bytes, reply_body.size(), stop); });
  }
  std::this_thread::sleep_for(std::chrono::seconds(seconds));
  stop = true;
  for (std::thread& thread : threads) thread.join();
  const double elapsed = std::chrono::duration<double>(Clock::now() - begin).count();
  std::printf("%d clients, %d pipelined frames of %zu bytes: %.0f frames/s, %.2f cores for server and clients\n",
              clients, pipelined, frame_bytes, static_cast<double>(frames) / elapsed,
              (CpuSeconds() - cpu_before) / elapsed);
  return 0;
}

}  // namespace
}  // namespace envledger

int main(int argc, char** argv) { return envledger::Main(argc, argv); }
