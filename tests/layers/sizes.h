// How large files, functions and rooms are, and which are too large to be read in one go. Every judgement is a function
// of texts. A line of code is one that is neither blank nor a comment. Thread-safe.
#pragma once

#include <cstddef>
#include <string>

#include "tests/layers/judge.h"

namespace envledger::layers {

inline constexpr size_t kMostCode = 400;
inline constexpr size_t kMostHeaderCode = 300;
inline constexpr size_t kMostFunctionCode = 60;
inline constexpr size_t kMostFiles = 25;

// The lines of code of a file. Its name tells what a comment is: in .py what "#" begins (a docstring is code), in .cc,
// .h and .js "//" and "/* */", in .css "/* */".
size_t CodeLines(const std::string& path, const std::string& text);

// Files over kMostCode, headers (.h) over kMostHeaderCode.
Strings LongFileProblems(const Files& files);

// Functions of C++ over kMostFunctionCode, from the first line of their head to their closing brace, and files whose
// braces do not match, because what such a file holds is not known. A function within another belongs to that one; a
// lambda that stands alone, in a table for instance, is a function.
Strings LongFunctionProblems(const Files& files);

// Folders that hold more than kMostFiles of the files.
Strings CrowdProblems(const Files& files);

}  // namespace envledger::layers
