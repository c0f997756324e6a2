// The text of a file that a user typed with its positions, and the collector of everything that is
// wrong with it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "yaml/diagnostic.h"

namespace tidemark {

// Bytes [begin, begin + length) of the file.
struct TextRange {
  std::size_t begin = 0;
  std::size_t length = 1;
};

// Text taken out of the file, with the file offset of each of its bytes: escapes, indentation and
// ${NAME} move them. Invariant: origins.size() == text.size() + 1; the last is the offset where the
// text ends.
struct MappedText {
  std::string text;
  std::vector<std::size_t> origins = {0};

  // Where bytes [offset, offset + length) of `text` stand in the file; clipped to the text.
  TextRange Locate(std::size_t offset, std::size_t length) const;
};

class SourceFile {
 public:
  SourceFile(std::string name, std::string text);
  const std::string& name() const { return name_; }
  const std::string& text() const { return text_; }
  // A diagnostic at `range`, cut at the end of the line where it begins.
  Diagnostic At(TextRange range) const;

 private:
  std::string name_;
  std::string text_;
  std::vector<std::size_t> line_starts_;
};

struct Problem {
  std::string code;
  std::string message;
  std::string suggestion = {};
};

// A sentence that carries its suggestion behind "; " (as errors of lower libraries do), taken
// apart; `otherwise` is the suggestion of one that carries none.
Problem ToProblem(std::string code, const Status& status, std::string otherwise = "");

// Collects; never stops at the first. At most kMaxDiagnostics are kept.
class DiagnosticSink {
 public:
  static constexpr std::size_t kMaxDiagnostics = 100;
  explicit DiagnosticSink(const SourceFile& file) : file_(file) {}
  void Add(TextRange range, Problem problem);
  std::size_t count() const { return diagnostics_.size(); }
  // In the order of the file; what is reported twice at one place is there once.
  std::vector<Diagnostic> Take();

 private:
  const SourceFile& file_;
  std::vector<Diagnostic> diagnostics_;
};

}  // namespace tidemark
