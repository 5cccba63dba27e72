// Functions are found by their braces, with comments and what stands in literals taken away. A brace that opens is
// judged by the words before it, back to the last statement or brace: a namespace or a class is looked into, so is a
// table, and what has parentheses is a function. Nothing is looked for inside a function. That is no parser, and need
// be none: where it errs, the count of braces or the length of what it calls a function is off, and that is seen.
#include "tests/layers/sizes.h"

#include <cctype>
#include <filesystem>
#include <map>
#include <regex>
#include <sstream>
#include <utility>
#include <vector>

namespace envledger::layers {
namespace {

bool IsBlank(const std::string& line) { return line.find_first_not_of(" \t\r") == std::string::npos; }

// A text of C++ without its comments, and with every literal as "". The lines stay where they are; a line within a raw
// string is "" too, unless it is blank.
class Stripper {
 public:
  explicit Stripper(const std::string& text) : text_(text) {}

  Strings Lines() {
    while (at_ < text_.size()) {
      if (text_.compare(at_, 2, "//") == 0) {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (text_.compare(at_, 2, "/*") == 0) {
        Skip(text_.find("*/", at_ + 2), 2, false);
      } else if (text_.compare(at_, 2, "R\"") == 0 && !FollowsWord()) {
        const size_t open = std::min(text_.find('(', at_), text_.size());
        const std::string close = ")" + text_.substr(at_ + 2, open - at_ - 2) + "\"";
        Skip(text_.find(close, open), close.size(), true);
      } else if (text_[at_] == '"' || (text_[at_] == '\'' && !FollowsWord())) {
        SkipLiteral();
      } else if (text_[at_] == '\n') {
        lines_.emplace_back();
        ++at_;
      } else {
        lines_.back() += text_[at_++];
      }
    }
    return std::move(lines_);
  }

 private:
  // Whether a letter or digit stands before: so an apostrophe is one within a number.
  bool FollowsWord() const { return at_ > 0 && isalnum(static_cast<unsigned char>(text_[at_ - 1])) != 0; }

  void Skip(size_t close, size_t size, bool literal) {
    const size_t end = close == std::string::npos ? text_.size() : close + size;
    bool blank = true;
    for (; at_ < end; ++at_) {
      if (text_[at_] == '\n') {
        if (literal && !blank) lines_.back() += "\"\"";
        lines_.emplace_back();
        blank = true;
      } else if (isspace(static_cast<unsigned char>(text_[at_])) == 0) {
        blank = false;
      }
    }
    if (literal) lines_.back() += "\"\"";
  }

  void SkipLiteral() {
    const char quote = text_[at_++];
    while (at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n') at_ += text_[at_] == '\\' ? 2 : 1;
    if (at_ < text_.size() && text_[at_] == quote) ++at_;
    lines_.back() += "\"\"";
  }

  const std::string& text_;
  size_t at_ = 0;
  Strings lines_{1};
};

// What stands before an opening brace, from the end of the last statement.
struct Head {
  size_t line = 0;  // where it begins, from 1
  std::string words;
};

enum class Block { kLookedInto, kFunction };

Block BlockAfter(const std::string& head) {
  static const std::regex kScope(
      R"(^(template <.*> ?)?(inline )?(namespace|class|struct|union|enum|extern)\b.*[^) ] *$)");
  const size_t last = head.find_last_not_of(' ');
  if (last == std::string::npos || head.find('(') == std::string::npos || std::regex_search(head, kScope)) {
    return Block::kLookedInto;
  }
  return head[last] == '=' || head[last] == ',' || head[last] == '(' ? Block::kLookedInto : Block::kFunction;
}

// Walks over the stripped lines of one file.
class FunctionFinder {
 public:
  FunctionFinder(const std::string& path, Strings lines) : path_(path), lines_(std::move(lines)) {}

  Strings Problems() {
    static const std::regex kLabel(R"(^\s*(public|private|protected|default):\s*$)");
    bool directive = false;  // also on the lines that continue it
    for (size_t i = 0; i < lines_.size(); ++i) {
      const std::string& line = lines_[i];
      if (IsBlank(line)) continue;
      const bool continued = directive && lines_[i - 1].ends_with('\\');
      directive = continued || line[line.find_first_not_of(' ')] == '#';
      if (directive || std::regex_match(line, kLabel)) continue;
      for (const char c : line) Take(c, i + 1);
      Take(' ', i + 1);
    }
    if (!stack_.empty()) problems_.push_back(path_ + ": its braces do not match");
    return std::move(problems_);
  }

 private:
  struct Open {
    Block block;
    Head head;
    int parentheses;
  };

  void Take(char c, size_t line) {
    if (c == '{') {
      const bool inside = in_function_ > 0;
      const Block block = inside ? Block::kLookedInto : BlockAfter(head_.words);
      if (inside || block == Block::kFunction) ++in_function_;
      stack_.push_back({block, std::exchange(head_, {}), std::exchange(parentheses_, 0)});
    } else if (c == '}') {
      Close(line);
    } else if (c == ';' && parentheses_ == 0) {
      head_ = {};
    } else if (c != ' ' || !head_.words.empty()) {
      if (head_.words.empty()) head_.line = line;
      parentheses_ += c == '(' ? 1 : c == ')' ? -1 : 0;
      head_.words += c;
    }
  }

  void Close(size_t line) {
    if (stack_.empty()) {
      problems_.push_back(path_ + ":" + std::to_string(line) + ": its braces do not match");
      return;
    }
    const Open open = std::move(stack_.back());
    stack_.pop_back();
    if (in_function_ > 0) --in_function_;
    parentheses_ = open.parentheses;
    head_ = parentheses_ > 0 ? open.head : Head{};
    if (open.block != Block::kFunction) return;
    size_t code = 0;
    for (size_t i = open.head.line; i <= line; ++i) code += IsBlank(lines_[i - 1]) ? 0 : 1;
    if (code > kMostFunctionCode) {
      problems_.push_back(path_ + ":" + std::to_string(open.head.line) + ": a function of " + std::to_string(code) +
                          " lines of code");
    }
  }

  const std::string& path_;
  const Strings lines_;
  std::vector<Open> stack_;
  int in_function_ = 0;  // open braces from that of the function on
  Head head_;
  int parentheses_ = 0;  // open ones since the last brace that opened
  Strings problems_;
};

bool IsCpp(const std::string& path) { return path.ends_with(".cc") || path.ends_with(".h"); }

}  // namespace

size_t CodeLines(const std::string& path, const std::string& text) {
  size_t code = 0;
  if (IsCpp(path)) {
    for (const std::string& line : Stripper(text).Lines()) code += IsBlank(line) ? 0 : 1;
    return code;
  }
  const std::string to_end = path.ends_with(".py") ? "#" : path.ends_with(".js") ? "//" : "";
  const bool has_blocks = !path.ends_with(".py");
  bool in_block = false;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (IsBlank(line)) continue;
    line = line.substr(line.find_first_not_of(" \t"));
    if (!to_end.empty() && line.starts_with(to_end)) continue;
    in_block = in_block || (has_blocks && line.starts_with("/*"));
    if (!in_block) ++code;
    if (in_block && line.find("*/") != std::string::npos) in_block = false;
  }
  return code;
}

Strings LongFileProblems(const Files& files) {
  Strings problems;
  for (const auto& [path, text] : files) {
    const size_t code = CodeLines(path, text);
    if (code > (path.ends_with(".h") ? kMostHeaderCode : kMostCode)) {
      problems.push_back(path + " has " + std::to_string(code) + " lines of code");
    }
  }
  return problems;
}

Strings LongFunctionProblems(const Files& files) {
  Strings problems;
  for (const auto& [path, text] : files) {
    if (!IsCpp(path)) continue;
    for (std::string& problem : FunctionFinder(path, Stripper(text).Lines()).Problems()) {
      problems.push_back(std::move(problem));
    }
  }
  return problems;
}

Strings CrowdProblems(const Files& files) {
  std::map<std::string, size_t> count;
  for (const auto& [path, text] : files) ++count[std::filesystem::path(path).parent_path().string()];
  Strings problems;
  for (const auto& [folder, number] : count) {
    if (number > kMostFiles) problems.push_back(folder + " holds " + std::to_string(number) + " source files");
  }
  return problems;
}

}  // namespace envledger::layers
