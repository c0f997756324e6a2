#include "query/explain.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"
#include "model/time.h"

namespace tidemark {
namespace {

using Cells = std::vector<std::string>;

// The canonical text with field names where it has column numbers.
std::string WithNames(const Expression& expression, const DecodeSpec& decode) {
  const std::string text = expression.ToString();
  std::string out;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    quoted ^= text[i] == '\'';
    if (text[i] != '#' || quoted) {
      out += text[i];
      continue;
    }
    std::size_t column = 0;
    for (; i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '9'; ++i) {
      column = column * 10 + static_cast<std::size_t>(text[i + 1] - '0');
    }
    out += column < decode.fields.size() ? decode.fields[column].name : "?";
  }
  return out;
}

std::string StateText(const StateColumn& state, const DecodeSpec& decode) {
  const std::string arguments = Join(state.arguments, ", ", [&](const ExpressionPtr& argument) {
    return WithNames(*argument, decode);
  });
  const std::string filter =
      state.filter ? StrCat(" where ", WithNames(*state.filter, decode)) : "";
  return StrCat(state.state.function->name, "(", arguments.empty() ? "*" : arguments, ")", filter);
}

std::string StartText(const StartPosition& start) {
  if (start.kind == StartPosition::Kind::kTime) return FormatTime(start.time.value());
  return start.kind == StartPosition::Kind::kLatest ? "latest" : "earliest";
}

std::string EventTimeText(const DecodeSpec& decode) {
  static constexpr std::array<std::string_view, 3> kUnits = {"unix milliseconds", "unix seconds",
                                                             "Timestamp"};
  return StrCat(decode.event_time.name, " (", kUnits.at(static_cast<std::size_t>(decode.time_unit)),
                "), not before ", FormatTime(decode.min_event_time.value()));
}

std::string WatermarkText(const WatermarkOptions& options) {
  return StrCat(
      FormatDuration(options.max_out_of_orderness),
      " behind the largest event time; a partition is idle after ",
      FormatDuration(options.idle_after), "; all idle: ",
      options.close_after ? StrCat("close after ", FormatDuration(*options.close_after)) : "hold",
      "; future guard ", FormatDuration(options.max_future_skew), "; trusted time ",
      options.trusted_time_required ? "required" : "warn");
}

std::string SliceText(const WindowSpec& window) {
  const std::int64_t width = window.slice_width();
  return StrCat(window.ToString(), ": windows of ", FormatDuration(window.size), " in ",
                window.size.count() / width,
                window.size.count() == width ? " slice of " : " slices of ",
                FormatDuration(Duration(width)));
}

std::string LatenessText(const QueryPlan& query) {
  if (query.allowed_lateness == Duration(0)) return "0s: every row is FINAL, revision 0";
  const WindowMath math(query.window, query.allowed_lateness);
  return StrCat(FormatDuration(query.allowed_lateness), ": ON_TIME at the window's end, FINAL ",
                FormatDuration(query.allowed_lateness), " later; late tags every ",
                FormatDuration(Duration(math.tag_step)));
}

std::string SinkText(const SinkPlan& sink) {
  return StrCat(sink.topic,
                sink.revisions == SinkPlan::Revisions::kAll ? " (all revisions)" : " (final rows)");
}

void AppendQuery(const QueryPlan& query, const DecodeSpec& decode, std::string& out) {
  out += StrCat("\nquery ", query.name, " (instance ", query.instance, ")\n");
  std::vector<Cells> rows = {{"  window", SliceText(query.window)},
                             {"  allowed lateness", LatenessText(query)}};
  if (query.where) rows.push_back({"  where", WithNames(*query.where, decode)});
  rows.push_back({"  key", query.group.empty()
                               ? "none: one row per window"
                               : Join(query.group, ", ", [&](const GroupColumn& g) {
                                   const std::string& field = decode.fields[g.column].name;
                                   return g.name == field ? field : StrCat(g.name, " = ", field);
                                 })});
  for (std::size_t i = 0; i < query.states.size(); ++i) {
    rows.push_back({StrCat("  state ", i), StateText(query.states[i], decode)});
  }
  for (const OutputColumn& output : query.outputs) {
    if (output.source == OutputColumn::Source::kGroup) continue;
    rows.push_back(
        {"  column", StrCat(output.name, " = ", output.aggregate, " of state ", output.index)});
  }
  for (const SinkPlan& sink : query.sinks) rows.push_back({"  result topic", SinkText(sink)});
  out += AlignColumns(rows);
}

void AppendTopics(const PipelinePlan& plan, std::string& out) {
  out += plan.sink_topics.create ? "\ntopics that apply creates where they do not exist\n"
                                 : "\ntopics that must exist (topics.create is false), and "
                                   "internal ones that apply creates\n";
  std::vector<Cells> rows;
  const std::string replication = StrCat("replication ", plan.sink_topics.replication_factor);
  for (const QueryPlan& query : plan.queries) {
    for (const SinkPlan& sink : query.sinks) {
      const bool all = sink.revisions == SinkPlan::Revisions::kAll;
      rows.push_back({StrCat("  ", sink.topic), StrCat(plan.sink_topics.partitions, " partitions"),
                      replication, all ? "compact,delete, 7d" : "delete, 7d"});
    }
  }
  const auto side = [&](std::string_view name, const SideTopicOptions& options) {
    rows.push_back({StrCat("  ", plan.name, ".", name), "1 partition", replication,
                    StrCat("delete, ", FormatDuration(options.retention),
                           options.full_payload ? "" : ", headers only")});
  };
  side("late", plan.late);
  side("dead-letter", plan.dead_letter);
  rows.push_back({StrCat("  ", plan.name, ".ledger"), "1 partition", replication, "compact"});
  const std::string internal = StrCat("  __tidemark.<cluster>.", plan.name, ".<incarnation>.");
  const std::string at_least = StrCat(replication, " or coordinator.replication_factor");
  rows.push_back({internal + "shuffle", StrCat(plan.shuffle_partitions, " partitions"), at_least,
                  "delete, kept until replayed"});
  rows.push_back({internal + "progress", "one per task", at_least, "compact"});
  out += AlignColumns(rows);
}

Cells SchemaRow(const OutputColumn& output) {
  if (output.source == OutputColumn::Source::kGroup)
    return {output.name, output.result.ToString(), "group column", "exact"};
  const AggregateFunction* function = FindAggregate(output.aggregate);
  const bool exact = function == nullptr || function->info.accuracy == Accuracy::kExact;
  return {output.name, output.result.ToString(), output.aggregate,
          exact ? "exact" : std::string(function->info.error)};
}

}  // namespace

std::string ExplainPlan(const PipelinePlan& plan) {
  std::string out = StrCat("pipeline ", plan.name, "\n");
  std::vector<Cells> rows = {
      {"  source", StrCat(Join(plan.topics, ", "), ", from ", StartText(plan.start))},
      {"  message", plan.decode.schema ? plan.decode.schema->name() : ""},
      {"  event time", EventTimeText(plan.decode)},
      {"  watermark", WatermarkText(plan.watermark)},
      {"  fields read", Join(plan.decode.fields, ", ", &FieldPath::name)},
      {"  shuffle",
       StrCat(plan.lanes == 0 ? "min(input partitions, 16)" : std::to_string(plan.lanes),
              " lanes, ", plan.shuffle_partitions, " partitions; both are fixed at creation")}};
  out += AlignColumns(rows);
  for (const QueryPlan& query : plan.queries) AppendQuery(query, plan.decode, out);
  AppendTopics(plan, out);
  if (!plan.warnings.empty()) out += "\nwarnings\n";
  for (const std::string& warning : plan.warnings) out += StrCat("  ", warning, "\n");
  return out;
}

std::string OutputSchema(const QueryPlan& query) {
  std::vector<Cells> rows = {{"column", "type", "from", "error"},
                             {"window_start", "timestamp", "window", "exact"},
                             {"window_end", "timestamp", "window", "exact"}};
  for (const OutputColumn& output : query.outputs) rows.push_back(SchemaRow(output));
  rows.push_back({"finality", "string", "ON_TIME or FINAL", "exact"});
  rows.push_back({"revision", "integer", "0, or 1 if late events changed it", "exact"});
  return AlignColumns(rows);
}

}  // namespace tidemark
