#include "query/foreign_spelling.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/check.h"
#include "query/refusals.h"

namespace tidemark {
namespace {

// Words that follow each other; alternatives are separated by '|'.
struct Pattern {
  std::string_view key;
  std::array<std::string_view, 3> words;
};

constexpr std::array<Pattern, 6> kPatterns = {{
    {"foreign/table", {"table", "(", ""}},
    {"foreign/descriptor", {"descriptor", "(", ""}},
    {"foreign/emit", {"emit", "changes|final|on|with|after", ""}},
    {"foreign/window", {"window", "tumbling|hopping|session", ""}},
    {"foreign/from-window", {"from", "tumble|hop|cumulate|session", "("}},
    {"foreign/watermark", {"watermark", "for", ""}},
}};

bool IsOneOf(std::string_view alternatives, std::string_view word) {
  while (!alternatives.empty()) {
    const std::size_t end = std::min(alternatives.find('|'), alternatives.size());
    if (alternatives.substr(0, end) == word) return true;
    alternatives.remove_prefix(std::min(end + 1, alternatives.size()));
  }
  return false;
}

bool Matches(const Pattern& pattern, const std::vector<std::string>& words, std::size_t at) {
  for (std::size_t i = 0; i < pattern.words.size() && !pattern.words.at(i).empty(); ++i) {
    if (at + i >= words.size() || !IsOneOf(pattern.words.at(i), words[at + i])) return false;
  }
  return true;
}

}  // namespace

bool ReportForeignSpelling(const std::vector<SqlToken>& tokens, SqlReporter& reporter) {
  std::vector<std::string> words;
  for (const SqlToken& token : tokens) {
    const bool quoted =
        token.kind == SqlToken::Kind::kString || token.kind == SqlToken::Kind::kQuotedWord;
    words.push_back(quoted ? "'" : LowerText(reporter.text(), token));
  }
  bool found = false;
  for (const Pattern& pattern : kPatterns) {
    const Refusal* refusal = FindRefusal(pattern.key);
    TM_CHECK(refusal != nullptr, "every pattern has its entry in the refusal table");
    for (std::size_t at = 0; at < words.size(); ++at) {
      if (!Matches(pattern, words, at)) continue;
      const SqlToken& token = tokens[at + (pattern.words[0] == "from" ? 1 : 0)];
      reporter.Add(token.begin, token.end - token.begin, ToProblem(*refusal));
      found = true;
      break;
    }
  }
  return found;
}

}  // namespace tidemark
