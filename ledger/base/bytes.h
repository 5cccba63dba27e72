// Bytes, big-endian integers, hexadecimal, base64 and UTF-8.
//
// Byte strings are std::string (owned) and std::string_view (borrowed), because every library below speaks those.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace envledger {

// A SHA-256 value.
using Hash = std::array<uint8_t, 32>;

inline std::string_view View(const Hash& hash) { return {reinterpret_cast<const char*>(hash.data()), hash.size()}; }
// `bytes` as a hash; nullopt unless there are exactly 32 of them.
std::optional<Hash> HashFrom(std::string_view bytes);

// Big-endian integers, so that keys sort as their numbers do.
void AppendU64(std::string& out, uint64_t value);
void AppendU32(std::string& out, uint32_t value);
std::string U64Key(uint64_t value);  // 8 bytes, big-endian
// The integer in the first 8 (4) bytes. REQUIRES: bytes.size() >= 8 (4).
uint64_t ReadU64(std::string_view bytes);
uint32_t ReadU32(std::string_view bytes);

// Lower-case hexadecimal, two digits a byte.
std::string Hex(std::string_view bytes);
// Decodes hexadecimal in either case; nullopt when `text` is anything else or has an odd number of digits.
std::optional<std::string> ParseHex(std::string_view text);

// RFC 4648 section 4: standard alphabet, padded.
std::string Base64(std::string_view bytes);
// Strict: no white space, correct padding, zero trailing bits. Otherwise nullopt.
std::optional<std::string> ParseBase64(std::string_view text);

// Whether `text` is well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF).
bool IsUtf8(std::string_view text);

// `text` in quotes, for a message: cut at 64 bytes (never inside a character). Control characters, quotes, backslashes
// and invalid UTF-8 are written as \xNN.
std::string Quoted(std::string_view text);

inline bool IsDigit(char c) { return c >= '0' && c <= '9'; }  // in ASCII, whatever the locale

// Parses a decimal number without sign or leading zeros; nullopt when `text` is anything else or does not fit.
std::optional<uint64_t> ParseDecimal(std::string_view text);

}  // namespace envledger
