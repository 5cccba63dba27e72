// Changes to a closed database behind the ledger's back.
#pragma once

#include <string>
#include <string_view>

namespace envledger {

// `db` is the database's directory (LogPath, IndexPath), `family` a column family of it. A failure is the test's.
void PutKey(const std::string& db, const std::string& family, std::string_view key, std::string_view value);
// Overwrites the beginning of each table file in a database's directory, in place, as a failing disk would: whoever
// reads the first keys meets blocks of wrong checksums.
void OverwriteTables(const std::string& db);
// The key under which an index names a revision of an envelope. Fails the test when there is none.
std::string RevisionKey(const std::string& db, std::string_view envelope_id, uint64_t revision);
void DeleteKey(const std::string& db, const std::string& family, std::string_view key);

}  // namespace envledger
