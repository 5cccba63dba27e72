// A few colours from the terminal's own sixteen, which are readable on dark and light backgrounds. Colour never carries
// information that is not also in the text.
#pragma once

#include <string>
#include <string_view>

#include "ledger/chain/verifier.h"
#include "ledger/codec/envelope.h"
#include "ledger/codec/model.h"

namespace envledger::cli {

enum class Color { kPlain, kBold, kDim, kRed, kGreen, kYellow, kMagenta, kCyan };

class Palette {
 public:
  explicit Palette(bool on) : on_(on) {}
  std::string Paint(Color color, std::string_view text) const;
  bool on() const { return on_; }

 private:
  bool on_;
};

Color ColorOf(Stage stage);
Color ColorOf(Effect effect);
Color ColorOf(Relation relation);
Color ColorOf(Verdict verdict);

}  // namespace envledger::cli
