// Lines from a descriptor, in bounded memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/base/status.h"

namespace envledger {

inline constexpr size_t kMaxLineBytes = 1 << 20;

class LineReader {
 public:
  explicit LineReader(int fd) : fd_(fd) {}  // not owned

  enum class Event {
    kLine,
    kTooLong,  // a line over kMaxLineBytes was passed over
    kEnd,
  };
  // Moves to the next line. kUnavailable when reading fails.
  Result<Event> Next();
  // The line after Next() gave kLine, without its end ("\n" or "\r\n"); valid until the next call.
  std::string_view line() const { return line_; }
  uint64_t number() const { return number_; }  // of that line, from 1
  // Whether Next() would have to wait for input: nobody should be kept waiting meanwhile.
  bool WouldWait() const;

 private:
  Status Fill();

  const int fd_;
  std::string buffer_;
  size_t begin_ = 0;    // of what was not given out yet
  size_t scanned_ = 0;  // there is no newline between begin_ and here
  bool skipping_ = false;
  bool end_ = false;
  std::string_view line_;
  uint64_t number_ = 0;
};

}  // namespace envledger
