// One SELECT as users mean it: what this version can plan, with everything else refused by name
// while reading.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "query/sql_grammar.h"
#include "query/sql_reporter.h"

namespace tidemark {

struct SqlExpr {
  enum class Kind : std::uint8_t {
    kRefused,  // already reported
    kColumn,   // `text`: the dotted path as it was typed, quotes removed
    kStar,
    kNumber,  // `text`: digits as typed, with a leading '-' if negative
    kText,    // `text`: its content
    kTrue,
    kFalse,
    kNull,
    kInterval,  // `text`: what stands in interval '...'
    kCall,      // `text`: the function's name in lower case
    kCompare,   // `text`: = <> < <= > >=; two arguments
    kAnd,
    kOr,
    kNot,
    kIsNull,
    kIsNotNull,
    kIn  // arguments[0] against the others
  };
  Kind kind = Kind::kRefused;
  std::size_t offset =
      0;  // where it stands in the SQL, for the caret: its own name, literal or operator
  std::size_t length = 1;
  std::string text = {};
  std::vector<SqlExpr> arguments = {};
  std::vector<std::string> argument_names = {};  // of kCall, one per argument: "" if positional
  std::vector<SqlExpr> filter = {};              // of kCall: none or one
};

struct SqlOutput {
  SqlExpr value;
  std::string alias;  // "" without AS
};

struct SqlSelect {
  std::vector<SqlOutput> outputs;
  std::string from;        // the table; "" if it was refused or is missing
  std::string from_alias;  // "" without
  std::size_t from_offset = 0;
  std::optional<SqlExpr> where;
  std::vector<SqlExpr> group_by;
};

// Reads libpg_query's JSON. What this version does not do is reported through the refusal table
// (refusals.h), all of it; nullopt if nothing of the query can be used. Only sql_tree.cc sees
// nlohmann-json.
std::optional<SqlSelect> ReadSqlTree(std::string_view json, const std::vector<SqlToken>& tokens,
                                     SqlReporter& reporter);

}  // namespace tidemark
