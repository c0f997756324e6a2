// PostgreSQL's scanner and parser. Only sql_grammar.cc sees libpg_query.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "query/sql_reporter.h"

namespace tidemark {

struct SqlToken {
  enum class Kind : std::uint8_t { kWord, kQuotedWord, kNumber, kString, kSymbol };
  Kind kind = Kind::kSymbol;
  std::size_t begin = 0;  // bytes of the SQL
  std::size_t end = 0;
};

// The tokens of `sql` without comments; nullopt if it cannot be scanned, which is reported. Refuses
// SQL above 64 KiB and nesting beyond 200 levels here, before the parser, which would run out of
// stack, sees it.
std::optional<std::vector<SqlToken>> ScanSql(SqlReporter& reporter);

// The parse tree in JSON; nullopt after a syntax error, which is reported.
std::optional<std::string> ParseSql(SqlReporter& reporter);

// Lower-case text of a token's bytes.
std::string LowerText(std::string_view sql, const SqlToken& token);

}  // namespace tidemark
