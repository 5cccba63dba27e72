// Looking for secrets must cost next to nothing, because every string of every append is checked. ScanText therefore
// makes one branch-free pass that asks whether three successive bytes begin any known form (a shift-and over bit masks,
// one bit a form), and collects the text's other traits on the way. Only where it hits, SecretIn looks again and
// decides by alphabet and length. Whatever the text, this takes a few steps a byte: each form skips what it has read or
// is decided from counts that are made once for a stretch of the text (TokenCounts).
#include "ledger/codec/secrets.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "ledger/base/bytes.h"

namespace envledger {
namespace {

enum SecretForm : uint16_t {
  kJwt = 1 << 0,
  kPem = 1 << 1,
  kAws = 1 << 2,
  kGitHub = 1 << 3,
  kGitHubFineGrained = 1 << 4,
  kSk = 1 << 5,
  kSlack = 1 << 6,
  kGoogle = 1 << 7,
  kGitLab = 1 << 8,
  kHuggingFace = 1 << 9,
  kBearer = 1 << 10,
  kUrl = 1 << 11,
  // Not forms, but properties of a byte, kept in the same mask.
  kNul = 1 << 14,
  kNotAscii = 1 << 15,
};

// For each byte, the forms whose first, second or third byte it may be.
struct Masks {
  std::array<uint16_t, 256> first{};
  std::array<uint16_t, 256> second{};
  std::array<uint16_t, 256> third{};

  constexpr Masks() {
    Add(kJwt, "e", "y", "J");
    Add(kPem, "-", "-", "-");
    Add(kAws, "A", "KS", "I");
    Add(kGitHub, "g", "h", "pousr");
    Add(kGitHubFineGrained, "g", "i", "t");
    Add(kSk, "s", "k", "-");
    Add(kSlack, "x", "o", "x");
    Add(kGoogle, "A", "I", "z");
    Add(kGitLab, "g", "l", "p");
    Add(kHuggingFace, "h", "f", "_");
    Add(kBearer, "bB", "eE", "aA");
    Add(kUrl, ":", "/", "/");
    first[0] |= kNul;
    for (size_t byte = 0x80; byte < 0x100; ++byte) first[byte] |= kNotAscii;
  }

 private:
  constexpr void Add(SecretForm form, std::string_view a, std::string_view b, std::string_view c) {
    for (char x : a) first[static_cast<uint8_t>(x)] |= form;
    for (char x : b) second[static_cast<uint8_t>(x)] |= form;
    for (char x : c) third[static_cast<uint8_t>(x)] |= form;
  }
};
constexpr Masks kMasks;

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsAlnum(char c) { return IsDigit(c) || IsUpper(c) || (c >= 'a' && c <= 'z'); }
bool IsBase64Url(char c) { return IsAlnum(c) || c == '-' || c == '_'; }
bool IsToken68(char c) { return IsBase64Url(c) || c == '.' || c == '~' || c == '+' || c == '/'; }

// How far a token is read to judge it. More than any of the minimal lengths below.
constexpr size_t kEnough = 160;

// The leading characters of a text that are in an alphabet, at most kEnough.
struct Token {
  size_t size = 0;
  size_t digits = 0;
  size_t upper = 0;
  bool has_long_word = false;  // kLongWord letters and digits in a row, with at least one digit among them

  static constexpr size_t kLongWord = 20;
  bool LooksRandom() const { return digits > 0 && (upper > 0 || digits >= 3); }
};

Token TokenAt(std::string_view text, bool (*in_alphabet)(char)) {
  Token token;
  text = text.substr(0, kEnough);
  for (; token.size < text.size() && in_alphabet(text[token.size]); ++token.size) {
    token.digits += IsDigit(text[token.size]);
    token.upper += IsUpper(text[token.size]);
  }
  return token;
}

// Tokens of base64url characters at any place of a text. Prefixes such as "sk-" consist of these characters themselves,
// so a text may have a token at every third byte, each of which reaches over many others. The counts are therefore made
// for a stretch of the text at a time, from its start, and each token is the difference of two of them.
class TokenCounts {
 public:
  explicit TokenCounts(std::string_view text) : text_(text) {}

  // Quick when `at` ascends from call to call.
  Token At(size_t at) {
    if (at < begin_ || (at + kEnough > end_ && end_ < text_.size())) Count(at);
    Token token;
    const Counts& first = counts_[at - begin_];
    const size_t last = std::min({at + kEnough, first.token_end, text_.size()});
    if (last <= at) return token;
    const Counts& beyond = counts_[last - begin_];
    token.size = last - at;
    token.digits = beyond.digits - first.digits;
    token.upper = beyond.upper - first.upper;
    token.has_long_word = first.long_word_end <= last;
    return token;
  }

 private:
  static constexpr size_t kStretch = 4096;
  struct Counts {
    uint32_t digits = 0;       // from the start of the stretch to this byte
    uint32_t upper = 0;        // likewise
    size_t token_end = 0;      // of the base64url characters from this byte on
    size_t long_word_end = 0;  // the least end of a long word that begins at this byte or later
  };

  void Count(size_t from) {
    begin_ = from;
    end_ = std::min(text_.size(), from + kStretch);
    counts_.assign(end_ - begin_ + 1, {});
    for (size_t i = begin_; i < end_; ++i) {
      counts_[i + 1 - begin_].digits = counts_[i - begin_].digits + IsDigit(text_[i]);
      counts_[i + 1 - begin_].upper = counts_[i - begin_].upper + IsUpper(text_[i]);
    }
    Counts next;
    next.token_end = end_;
    next.long_word_end = std::string_view::npos;
    size_t word = 0;                        // letters and digits from here on
    size_t digit = std::string_view::npos;  // the nearest digit of that word
    for (size_t i = end_; i-- > begin_;) {
      Counts& here = counts_[i - begin_];
      word = IsAlnum(text_[i]) ? word + 1 : 0;
      if (word == 0) digit = std::string_view::npos;
      if (IsDigit(text_[i])) digit = i;
      here.token_end = IsBase64Url(text_[i]) ? std::max(next.token_end, i + 1) : i;
      here.long_word_end = next.long_word_end;
      // The long word ends with its kLongWord-th character or its first digit, whichever is later.
      if (word >= Token::kLongWord && digit != std::string_view::npos) {
        here.long_word_end = std::min(here.long_word_end, std::max(i + Token::kLongWord, digit + 1));
      }
      next = here;
    }
  }

  const std::string_view text_;
  size_t begin_ = 0;
  size_t end_ = 0;
  std::vector<Counts> counts_;
};

size_t SkipBase64Url(std::string_view text, size_t i) {
  while (i < text.size() && IsBase64Url(text[i])) ++i;
  return i;
}

bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  return text.size() == lower.size() && std::equal(text.begin(), text.end(), lower.begin(), [](char a, char b) {
           return (IsUpper(a) ? static_cast<char>(a - 'A' + 'a') : a) == b;
         });
}

// header.payload.signature, where the header is a JSON object ("eyJ"). An unsigned token has an empty signature; then
// its payload must be an object too. Where there is no token, `*skip` is set past the header: none can begin inside it.
bool IsJwt(std::string_view text, size_t at, size_t* skip) {
  constexpr size_t kMinPart = 10;
  const size_t header = SkipBase64Url(text, at);
  *skip = header;
  if (header - at < kMinPart || header == text.size() || text[header] != '.') return false;
  const size_t payload = SkipBase64Url(text, header + 1);
  if (payload - header - 1 < kMinPart || payload == text.size() || text[payload] != '.') return false;
  const size_t signature = SkipBase64Url(text, payload + 1);
  return signature - payload - 1 >= kMinPart || text.substr(header + 1, 3) == "eyJ";
}

bool IsPem(std::string_view rest) {
  constexpr std::string_view kBegin = "-----BEGIN ";
  constexpr size_t kLongestLabel = 64;
  return rest.starts_with(kBegin) &&
         rest.substr(kBegin.size(), kLongestLabel).find("PRIVATE KEY") != std::string_view::npos;
}

bool IsBearer(std::string_view rest) {
  constexpr std::string_view kWord = "bearer";
  if (!EqualsIgnoringCase(rest.substr(0, kWord.size()), kWord)) return false;
  size_t i = kWord.size();
  while (i < rest.size() && i < kWord.size() + 4 && (rest[i] == ' ' || rest[i] == ':' || rest[i] == '=')) ++i;
  if (i == kWord.size()) return false;
  const Token token = TokenAt(rest.substr(i), IsToken68);
  return token.size >= 16 && token.LooksRandom();
}

// scheme://user:password@host, unless the password is blanked out ("***", "xxxxx").
bool HasPassword(std::string_view rest) {
  rest.remove_prefix(3);
  const size_t end = rest.find_first_of("/?# \t\r\n\"'<>");
  const std::string_view authority = rest.substr(0, end);
  const size_t at = authority.rfind('@');
  if (at == std::string_view::npos) return false;
  const size_t colon = authority.substr(0, at).find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view password = authority.substr(colon + 1, at - colon - 1);
  return password.find_first_not_of('*') != std::string_view::npos &&
         password.find_first_not_of("xX") != std::string_view::npos;
}

// The forms that begin with a fixed prefix, at `at` in the text, followed by at least a number of characters.
std::string_view KeyAt(std::string_view text, size_t at, uint16_t forms, TokenCounts& tokens) {
  const std::string_view rest = text.substr(at);
  if ((forms & kBearer) != 0 && IsBearer(rest)) return "a bearer token";
  if ((forms & kAws) != 0 && (rest.starts_with("AKIA") || rest.starts_with("ASIA"))) {
    const Token token = tokens.At(at + 4);
    if (token.size == 16 && token.digits + token.upper == 16) return "an AWS access key";
  }
  if ((forms & kGitHub) != 0 && rest.size() > 4 && rest[3] == '_' && TokenAt(rest.substr(4), IsAlnum).size >= 36) {
    return "a GitHub token";
  }
  if ((forms & kGitHubFineGrained) != 0 && rest.starts_with("github_pat_")) {
    if (const Token token = tokens.At(at + 11); token.size >= 36 && token.LooksRandom()) return "a GitHub token";
  }
  if ((forms & kSk) != 0) {
    const Token token = tokens.At(at + 3);
    if (token.has_long_word || (token.size >= 40 && token.LooksRandom())) return "an API key";
  }
  if ((forms & kSlack) != 0 && rest.size() > 5 && rest[4] == '-' &&
      std::string_view("abprs").find(rest[3]) != std::string_view::npos) {
    if (const Token token = tokens.At(at + 5); token.size >= 10 && token.digits >= 3) return "a Slack token";
  }
  if ((forms & kGoogle) != 0 && rest.starts_with("AIza")) {
    if (const Token token = tokens.At(at + 4); token.size >= 35 && token.LooksRandom()) return "a Google API key";
  }
  if ((forms & kGitLab) != 0 && rest.starts_with("glpat-")) {
    const Token token = tokens.At(at + 6);
    if (token.size >= 20 && token.digits + token.upper > 0) return "a GitLab token";
  }
  if ((forms & kHuggingFace) != 0 && TokenAt(rest.substr(3), IsAlnum).size >= 30) return "a Hugging Face token";
  return {};
}

}  // namespace

TextTraits ScanText(std::string_view text) {
  uint16_t seen = 0;
  uint16_t begun = 0;      // forms that may begin at the previous byte
  uint16_t continued = 0;  // forms that may begin at the byte before it and go on with it
  uint16_t hits = 0;
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    hits |= continued & kMasks.third[byte];
    continued = begun & kMasks.second[byte];
    begun = kMasks.first[byte];
    seen |= begun;
  }
  return {.ascii = (seen & kNotAscii) == 0, .has_nul = (seen & kNul) != 0, .maybe_secret = hits != 0};
}

std::string_view SecretIn(std::string_view text) {
  size_t jwt_from = 0;
  TokenCounts tokens(text);
  for (size_t i = 0; i + 2 < text.size(); ++i) {
    const auto byte = [&](size_t at) { return static_cast<uint8_t>(text[at]); };
    const uint16_t forms = kMasks.first[byte(i)] & kMasks.second[byte(i + 1)] & kMasks.third[byte(i + 2)];
    if (forms == 0) continue;
    const std::string_view rest = text.substr(i);
    if ((forms & kJwt) != 0 && i >= jwt_from && IsJwt(text, i, &jwt_from)) return "a JSON web token";
    if ((forms & kPem) != 0 && IsPem(rest)) return "a private key";
    if ((forms & kUrl) != 0 && HasPassword(rest)) return "a URL with a password";
    if (i == 0 || !IsAlnum(text[i - 1])) {
      if (const std::string_view kind = KeyAt(text, i, forms, tokens); !kind.empty()) return kind;
    }
  }
  return {};
}

}  // namespace envledger
