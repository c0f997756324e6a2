#include "query/aggregate_calls.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "base/text.h"
#include "query/literals.h"

namespace tidemark {
namespace {

std::string TextOf(const ExpressionPtr& expression) {
  return expression == nullptr ? "" : expression->ToString();
}

bool SameArguments(const StateColumn& a, const StateColumn& b) {
  return std::equal(
      a.arguments.begin(), a.arguments.end(), b.arguments.begin(), b.arguments.end(),
      [](const ExpressionPtr& x, const ExpressionPtr& y) { return TextOf(x) == TextOf(y); });
}

bool SameState(const StateColumn& a, const StateColumn& b) {
  return a.state.function == b.state.function && a.state.parameters == b.state.parameters &&
         SameArguments(a, b) && TextOf(a.filter) == TextOf(b.filter);
}

struct Arguments {
  std::vector<ExpressionPtr> expressions;
  std::vector<Type> types;
  std::vector<Value> literals;  // NULL for what is no literal
};

std::optional<Arguments> BindArguments(const SqlExpr& call, NameScope& scope) {
  Arguments out;
  bool ok = true;
  for (std::size_t i = 0; i < call.arguments.size(); ++i) {
    const SqlExpr& argument = call.arguments[i];
    if (argument.kind == SqlExpr::Kind::kStar && call.text == "count") continue;
    if (!call.argument_names[i].empty()) {
      scope.reporter().Add(
          argument.offset, argument.length,
          {"BAD_ARGUMENT", StrCat(call.text, " has no argument named ", call.argument_names[i]),
           "write the arguments without names"});
      ok = false;
    }
    ExpressionPtr bound = BindArgument(argument, scope);
    ok = ok && bound != nullptr;
    if (bound == nullptr) continue;
    out.types.push_back(bound->type);
    out.literals.push_back(IsLiteral(argument) ? bound->literal : Value{});
    out.expressions.push_back(std::move(bound));
  }
  return ok ? std::optional(std::move(out)) : std::nullopt;
}

void ReportUnknownFunction(const SqlExpr& call, SqlReporter& reporter) {
  static constexpr std::array<std::string_view, 4> kWindows = {"tumble", "hop", "cumulate",
                                                               "session"};
  if (std::find(kWindows.begin(), kWindows.end(), call.text) != kWindows.end()) {
    reporter.Add(
        call.offset, call.length,
        {"MISPLACED_WINDOW", StrCat(call.text, "(...) makes windows, which stand in GROUP BY"),
         "window_start and window_end are in every result row"});
    return;
  }
  std::vector<std::string_view> names;
  for (const AggregateFunction& function : Aggregates()) names.push_back(function.info.name);
  const std::string_view nearest = Nearest(call.text, names);
  reporter.Add(call.offset, call.length,
               {"UNKNOWN_FUNCTION", StrCat("there is no function \"", call.text, "\""),
                nearest.empty() ? StrCat("there are ", Join(names, ", "))
                                : StrCat("did you mean ", nearest, "?")});
}

// nullptr without FILTER; `ok` is cleared if it was refused.
ExpressionPtr BindFilter(const SqlExpr& call, NameScope& scope, bool& ok) {
  if (call.filter.empty()) return nullptr;
  ExpressionPtr filter = BindCondition(call.filter[0], scope);
  ok = ok && filter != nullptr;
  return filter;
}

OutputColumn MakeOutput(const AggregateFunction& function, const BoundAggregate& bound,
                        const Arguments& arguments) {
  OutputColumn out;
  out.source = OutputColumn::Source::kState;
  out.finish = bound.finish;
  out.result = bound.result;
  out.aggregate = std::string(function.info.name);
  if (!arguments.types.empty()) out.argument = arguments.types.front();
  for (std::size_t i = bound.column_arguments; i < arguments.literals.size(); ++i)
    out.literals.push_back(arguments.literals[i]);
  return out;
}

}  // namespace

StateList::StateList() {
  const AggregateFunction* count = FindAggregate("count");
  TM_CHECK(count != nullptr, "the registry has count");
  const Result<BoundAggregate> bound = count->bind({}, {});
  TM_CHECK(bound.ok(), "count(*) binds");
  states_.push_back({.state = bound->state});
}

std::size_t StateList::Add(StateColumn state) {
  const auto found = std::find_if(states_.begin(), states_.end(), [&](const StateColumn& other) {
    return SameState(other, state);
  });
  if (found != states_.end()) return static_cast<std::size_t>(found - states_.begin());
  states_.push_back(std::move(state));
  return states_.size() - 1;
}

std::optional<OutputColumn> BindAggregate(const SqlExpr& call, NameScope& scope,
                                          StateList& states) {
  const AggregateFunction* function = FindAggregate(call.text);
  if (function == nullptr) {
    ReportUnknownFunction(call, scope.reporter());
    return std::nullopt;
  }
  if (call.text == "count" && call.arguments.empty()) {
    scope.reporter().Add(call.offset, call.length,
                         {"BAD_ARGUMENT", "count needs what it counts", "write count(*)"});
    return std::nullopt;
  }
  bool ok = true;
  std::optional<Arguments> arguments = BindArguments(call, scope);
  ExpressionPtr filter = BindFilter(call, scope, ok);
  if (!arguments || !ok) return std::nullopt;
  const Result<BoundAggregate> bound = function->bind(arguments->types, arguments->literals);
  if (!bound.ok()) {
    scope.reporter().Add(
        call.offset, call.length,
        ToProblem("BAD_ARGUMENT", bound.status(), StrCat("write ", function->info.example)));
    return std::nullopt;
  }
  OutputColumn out = MakeOutput(*function, *bound, *arguments);
  arguments->expressions.resize(bound->column_arguments);
  out.index = states.Add({.state = bound->state,
                          .arguments = std::move(arguments->expressions),
                          .filter = std::move(filter)});
  return out;
}

}  // namespace tidemark
