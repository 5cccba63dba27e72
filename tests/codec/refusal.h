// What EncodeTransition says of a transition that it refuses.
#pragma once

#include <gmock/gmock.h>

#include <string>
#include <string_view>

#include "ledger/codec/transition.h"

namespace envledger {

// The refusal of a transition; Ok() when it is accepted.
inline Status Refusal(const Transition& transition) { return EncodeTransition(transition).status(); }

inline void ExpectRefused(const Transition& transition, std::string_view field, std::string_view words = "") {
  const Status status = Refusal(transition);
  EXPECT_EQ(status.code(), Code::kInvalidArgument) << field;
  EXPECT_EQ(status.rule(), field) << status.message();
  EXPECT_THAT(status.message(),
              testing::AllOf(testing::HasSubstr(std::string(field)), testing::HasSubstr(std::string(words))));
}

}  // namespace envledger
