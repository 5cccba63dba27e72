// Where an answer of several pages goes on. Private to this room.
#pragma once

#include <string>
#include <string_view>

#include "ledger/base/status.h"
#include "ledger/protocol/message.h"

namespace envledger {

// What a cursor belongs to: everything that is asked but for the size of a page and, as places are the same, for
// whether indexes are used and large envelopes given in parts.
std::string QuestionOf(const QueryRequest& request);
std::string QuestionOf(const PrincipalsRequest& request);

// The cursor that goes on behind `place`, which is text without '-'. It stays good while the ledger grows.
std::string CursorAfter(std::string_view question, std::string_view place);
// The place of a cursor. kInvalidArgument for one of another question, and for one that was changed or cut.
Result<std::string> PlaceOfCursor(std::string_view question, std::string_view cursor);

}  // namespace envledger
