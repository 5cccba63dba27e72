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
    kTooLong,  // a line longer than kMaxLineBytes was skipped
    kEnd,
  };
  // Moves to the next line. kUnavailable when reading fails.
  Result<Event> Next();
  // The line after Next() gave kLine, without its end ("\n" or "\r\n"); valid until the next call.
  std::string_view line() const { return line_; }
  uint64_t number() const { return number_; }  // of that line, from 1
  // Whether Next() would wait for input. If so, the caller first hands on what it has.
  bool WouldWait() const;

 private:
  Status Fill();

  const int fd_;
  std::string buffer_;
  size_t begin_ = 0;    // of the bytes that have not been handed out
  size_t scanned_ = 0;  // no newline between begin_ and here
  bool skipping_ = false;
  bool end_ = false;
  std::string_view line_;
  uint64_t number_ = 0;
};

}  // namespace envledger
