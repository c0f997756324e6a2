#include "query/query_binder.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "model/time.h"
#include "query/aggregate_calls.h"
#include "query/foreign_spelling.h"
#include "query/sql_grammar.h"
#include "query/sql_tree.h"
#include "query/window_calls.h"

namespace tidemark {
namespace {

constexpr std::size_t kMaxOutputs = 256;
constexpr Duration kMaxReplay{2 * 3'600'000};
constexpr std::string_view kTooLong =
    " is more than 2h; longer windows need state images, which are not supported yet";
constexpr std::array<std::string_view, 5> kReserved = {"window_start", "window_end", "grouping_id",
                                                       "finality", "revision"};

bool IsReserved(std::string_view name) {
  return std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end();
}

// An output before GROUP BY is known.
struct Pending {
  const SqlOutput* text = nullptr;
  std::optional<BoundColumn> column;      // a plain field
  std::optional<OutputColumn> aggregate;  // else
  std::string name;
};

class SelectBinder {
 public:
  SelectBinder(const SqlSelect& select, FieldSet& fields, SqlReporter& reporter)
      : select_(select), reporter_(reporter), scope_(fields, select, reporter) {}

  void Bind(std::string_view source_name, QueryPlan& plan) {
    CheckSource(source_name);
    if (select_.where) plan.where = BindWhere();
    BindOutputs();
    BindGroupBy(plan);
    CheckNames();
    for (Pending& pending : pending_) Finish(pending, plan);
    CheckAllSelected(plan);
    plan.states = states_.Take();
  }

 private:
  void Report(const SqlExpr& at, Problem problem) {
    reporter_.Add(at.offset, at.length, std::move(problem));
  }

  void CheckSource(std::string_view source_name) {
    if (select_.from.empty() || select_.from == source_name) return;
    reporter_.Add(select_.from_offset, select_.from.size(),
                  {"UNKNOWN_SOURCE", StrCat("there is no source \"", select_.from, "\""),
                   StrCat("write FROM ", source_name)});
  }

  ExpressionPtr BindWhere() {
    const SqlExpr& where = *select_.where;
    return BindCondition(where, scope_);
  }

  void BindOutputs() {
    if (select_.outputs.empty()) {
      reporter_.Add(0, 6, {"NO_COLUMNS", "SELECT has no columns", "write SELECT count(*)"});
    }
    if (select_.outputs.size() > kMaxOutputs) {
      reporter_.Add(
          0, 6,
          {"TOO_MANY_COLUMNS", "a query has at most 256 columns", "split it into several queries"});
      return;
    }
    for (const SqlOutput& output : select_.outputs) {
      pending_.push_back(BindOutput(output));
      const Pending& bound = pending_.back();
      if (!output.alias.empty()) scope_.AddAlias(output.alias, bound.column);
    }
  }

  Pending BindOutput(const SqlOutput& output) {
    Pending pending{.text = &output, .name = output.alias};
    const SqlExpr& value = output.value;
    if (value.kind == SqlExpr::Kind::kColumn) {
      if (IsReserved(value.text) && !scope_.IsField(value)) {
        Report(value, {"RESERVED_NAME", StrCat(value.text, " is in every result row already"),
                       "remove it from SELECT"});
      } else {
        pending.column = scope_.Resolve(value);
      }
    } else if (value.kind == SqlExpr::Kind::kCall) {
      pending.aggregate = BindAggregate(value, scope_, states_);
    } else if (value.kind == SqlExpr::Kind::kStar) {
      Report(value,
             {"REFUSED", "SELECT * is refused: each column is a group column or an aggregate",
              "name the columns"});
    } else if (value.kind != SqlExpr::Kind::kRefused) {
      Report(value, {"NOT_SUPPORTED_YET", "computed columns are not supported yet",
                     "select group columns and aggregates"});
    }
    if (pending.name.empty()) pending.name = DefaultName(pending);
    return pending;
  }

  // PostgreSQL's: the last part of a field, the name of a function.
  static std::string DefaultName(const Pending& pending) {
    if (!pending.column) return pending.text->value.text;
    return pending.column->name.substr(pending.column->name.rfind('.') + 1);
  }

  void BindGroupBy(QueryPlan& plan) {
    for (const SqlExpr& item : select_.group_by) {
      if (item.kind == SqlExpr::Kind::kCall && IsWindowName(item.text)) {
        BindWindowItem(item, plan);
      } else if (item.kind == SqlExpr::Kind::kRefused) {
        refused_group_ = true;
      } else if (const auto column = BindGroupItem(item)) {
        AddGroup(item, *column, plan);
      }
    }
    if (windows_ != 0 || refused_group_) return;
    const std::size_t at = select_.group_by.empty() ? 0 : select_.group_by.front().offset;
    reporter_.Add(
        at, select_.group_by.empty() ? 6 : select_.group_by.front().length,
        {"NO_WINDOW", "GROUP BY has no window: without one a result would never be finished",
         select_.group_by.empty() ? "write GROUP BY tumble('5m')"
                                  : "add tumble('5m') to GROUP BY"});
  }

  void BindWindowItem(const SqlExpr& item, QueryPlan& plan) {
    if (++windows_ == 2) {
      Report(item, {"TWO_WINDOWS", "GROUP BY has two windows", "write one query per window"});
    }
    const auto window = BindWindow(item, reporter_);
    if (!window) return;
    plan.window = *window;
    if (plan.allowed_lateness == Duration(0) && plan.window.size > kMaxReplay) {
      Report(item,
             {"WINDOW_TOO_LONG", StrCat("a window of ", FormatDuration(window->size), kTooLong),
              "make it shorter"});
    }
  }

  std::optional<BoundColumn> BindGroupItem(const SqlExpr& item) {
    if (item.kind == SqlExpr::Kind::kColumn) return scope_.Resolve(item);
    if (item.kind == SqlExpr::Kind::kNumber) return BindPosition(item);
    Report(item, {"NOT_SUPPORTED_YET", "grouping by anything but a field is not supported yet",
                  "group by a field or by its alias"});
    return std::nullopt;
  }

  std::optional<BoundColumn> BindPosition(const SqlExpr& item) {
    for (std::size_t i = 0; i < pending_.size(); ++i) {
      if (item.text == std::to_string(i + 1) &&
          (pending_[i].column || pending_[i].text->value.kind == SqlExpr::Kind::kColumn)) {
        return pending_[i].column;
      }
    }
    Report(item,
           {"BAD_POSITION", StrCat("column ", item.text, " of SELECT is no field to group by"),
            "group by the name of a field"});
    return std::nullopt;
  }

  void AddGroup(const SqlExpr& item, const BoundColumn& column, QueryPlan& plan) {
    if (column.type.kind == TypeKind::kDouble) {
      return Report(item, {"GROUP_BY_DOUBLE",
                           "grouping by a double is refused: equal-looking values may differ",
                           "group by an integer, an enum or a text"});
    }
    if (column.type.kind == TypeKind::kList) {
      return Report(item, {"GROUP_BY_ARRAY", "grouping by an array is refused",
                           "counts(x) counts its elements"});
    }
    for (const GroupColumn& other : plan.group) {
      if (other.column == column.column) return;
    }
    plan.group.push_back({.name = column.name, .column = column.column, .type = column.type});
    group_items_.push_back(&item);
  }

  void CheckNames() {
    for (std::size_t i = 0; i < pending_.size(); ++i) {
      const std::string& name = pending_[i].name;
      const SqlExpr& value = pending_[i].text->value;
      if (name.empty()) continue;
      const bool bound = pending_[i].column || pending_[i].aggregate;
      if (IsReserved(name) && (bound || !pending_[i].text->alias.empty())) {
        Report(value, {"RESERVED_NAME",
                       StrCat("the name ", name, " is reserved for the result row itself"),
                       "choose another name after AS"});
      }
      const auto same = [&](const Pending& other) { return other.name == name; };
      if (std::any_of(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(i), same)) {
        Report(value, {"DUPLICATE_COLUMN", StrCat("there is already a column named ", name),
                       "name it with AS"});
      }
    }
  }

  void Finish(Pending& pending, QueryPlan& plan) {
    if (pending.aggregate) {
      pending.aggregate->name = pending.name;
      plan.outputs.push_back(std::move(*pending.aggregate));
    }
    if (!pending.column) return;
    const auto group =
        std::find_if(plan.group.begin(), plan.group.end(),
                     [&](const GroupColumn& g) { return g.column == pending.column->column; });
    if (group == plan.group.end()) return ReportUngrouped(pending);
    const auto index = static_cast<std::size_t>(group - plan.group.begin());
    if (selected_.size() < plan.group.size()) selected_.resize(plan.group.size());
    if (!selected_[index]) group->name = pending.name;
    selected_[index] = true;
    OutputColumn out;
    out.name = pending.name;
    out.index = index;
    out.argument = out.result = group->type;
    plan.outputs.push_back(std::move(out));
  }

  // An alias that GROUP BY itself got wrong is reported there.
  void ReportUngrouped(const Pending& pending) {
    if (refused_group_) return;
    for (const SqlExpr& item : select_.group_by) {
      if (item.text == pending.text->value.text || item.text == pending.name) return;
    }
    Report(
        pending.text->value,
        {"NOT_GROUPED", StrCat(pending.name, " is neither a group column nor inside an aggregate"),
         StrCat("add ", pending.name, " to GROUP BY, or write max(", pending.text->value.text,
                ")")});
  }

  void CheckAllSelected(const QueryPlan& plan) {
    for (std::size_t i = 0; i < plan.group.size(); ++i) {
      if (i < selected_.size() && selected_[i]) continue;
      Report(*group_items_[i],
             {"GROUP_NOT_SELECTED",
              StrCat("the group column ", group_items_[i]->text, " is not selected"),
              StrCat("add ", group_items_[i]->text, " to SELECT")});
    }
  }

  const SqlSelect& select_;
  SqlReporter& reporter_;
  NameScope scope_;
  StateList states_;
  std::vector<Pending> pending_;
  std::vector<const SqlExpr*> group_items_;  // of plan.group, in its order
  std::vector<bool> selected_;               // likewise
  int windows_ = 0;
  bool refused_group_ = false;  // an item of GROUP BY was reported: what it grouped is not known
};

std::optional<SqlSelect> ReadSelect(SqlReporter& reporter) {
  const auto tokens = ScanSql(reporter);
  if (!tokens || ReportForeignSpelling(*tokens, reporter)) return std::nullopt;
  const auto tree = ParseSql(reporter);
  return tree ? ReadSqlTree(*tree, *tokens, reporter) : std::nullopt;
}

void CheckLateness(const QuerySection& query, const WindowSpec& window, DiagnosticSink& sink) {
  const bool late = query.allowed_lateness > Duration(0);
  if (!late || window.size + query.allowed_lateness <= kMaxReplay) return;
  sink.Add(query.lateness_range,
           {"WINDOW_TOO_LONG",
            StrCat("a window of ", FormatDuration(window.size), " with ",
                   FormatDuration(query.allowed_lateness), " of allowed lateness", kTooLong),
            "make it shorter"});
}

}  // namespace

std::optional<QueryPlan> BindQuery(const QuerySection& query, std::string_view source_name,
                                   FieldSet* fields, DiagnosticSink& sink) {
  if (query.sql.text.empty()) return std::nullopt;
  const std::size_t before = sink.count();
  SqlReporter reporter(query.sql, sink);
  const auto select = ReadSelect(reporter);
  if (!select || fields == nullptr) return std::nullopt;
  QueryPlan plan;
  plan.name = query.name.text;
  plan.sql = query.sql.text;
  plan.allowed_lateness = query.allowed_lateness;
  SelectBinder(*select, *fields, reporter).Bind(source_name, plan);
  CheckLateness(query, plan.window, sink);
  return sink.count() == before ? std::optional(std::move(plan)) : std::nullopt;
}

}  // namespace tidemark
