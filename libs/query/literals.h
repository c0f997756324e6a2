// Literals: what a typed constant is when it stands beside a column of some type.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "model/type.h"
#include "model/value.h"
#include "query/sql_reporter.h"
#include "query/sql_tree.h"

namespace tidemark {

struct Literal {
  Type type;
  Value value;
};

bool IsLiteral(const SqlExpr& expr);
// An exact number: "5", "-0.95", "1e3"; nullopt beyond 38 digits.
std::optional<Literal> ParseNumber(std::string_view text);
// By itself: whole numbers are integers, others decimals. nullopt after reporting.
std::optional<Literal> ReadLiteral(const SqlExpr& expr, SqlReporter& reporter);
// Beside a value of `type`: an enum's name is its number, a text beside a time is a time. NULL fits
// every type. nullopt after reporting.
std::optional<Literal> ReadLiteralFor(const SqlExpr& expr, const Type& type, SqlReporter& reporter);

// '5m' or interval '5 minutes'; nullopt after reporting.
std::optional<Duration> ReadDuration(const SqlExpr& expr, SqlReporter& reporter);

}  // namespace tidemark
