// An envelope of many large records, appended to a real daemon through its socket.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace envledger {

// The envelope is requested by user:alice of tenant-alice, with the request id "request-of-" followed by its own id. It
// is narrowed, started and then annotated, with `records` records in all. Each annotation has `bytes` bytes of text
// that do not compress, at most 60 KiB. `acknowledged` is told, after each batch, how many records are. Throws with the daemon's message if the
// daemon refuses one. REQUIRES: records > 3.
void AppendHuge(const std::string& append_socket, const std::string& envelope_id, uint64_t records, size_t bytes,
                const std::function<void(uint64_t records)>& acknowledged = {});

}  // namespace envledger
