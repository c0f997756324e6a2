#include "query/sql_grammar.h"

#include <pg_query.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/bytes.h"
#include "base/text.h"

namespace tidemark {
namespace {

constexpr std::size_t kMaxSqlBytes = 64U << 10U;
constexpr int kMaxDepth = 200;

// Token numbers of the scanner (pg_query.proto, enum Token).
constexpr std::uint64_t kIdentifier = 258;
constexpr std::uint64_t kFloat = 260;
constexpr std::uint64_t kString = 261;
constexpr std::uint64_t kInteger = 266;
constexpr std::uint64_t kSqlComment = 275;
constexpr std::uint64_t kBlockComment = 276;

// One ScanToken {int32 start = 1; int32 end = 2; Token token = 4; KeywordKind keyword_kind = 5};
// zeros are absent.
struct RawToken {
  std::array<std::uint64_t, 8> fields{};
  std::uint64_t start() const { return fields[1]; }
  std::uint64_t end() const { return fields[2]; }
  std::uint64_t token() const { return fields[4]; }
  std::uint64_t keyword() const { return fields[5]; }
};

RawToken ReadToken(std::string_view bytes) {
  RawToken token;
  ByteReader reader(bytes);
  while (reader.ok() && !reader.at_end()) {
    const std::uint64_t tag = reader.Leb128();
    const std::uint64_t value = reader.Leb128();
    if (tag >> 3U < token.fields.size()) token.fields.at(tag >> 3U) = value;
  }
  return token;
}

SqlToken::Kind KindOf(const RawToken& raw, std::string_view text) {
  if (raw.token() == kIdentifier)
    return text.front() == '"' ? SqlToken::Kind::kQuotedWord : SqlToken::Kind::kWord;
  if (raw.keyword() != 0) return SqlToken::Kind::kWord;
  if (raw.token() == kFloat || raw.token() == kInteger) return SqlToken::Kind::kNumber;
  return raw.token() == kString ? SqlToken::Kind::kString : SqlToken::Kind::kSymbol;
}

// ScanResult {int32 version = 1; repeated ScanToken tokens = 2}.
std::vector<SqlToken> DecodeTokens(std::string_view bytes, std::string_view sql) {
  constexpr std::uint64_t kTokensTag = 2U << 3U | 2U;
  std::vector<SqlToken> tokens;
  ByteReader reader(bytes);
  while (reader.ok() && !reader.at_end()) {
    if (reader.Leb128() != kTokensTag) {
      reader.Leb128();
      continue;
    }
    const RawToken raw = ReadToken(reader.LengthPrefixed());
    const bool comment = raw.token() == kSqlComment || raw.token() == kBlockComment;
    if (comment || raw.end() > sql.size() || raw.start() >= raw.end()) continue;
    const std::string_view text = sql.substr(raw.start(), raw.end() - raw.start());
    tokens.push_back({.kind = KindOf(raw, text), .begin = raw.start(), .end = raw.end()});
  }
  return tokens;
}

std::size_t ByteOffset(std::string_view text, int cursor) {
  std::size_t at = 0;
  for (int character = 1; character < cursor && at < text.size(); ++character) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) ++at;
  }
  return at;
}

// Stops at the end of the word there, so that the caret covers it.
std::size_t WordLength(std::string_view text, std::size_t at) {
  const std::size_t end = std::min(text.find_first_of(" \t\n,()", at), text.size());
  return std::max<std::size_t>(end - at, 1);
}

void ReportError(const PgQueryError& error, SqlReporter& reporter) {
  const std::string& text = reporter.text();
  std::size_t at = error.cursorpos > 0 ? ByteOffset(text, error.cursorpos) : 0;
  std::string_view message = error.message == nullptr ? "syntax error" : error.message;
  const bool at_end = message == "syntax error at end of input";
  if (at_end) {
    at = text.find_last_not_of(" \t\n;");
    at = at == std::string::npos ? 0 : at;
    message = "the query ends too early";
  }
  if (message.find('\n') != std::string_view::npos) {
    message = message.substr(0, std::min(message.find(" at or near"), message.find('\n')));
  }
  reporter.Add(at, at_end ? 1 : WordLength(text, at), {"SQL_SYNTAX", std::string(message)});
}

// How much deeper the parser goes behind a token: brackets nest, and each prefix or chained
// operator is a level too.
class DepthMeter {
 public:
  bool Exceeds(const SqlToken& token, std::string_view text) {
    static constexpr std::array<std::string_view, 9> kFlat = {"(", ")", "[",  "]", ",",
                                                              ".", ";", "=>", ":="};
    static constexpr std::array<std::string_view, 6> kChains = {"not",       "is",     "union",
                                                                "intersect", "except", "join"};
    static constexpr std::array<std::string_view, 5> kBreaks = {",", "and", "or", "then", "else"};
    const auto is_in = [&](const auto& list) {
      return std::find(list.begin(), list.end(), text) != list.end();
    };
    const bool symbol = token.kind == SqlToken::Kind::kSymbol;
    if (text == "(" || text == "[" || text == "case") ++brackets_;
    if (text == ")" || text == "]" || text == "end") brackets_ = std::max(brackets_ - 1, 0);
    if (symbol ? !is_in(kFlat) : is_in(kChains)) ++chain_;
    if (is_in(kBreaks)) chain_ = 0;
    return brackets_ + chain_ > kMaxDepth;
  }

 private:
  int brackets_ = 0;
  int chain_ = 0;
};

bool CheckDepth(const std::vector<SqlToken>& tokens, SqlReporter& reporter) {
  DepthMeter meter;
  for (const SqlToken& token : tokens) {
    if (!meter.Exceeds(token, LowerText(reporter.text(), token))) continue;
    reporter.Add(token.begin, token.end - token.begin,
                 {"SQL_TOO_DEEP", "the query nests deeper than 200 levels",
                  "split it into several queries"});
    return false;
  }
  return true;
}

}  // namespace

std::string LowerText(std::string_view sql, const SqlToken& token) {
  std::string text(sql.substr(token.begin, token.end - token.begin));
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

std::optional<std::vector<SqlToken>> ScanSql(SqlReporter& reporter) {
  const std::string& sql = reporter.text();
  if (sql.size() > kMaxSqlBytes || sql.find('\0') != std::string::npos) {
    reporter.Add(0, 1,
                 {"SQL_TOO_LONG", "the query is longer than 64 KiB or holds a zero byte",
                  "split it into several queries"});
    return std::nullopt;
  }
  const PgQueryScanResult result = pg_query_scan(sql.c_str());
  std::optional<std::vector<SqlToken>> tokens;
  if (result.error != nullptr) {
    ReportError(*result.error, reporter);
  } else {
    tokens = DecodeTokens({result.pbuf.data, result.pbuf.len}, sql);
  }
  pg_query_free_scan_result(result);
  if (tokens && !CheckDepth(*tokens, reporter)) tokens.reset();
  return tokens;
}

std::optional<std::string> ParseSql(SqlReporter& reporter) {
  const PgQueryParseResult result = pg_query_parse(reporter.text().c_str());
  std::optional<std::string> tree;
  if (result.error != nullptr) {
    ReportError(*result.error, reporter);
  } else {
    tree = result.parse_tree;
  }
  pg_query_free_parse_result(result);
  return tree;
}

}  // namespace tidemark
