// Changes to a closed database behind the ledger's back.
#pragma once

#include <string>
#include <string_view>

namespace envledger {

// `db` is the database's directory (LogPath, IndexPath), `family` a column family of it. A failure is the test's.
void PutKey(const std::string& db, const std::string& family, std::string_view key, std::string_view value);
void DeleteKey(const std::string& db, const std::string& family, std::string_view key);

}  // namespace envledger
