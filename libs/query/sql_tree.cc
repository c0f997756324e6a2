#include "query/sql_tree.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.h"
#include "query/refusals.h"

namespace tidemark {
namespace {

using Json = nlohmann::json;
constexpr int kMaxDepth = 200;

// The member `key`, or null.
const Json& At(const Json& node, const char* key) {
  static const Json kNothing;
  if (!node.is_object()) return kNothing;
  const auto found = node.find(key);
  return found == node.end() ? kNothing : *found;
}
std::string TextAt(const Json& node, const char* key) {
  const Json& text = At(node, key);
  return text.is_string() ? text.get<std::string>() : std::string();
}
std::string StringOf(const Json& node) { return TextAt(At(node, "String"), "sval"); }
std::string LastName(const Json& names) {
  return names.empty() ? std::string() : StringOf(names.back());
}

// The single member of {"ColumnRef": {...}}: its type name and content.
std::pair<std::string, const Json*> Unwrap(const Json& node) {
  if (!node.is_object() || node.empty()) return {"", &node};
  return {node.begin().key(), &node.begin().value()};
}

class TreeReader {
 public:
  TreeReader(const std::vector<SqlToken>& tokens, SqlReporter& reporter)
      : tokens_(tokens), reporter_(reporter) {}

  std::optional<SqlSelect> ReadStatements(const Json& statements) {
    if (statements.empty()) {
      reporter_.Add(0, 1,
                    {"SQL_SYNTAX", "there is no query here",
                     "write SELECT ... FROM the source GROUP BY tumble('5m')"});
      return std::nullopt;
    }
    if (statements.size() > 1)
      RefuseAt("clause/statements", Location(statements[1], "stmt_location", 0));
    const auto [type, content] = Unwrap(At(statements[0], "stmt"));
    if (type == "SelectStmt") return ReadSelect(*content);
    Refuse("clause/statement", tokens_.empty() ? 0 : tokens_.front().begin);
    return std::nullopt;
  }

 private:
  using Reader = SqlExpr (TreeReader::*)(const Json&, std::size_t);
  struct NodeType {
    std::string_view name;
    Reader read;
  };

  // ---- Positions.
  static std::size_t Location(const Json& node, const char* key, std::size_t otherwise) {
    const Json& location = At(node, key);
    if (location.is_null()) return 0;
    const auto at = location.is_number_integer() ? location.get<std::int64_t>() : -1;
    return at < 0 ? otherwise : static_cast<std::size_t>(at);
  }
  std::size_t TokenAt(std::size_t offset) const {
    const auto found =
        std::lower_bound(tokens_.begin(), tokens_.end(), offset,
                         [](const SqlToken& token, std::size_t at) { return token.end <= at; });
    return static_cast<std::size_t>(found - tokens_.begin());
  }
  std::string_view TokenText(std::size_t index) const {
    if (index >= tokens_.size()) return {};
    return std::string_view(reporter_.text())
        .substr(tokens_[index].begin, tokens_[index].end - tokens_[index].begin);
  }
  std::size_t TokenLength(std::size_t offset) const {
    const std::size_t index = TokenAt(offset);
    return index < tokens_.size() ? tokens_[index].end - std::min(offset, tokens_[index].begin) : 1;
  }
  // Where the keyword `word` stands for the first time outside parentheses.
  std::size_t FindWord(std::string_view word) const {
    int depth = 0;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (TokenText(i) == "(") ++depth;
      if (TokenText(i) == ")") --depth;
      const bool plain = depth == 0 && tokens_[i].kind == SqlToken::Kind::kWord;
      if (plain && LowerText(reporter_.text(), tokens_[i]) == word) return tokens_[i].begin;
    }
    return 0;
  }

  // ---- Refusals.
  bool Refuse(std::string_view key, std::size_t offset) {
    const Refusal* refusal = FindRefusal(key);
    if (refusal == nullptr) return false;
    reporter_.Add(offset, TokenLength(offset), ToProblem(*refusal));
    return true;
  }
  // At the token that follows `offset`.
  void RefuseAt(std::string_view key, std::size_t offset) {
    const std::size_t index = TokenAt(offset);
    Refuse(key, index < tokens_.size() ? tokens_[index].begin : 0);
  }
  SqlExpr Refused(std::string_view key, std::size_t offset) {
    if (!Refuse(key, offset)) Refuse("expression/other", offset);
    return {.offset = offset};
  }

  // ---- Clauses.
  void RefuseClauses(const Json& select) {
    static constexpr std::array<std::array<const char*, 3>, 9> kClauses = {{
        {"withClause", "clause/with", "with"},
        {"distinctClause", "clause/distinct", "distinct"},
        {"intoClause", "clause/into", "into"},
        {"havingClause", "clause/having", "having"},
        {"windowClause", "clause/window", "window"},
        {"sortClause", "clause/order-by", "order"},
        {"limitOffset", "clause/offset", "offset"},
        {"limitCount", "clause/limit", "limit"},
        {"lockingClause", "clause/locking", "for"},
    }};
    for (const auto& [member, key, word] : kClauses) {
      if (!At(select, member).is_null()) Refuse(key, FindWord(word));
    }
    if (!At(select, "groupDistinct").is_null())
      Refuse("clause/group-by-distinct", FindWord("distinct"));
  }

  std::optional<SqlSelect> ReadSelect(const Json& select) {
    if (TextAt(select, "op") != "SETOP_NONE") {
      std::size_t at = 0;
      for (const char* word : {"except", "intersect", "union"}) at = std::max(at, FindWord(word));
      Refuse("clause/set-operation", at);
      return std::nullopt;
    }
    if (!At(select, "valuesLists").is_null()) {
      Refuse("clause/values", FindWord("values"));
      return std::nullopt;
    }
    SqlSelect out;
    RefuseClauses(select);
    ReadFrom(At(select, "fromClause"), out);
    for (const Json& target : At(select, "targetList")) {
      const Json& result = At(target, "ResTarget");
      out.outputs.push_back({Read(At(result, "val")), TextAt(result, "name")});
    }
    if (const Json& where = At(select, "whereClause"); !where.is_null()) out.where = Read(where);
    for (const Json& item : At(select, "groupClause")) out.group_by.push_back(Read(item));
    return out;
  }

  void ReadFrom(const Json& from, SqlSelect& out) {
    const std::size_t keyword = FindWord("from");
    if (from.empty()) {
      reporter_.Add(
          keyword, 1,
          {"NO_SOURCE", "the query has no FROM", "write FROM and the name of the source"});
      return;
    }
    if (from.size() > 1) {
      const bool unnest = std::any_of(from.begin(), from.end(), [](const Json& item) {
        return FunctionName(item) == "unnest";
      });
      RefuseAt(unnest ? "from/unnest" : "from/list", keyword + 4);
      return;
    }
    const auto [type, content] = Unwrap(from[0]);
    if (type == "RangeVar") return ReadTable(*content, out);
    if (type == "RangeFunction")
      return RefuseAt(FunctionName(from[0]) == "unnest" ? "from/unnest" : "from/function",
                      keyword + 4);
    RefuseAt(type == "JoinExpr"         ? "from/join"
             : type == "RangeSubselect" ? "from/subquery"
                                        : "from/other",
             keyword + 4);
  }

  static std::string FunctionName(const Json& item) {
    const Json& functions = At(At(item, "RangeFunction"), "functions");
    if (functions.empty()) return {};
    const Json& items = At(At(functions[0], "List"), "items");
    return items.empty() ? std::string() : LastName(At(At(items[0], "FuncCall"), "funcname"));
  }

  void ReadTable(const Json& table, SqlSelect& out) {
    out.from_offset = Location(table, "location", 0);
    if (!TextAt(table, "schemaname").empty()) Refuse("from/schema", out.from_offset);
    if (!At(At(table, "alias"), "colnames").is_null()) Refuse("from/column-names", out.from_offset);
    out.from = TextAt(table, "relname");
    out.from_alias = TextAt(At(table, "alias"), "aliasname");
  }

  // ---- Expressions.
  SqlExpr Read(const Json& node) {
    static constexpr std::array<NodeType, 9> kTypes = {{
        {"ColumnRef", &TreeReader::ReadColumn},
        {"A_Const", &TreeReader::ReadConstant},
        {"FuncCall", &TreeReader::ReadCall},
        {"A_Expr", &TreeReader::ReadOperator},
        {"BoolExpr", &TreeReader::ReadLogic},
        {"NullTest", &TreeReader::ReadNullTest},
        {"TypeCast", &TreeReader::ReadCast},
        {"GroupingSet", &TreeReader::ReadGroupingSet},
        {"NamedArgExpr", &TreeReader::ReadNamed},
    }};
    const auto [type, content] = Unwrap(node);
    const std::size_t offset = Location(*content, "location", 0);
    if (++depth_ > kMaxDepth) {
      --depth_;
      reporter_.Add(offset, 1,
                    {"SQL_TOO_DEEP", "the query nests deeper than 200 levels",
                     "split it into several queries"});
      return {.offset = offset};
    }
    const auto* found =
        std::find_if(kTypes.begin(), kTypes.end(),
                     [&t = type](const NodeType& entry) { return entry.name == t; });
    SqlExpr out = found == kTypes.end()
                      ? Refused(StrCat("expression/", type), Inside(*content, offset))
                      : (this->*found->read)(*content, offset);
    --depth_;
    return out;
  }

  // Some nodes have no place of their own: take that of their first operand.
  static std::size_t Inside(const Json& node, std::size_t offset) {
    const Json& operand = At(node, "arg");
    return At(node, "location").is_null() && !operand.is_null()
               ? Location(*Unwrap(operand).second, "location", offset)
               : offset;
  }

  std::vector<SqlExpr> ReadAll(const Json& nodes) {
    std::vector<SqlExpr> out;
    for (const Json& node : nodes) out.push_back(Read(node));
    return out;
  }

  // The path as it was typed: the parser folds names to lower case, fields may have capitals.
  SqlExpr ReadColumn(const Json& node, std::size_t offset) {
    SqlExpr out{.kind = SqlExpr::Kind::kColumn, .offset = offset};
    std::size_t token = TokenAt(offset);
    for (const Json& field : At(node, "fields")) {
      const std::string folded = StringOf(field);
      if (folded.empty()) out.kind = SqlExpr::Kind::kStar;
      const bool typed = token < tokens_.size() && tokens_[token].kind == SqlToken::Kind::kWord &&
                         LowerText(reporter_.text(), tokens_[token]) == folded;
      out.text += out.text.empty() ? "" : ".";
      out.text += typed ? TokenText(token) : std::string_view(folded);
      if (token < tokens_.size())
        out.length = tokens_[token].end - std::min(offset, tokens_[token].begin);
      token += 2;
    }
    return out;
  }

  SqlExpr ReadConstant(const Json& node, std::size_t offset) {
    SqlExpr out{.kind = SqlExpr::Kind::kNull, .offset = offset, .length = TokenLength(offset)};
    if (!At(node, "isnull").is_null()) return out;
    if (!At(node, "bsval").is_null()) return Refused("expression/bit-string", offset);
    if (const Json& text = At(node, "sval"); !text.is_null()) {
      out.kind = SqlExpr::Kind::kText;
      out.text = TextAt(text, "sval");
    } else if (const Json& truth = At(node, "boolval"); !truth.is_null()) {
      out.kind = At(truth, "boolval").is_null() ? SqlExpr::Kind::kFalse : SqlExpr::Kind::kTrue;
    } else {
      ReadNumber(node, out);
    }
    return out;
  }

  // The tree gives neither zero nor negative whole numbers: the sign and the digits are read where
  // they were typed.
  void ReadNumber(const Json& node, SqlExpr& out) const {
    out.kind = SqlExpr::Kind::kNumber;
    std::size_t token = TokenAt(out.offset);
    bool negative = false;
    while (token < tokens_.size() && tokens_[token].kind != SqlToken::Kind::kNumber) {
      negative ^= TokenText(token) == "-";
      ++token;
    }
    if (token < tokens_.size()) out.length = tokens_[token].end - out.offset;
    out.text = TextAt(At(node, "fval"), "fval");
    if (out.text.empty()) out.text = StrCat(negative ? "-" : "", TokenText(token));
  }

  SqlExpr ReadCall(const Json& node, std::size_t offset) {
    SqlExpr out{.kind = SqlExpr::Kind::kCall, .offset = offset, .length = TokenLength(offset)};
    out.text = LastName(At(node, "funcname"));
    if (const std::string_view key = RefusedCall(node, out.text); !key.empty())
      return Refused(key, offset);
    if (!At(node, "agg_star").is_null()) {
      out.arguments.push_back({.kind = SqlExpr::Kind::kStar, .offset = offset});
      out.argument_names.emplace_back();
    }
    for (const Json& argument : At(node, "args")) {
      out.argument_names.push_back(TextAt(At(argument, "NamedArgExpr"), "name"));
      out.arguments.push_back(Read(argument));
    }
    if (const Json& filter = At(node, "agg_filter"); !filter.is_null())
      out.filter.push_back(Read(filter));
    return out;
  }

  // One sentence per call: its arguments are not looked at when the function itself is not there.
  static std::string_view RefusedCall(const Json& node, const std::string& name) {
    if (const Refusal* named = FindRefusal(StrCat("function/", name))) return named->key;
    if (!At(node, "over").is_null()) return "call/over";
    if (!At(node, "agg_distinct").is_null()) {
      return name == "count" ? "call/count-distinct" : "call/distinct";
    }
    if (!At(node, "agg_within_group").is_null()) return "call/within-group";
    if (!At(node, "agg_order").is_null()) return "call/order-by";
    return At(node, "func_variadic").is_null() ? "" : "call/variadic";
  }

  SqlExpr ReadOperator(const Json& node, std::size_t offset) {
    static constexpr std::array<std::string_view, 6> kComparisons = {"=",  "<>", "<",
                                                                     "<=", ">",  ">="};
    const std::string kind = TextAt(node, "kind");
    const std::string name = LastName(At(node, "name"));
    if (kind == "AEXPR_IN") return ReadIn(node, offset, name);
    if (kind != "AEXPR_OP") return Refused(StrCat("operator/", kind), offset);
    if (std::find(kComparisons.begin(), kComparisons.end(), name) == kComparisons.end()) {
      return Refused(FindRefusal(StrCat("operator/", name)) != nullptr ? StrCat("operator/", name)
                                                                       : "operator/other",
                     offset);
    }
    SqlExpr out{
        .kind = SqlExpr::Kind::kCompare, .offset = offset, .length = name.size(), .text = name};
    out.arguments.push_back(Read(At(node, "lexpr")));
    out.arguments.push_back(Read(At(node, "rexpr")));
    return out;
  }

  SqlExpr ReadIn(const Json& node, std::size_t offset, std::string_view name) {
    SqlExpr out{.kind = SqlExpr::Kind::kIn, .offset = offset, .length = TokenLength(offset)};
    out.arguments.push_back(Read(At(node, "lexpr")));
    for (SqlExpr& item : ReadAll(At(At(At(node, "rexpr"), "List"), "items")))
      out.arguments.push_back(std::move(item));
    if (name != "<>") return out;
    SqlExpr negation{.kind = SqlExpr::Kind::kNot, .offset = offset, .length = out.length};
    negation.arguments.push_back(std::move(out));
    return negation;
  }

  SqlExpr ReadLogic(const Json& node, std::size_t offset) {
    const std::string op = TextAt(node, "boolop");
    SqlExpr out{.kind = op == "NOT_EXPR"  ? SqlExpr::Kind::kNot
                        : op == "OR_EXPR" ? SqlExpr::Kind::kOr
                                          : SqlExpr::Kind::kAnd,
                .offset = offset,
                .length = TokenLength(offset)};
    out.arguments = ReadAll(At(node, "args"));
    return out;
  }

  SqlExpr ReadNullTest(const Json& node, std::size_t offset) {
    SqlExpr out{.kind = TextAt(node, "nulltesttype") == "IS_NULL" ? SqlExpr::Kind::kIsNull
                                                                  : SqlExpr::Kind::kIsNotNull,
                .offset = offset,
                .length = TokenLength(offset)};
    out.arguments.push_back(Read(At(node, "arg")));
    return out;
  }

  // Only interval '...' is a literal of ours; a timestamp is written as a plain text.
  SqlExpr ReadCast(const Json& node, std::size_t offset) {
    const Json& type = At(node, "typeName");
    const std::size_t at = At(node, "location") == -1 ? Location(type, "location", offset) : offset;
    const Json& text = At(At(At(node, "arg"), "A_Const"), "sval");
    if (LastName(At(type, "names")) != "interval" || text.is_null())
      return Refused("expression/TypeCast", at);
    SqlExpr out{.kind = SqlExpr::Kind::kInterval,
                .offset = at,
                .length = TokenLength(at),
                .text = TextAt(text, "sval")};
    if (!At(type, "typmods").is_null()) out.text += StrCat(" ", TokenText(TokenAt(at) + 2));
    return out;
  }

  SqlExpr ReadGroupingSet(const Json& node, std::size_t offset) {
    return Refused(StrCat("grouping/", TextAt(node, "kind")), offset);
  }

  SqlExpr ReadNamed(const Json& node, std::size_t) { return Read(At(node, "arg")); }

  const std::vector<SqlToken>& tokens_;
  SqlReporter& reporter_;
  int depth_ = 0;
};

}  // namespace

std::optional<SqlSelect> ReadSqlTree(std::string_view json, const std::vector<SqlToken>& tokens,
                                     SqlReporter& reporter) {
  const Json tree = Json::parse(json, nullptr, false);
  if (tree.is_discarded()) {
    reporter.Add(
        0, 1,
        {"SQL_SYNTAX", "the query could not be read", "remove unusual characters from its texts"});
    return std::nullopt;
  }
  try {
    return TreeReader(tokens, reporter).ReadStatements(At(tree, "stmts"));
  } catch (const Json::exception& error) {
    reporter.Add(0, 1, {"SQL_SYNTAX", StrCat("the query could not be read: ", error.what())});
    return std::nullopt;
  }
}

}  // namespace tidemark
