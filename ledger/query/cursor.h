// Where an answer of several pages continues. Private to this room.
#pragma once

#include <string>
#include <string_view>

#include "ledger/base/status.h"
#include "ledger/protocol/message.h"

namespace envledger {

// What a cursor belongs to: the whole request except the size of a page, whether indexes are used, and whether large
// envelopes are given in parts. The last two do not change the places.
std::string QuestionOf(const QueryRequest& request);
std::string QuestionOf(const PrincipalsRequest& request);

// The cursor that continues after `place`, a text without '-'. It stays valid while the ledger grows.
std::string CursorAfter(std::string_view question, std::string_view place);
// The place of a cursor. kInvalidArgument when the cursor is of another question, or was changed or cut.
Result<std::string> PlaceOfCursor(std::string_view question, std::string_view cursor);

}  // namespace envledger
