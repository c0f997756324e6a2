#include "yaml/diagnostic.h"

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace tidemark {
namespace {

std::vector<std::string_view> SplitLines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

bool StartsCharacter(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

// Blanks as wide as the first `characters` of `line`: tabs stay tabs, so that the caret stands
// below its character.
std::string Blanks(std::string_view line, std::uint32_t characters) {
  std::string out;
  for (const char c : line) {
    if (!StartsCharacter(c)) continue;
    if (out.size() == characters) break;
    out += c == '\t' ? '\t' : ' ';
  }
  out.resize(std::max<std::size_t>(out.size(), characters), ' ');
  return out;
}

void AppendOne(const Diagnostic& diagnostic, std::span<const std::string_view> lines,
               std::string& out) {
  out += StrCat(diagnostic.file, ":", diagnostic.line, ":", diagnostic.column, ": ",
                diagnostic.message, "\n");
  if (diagnostic.line >= 1 && diagnostic.line <= lines.size()) {
    const std::string_view line = lines[diagnostic.line - 1];
    const std::uint32_t length = std::max<std::uint32_t>(diagnostic.length, 1);
    out += StrCat("  ", line, "\n  ", Blanks(line, diagnostic.column - 1), "^",
                  std::string(length - 1, '~'), "\n");
  }
  if (!diagnostic.suggestion.empty()) out += StrCat("  ", diagnostic.suggestion, "\n");
}

}  // namespace

std::string RenderDiagnostics(std::span<const Diagnostic> diagnostics, std::string_view text) {
  const std::vector<std::string_view> lines = SplitLines(text);
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics) AppendOne(diagnostic, lines, out);
  return out;
}

}  // namespace tidemark
