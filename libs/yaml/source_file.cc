#include "yaml/source_file.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace tidemark {
namespace {

std::uint32_t CountCharacters(std::string_view bytes) {
  return static_cast<std::uint32_t>(std::count_if(bytes.begin(), bytes.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

auto Order(const Diagnostic& d) { return std::tie(d.line, d.column, d.code, d.message); }

}  // namespace

TextRange MappedText::Locate(std::size_t offset, std::size_t length) const {
  const std::size_t last = origins.size() - 1;
  const std::size_t from = origins[std::min(offset, last)];
  const std::size_t to = origins[std::min(offset + length, last)];
  return {.begin = from, .length = std::max<std::size_t>(to > from ? to - from : 1, 1)};
}

SourceFile::SourceFile(std::string name, std::string text)
    : name_(std::move(name)), text_(std::move(text)), line_starts_{0} {
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') line_starts_.push_back(i + 1);
  }
}

Diagnostic SourceFile::At(TextRange range) const {
  const std::size_t begin = std::min(range.begin, text_.size());
  const auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), begin);
  const auto line = static_cast<std::size_t>(next - line_starts_.begin());
  const std::size_t start = line_starts_[line - 1];
  const std::string_view rest = std::string_view(text_).substr(begin, range.length);
  const std::string_view here = rest.substr(0, rest.find('\n'));
  Diagnostic diagnostic;
  diagnostic.file = name_;
  diagnostic.line = static_cast<std::uint32_t>(line);
  diagnostic.column = CountCharacters(std::string_view(text_).substr(start, begin - start)) + 1;
  diagnostic.length = std::max<std::uint32_t>(CountCharacters(here), 1);
  return diagnostic;
}

Problem ToProblem(std::string code, const Status& status, std::string otherwise) {
  const std::string& message = status.message();
  const std::size_t split = message.rfind("; ");
  if (split == std::string::npos) return {std::move(code), message, std::move(otherwise)};
  return {std::move(code), message.substr(0, split), message.substr(split + 2)};
}

void DiagnosticSink::Add(TextRange range, Problem problem) {
  if (diagnostics_.size() >= kMaxDiagnostics) return;
  Diagnostic diagnostic = file_.At(range);
  diagnostic.code = std::move(problem.code);
  diagnostic.message = std::move(problem.message);
  diagnostic.suggestion = std::move(problem.suggestion);
  diagnostics_.push_back(std::move(diagnostic));
}

std::vector<Diagnostic> DiagnosticSink::Take() {
  std::stable_sort(diagnostics_.begin(), diagnostics_.end(),
                   [](const auto& a, const auto& b) { return Order(a) < Order(b); });
  const auto same = [](const auto& a, const auto& b) { return Order(a) == Order(b); };
  diagnostics_.erase(std::unique(diagnostics_.begin(), diagnostics_.end(), same),
                     diagnostics_.end());
  return std::exchange(diagnostics_, {});
}

}  // namespace tidemark
