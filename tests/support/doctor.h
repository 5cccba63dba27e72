// Changes a closed database without the ledger's knowledge.
#pragma once

#include <string>
#include <string_view>

namespace envledger {

// `db` is the database's directory (LogPath, IndexPath), `family` a column family in it. A failure fails the test.
void PutKey(const std::string& db, const std::string& family, std::string_view key, std::string_view value);
// Overwrites the beginning of each table file in a database's directory, in place, as a failing disk would. Reads of
// the first keys then find blocks with wrong checksums.
void OverwriteTables(const std::string& db);
// The index key of a revision of an envelope. Fails the test if there is none.
std::string RevisionKey(const std::string& db, std::string_view envelope_id, uint64_t revision);
void DeleteKey(const std::string& db, const std::string& family, std::string_view key);

}  // namespace envledger
