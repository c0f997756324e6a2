#include "aggregate/functions_document.h"

#include "aggregate/aggregate.h"
#include "base/text.h"

namespace tidemark {
namespace {

constexpr std::string_view kHeader =
    "# Aggregates\n"
    "\n"
    "Generated from the table of aggregates; a test fails when it is stale.\n"
    "\n"
    "Rows in which an argument is NULL are left out. An aggregate over no rows is NULL, but count "
    "is 0 and counts is {}.\n"
    "Division by zero, and a result that its type cannot hold, gives NULL. Doubles are taken with "
    "6 fraction digits,\n"
    "rounded half even; NaN, infinity and what is out of range count as NULL. min and max give "
    "doubles back as they are.\n"
    "EXACT: the result is a function of the rows alone and has no error. BOUNDED: it is a function "
    "of the rows alone,\n"
    "within the stated error.\n";

std::string Section(const AggregateInfo& info) {
  const bool exact = info.accuracy == Accuracy::kExact;
  return StrCat("\n## ", info.name, "\n\n", info.description, "\n\n- Arguments: ", info.arguments,
                "\n- Result: ", info.result,
                "\n- Accuracy: ", exact ? "EXACT" : "BOUNDED: ", info.error, "\n- Example: `",
                info.example, "`\n");
}

}  // namespace

std::string FunctionsDocument() {
  std::string document(kHeader);
  for (const AggregateFunction& aggregate : Aggregates()) document += Section(aggregate.info);
  document += "\n## Not supported yet\n\n";
  std::string_view between;
  for (const std::string_view name : NotYetAggregates()) {
    document += StrCat(between, name);
    between = ", ";
  }
  return document + "\n";
}

}  // namespace tidemark
