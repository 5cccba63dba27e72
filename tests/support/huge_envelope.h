// An envelope of many large records, appended to a real daemon through its socket.
#pragma once

#include <cstdint>
#include <string>

namespace envledger {

// It is requested by user:alice of tenant-alice with the request id "request-of-" and its id, narrowed, started and then
// annotated, `records` in all, each note of `bytes` bytes that do not compress. Throws with what the daemon said when it refuses. REQUIRES: records > 3.
void AppendHuge(const std::string& append_socket, const std::string& envelope_id, uint64_t records, size_t bytes);

}  // namespace envledger
