// What is wrong with a file, for the person who typed it: where, one sentence, one
// suggestion.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tidemark {

// Lines and columns count from 1; columns and lengths count characters (code points), not bytes.
struct Diagnostic {
  std::string file;
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  std::uint32_t length = 1;
  std::string code;        // stable, for programs: "UNKNOWN_FIELD"
  std::string message;     // one sentence, no full stop
  std::string suggestion;  // what to write instead; may be empty
};

// For a terminal. Each diagnostic is
//   file:line:column: message
//     the source line
//         ^~~~
//     suggestion
// `text` is the file's text; lines it does not have are left out.
std::string RenderDiagnostics(std::span<const Diagnostic> diagnostics, std::string_view text);

}  // namespace tidemark
