#include "cli/output/palette.h"

namespace envledger::cli {
namespace {

std::string_view CodeOf(Color color) {
  switch (color) {
    case Color::kPlain:
      return "";
    case Color::kBold:
      return "1";
    case Color::kDim:
      return "2";
    case Color::kRed:
      return "31";
    case Color::kGreen:
      return "32";
    case Color::kYellow:
      return "33";
    case Color::kMagenta:
      return "35";
    case Color::kCyan:
      return "36";
  }
  return "";
}

}  // namespace

std::string Palette::Paint(Color color, std::string_view text) const {
  if (!on_ || color == Color::kPlain || text.empty()) return std::string(text);
  return "\x1b[" + std::string(CodeOf(color)) + "m" + std::string(text) + "\x1b[0m";
}

Color ColorOf(Stage stage) {
  switch (stage) {
    case Stage::kCompleted:
      return Color::kGreen;
    case Stage::kDenied:
    case Stage::kRejected:
    case Stage::kFailed:
    case Stage::kRevoked:
    case Stage::kLost:
      return Color::kRed;
    case Stage::kDeferred:
    case Stage::kSuspended:
    case Stage::kCancelled:
    case Stage::kExpired:
      return Color::kYellow;
    case Stage::kGranted:
    case Stage::kStarted:
      return Color::kCyan;
    case Stage::kAnnotated:
      return Color::kDim;
    case Stage::kUnspecified:
    case Stage::kRequested:
    case Stage::kAdmitted:
      return Color::kPlain;
  }
  return Color::kPlain;
}

Color ColorOf(Effect effect) {
  switch (effect) {
    case Effect::kDeny:
      return Color::kRed;
    case Effect::kNarrow:
    case Effect::kDefer:
    case Effect::kEscalate:
      return Color::kYellow;
    case Effect::kAllow:
      return Color::kGreen;
    case Effect::kUnspecified:
      break;
  }
  return Color::kPlain;
}

Color ColorOf(Relation relation) {
  switch (relation) {
    case Relation::kAsRequested:
      return Color::kPlain;
    case Relation::kNarrowed:
      return Color::kYellow;
    case Relation::kWidened:
      return Color::kMagenta;
    case Relation::kWithheld:
      return Color::kRed;
    case Relation::kUnstated:
      return Color::kDim;
    case Relation::kAdded:
      return Color::kCyan;
  }
  return Color::kPlain;
}

Color ColorOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kValid:
      return Color::kGreen;
    case Verdict::kUnanchored:
      return Color::kYellow;
    case Verdict::kTruncated:
    case Verdict::kTampered:
    case Verdict::kIncomplete:
    case Verdict::kWrongKey:
      return Color::kRed;
  }
  return Color::kRed;
}

}  // namespace envledger::cli
