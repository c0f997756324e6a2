#include "control/admin_windows.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <tuple>

#include "base/text.h"

namespace tidemark {
namespace {

namespace pb = admin::v1;

constexpr std::int64_t kMostWindows = 100'000;  // that can be paged through

struct Times {
  struct Source {
    TopicPartition where;
    std::string state;
    std::optional<SourceReport> report;
  };
  std::vector<Source> sources;
  std::optional<std::int64_t> combined;  // the lowest watermark; nullopt: one has none
  std::optional<std::int64_t> lowest;    // of those that have one
  std::optional<std::int64_t> highest;
  std::optional<std::int64_t> merged;  // up to which every merge has applied
  std::uint64_t open_cells = 0;
};

std::string StateWithoutReport(const ClusterView& view, const PipelineDefinition& pipeline,
                               const TaskAddress& lane) {
  if (pipeline.state != PipelineState::kRunning) {
    return std::string(PipelineStateName(pipeline.state));
  }
  const auto owner = view.state.tasks.find(lane);
  if (owner == view.state.tasks.end() || !owner->second.worker) return "UNASSIGNED";
  const TaskReport* task = view.ReportOf(lane);
  const bool blocked = task != nullptr && task->state == TaskState::kBlocked;
  return blocked ? "BLOCKED_BY_OPEN_TRANSACTION" : "RESTORING";
}

Times::Source TimeOf(const ClusterView& view, const PipelineDefinition& pipeline, std::size_t s) {
  const auto lane = Lane(static_cast<std::uint32_t>(s) % std::max(pipeline.lanes, 1U));
  const TaskAddress task{pipeline.name, pipeline.incarnation, TaskId::Of(lane)};
  Times::Source source{.where = pipeline.sources[s], .state = {}, .report = {}};
  if (const TaskReport* report = view.ReportOf(task)) {
    for (const SourceReport& each : report->sources) {
      if (each.source.value() == s) source.report = each;
    }
  }
  source.state = source.report ? source.report->state : StateWithoutReport(view, pipeline, task);
  return source;
}

void AddMerges(const ClusterView& view, const PipelineDefinition& pipeline, Times& times) {
  bool all = pipeline.merges > 0;
  std::int64_t lowest = std::numeric_limits<std::int64_t>::max();
  for (std::uint32_t d = 0; d < pipeline.merges; ++d) {
    const TaskReport* report =
        view.ReportOf({pipeline.name, pipeline.incarnation, TaskId::Of(ShufflePartition(d))});
    if (report != nullptr && report->merge) times.open_cells += report->merge->open_cells;
    if (report == nullptr || !report->merge || !report->merge->combined) {
      all = false;
      continue;
    }
    lowest = std::min(lowest, report->merge->combined->value());
  }
  if (all) times.merged = lowest;
}

Times TimesOf(const ClusterView& view, const PipelineDefinition& pipeline) {
  Times times;
  bool all = !pipeline.sources.empty();
  for (std::size_t s = 0; s < pipeline.sources.size(); ++s) {
    times.sources.push_back(TimeOf(view, pipeline, s));
    const auto& report = times.sources.back().report;
    if (!report || !report->watermark) {
      all = false;
      continue;
    }
    const std::int64_t watermark = report->watermark->value();
    times.lowest = std::min(times.lowest.value_or(watermark), watermark);
    times.highest = std::max(times.highest.value_or(watermark), watermark);
  }
  if (all) times.combined = times.lowest;
  AddMerges(view, pipeline, times);
  return times;
}

bool Holds(const Times& times, const Times::Source& source) {
  const bool has_time = source.report && source.report->watermark;
  if (!times.combined) return !has_time;
  return has_time && source.report->watermark->value() == *times.combined;
}

void FillPartition(const Times& times, const Times::Source& source, pb::PartitionTime& out) {
  out.set_topic(source.where.topic);
  out.set_partition(source.where.partition.value());
  out.set_state(source.state);
  out.set_holds(Holds(times, source));
  if (!source.report) return;
  if (source.report->watermark) {
    FillTime(source.report->watermark->value(), *out.mutable_watermark());
  }
  out.set_position(source.report->position.value());
  out.set_lag(std::max<std::int64_t>(
      0, source.report->high_watermark.value() - source.report->position.value()));
}

using WindowKey = std::tuple<std::int64_t, std::string, std::int64_t>;  // end, query, start

// The first `most` windows of the query that are not final at `time` and begin by `reached`.
void AddWindows(const QueryPlan& query, std::int64_t time, std::int64_t reached, std::size_t most,
                std::vector<WindowKey>& out) {
  const WindowMath math(query.window, query.allowed_lateness);
  std::int64_t end = AlignDown(time - math.lateness, math.slide, math.offset + math.size);
  for (std::size_t i = 0; i < most; ++i) {
    end += math.slide;
    if (end - math.size > reached) return;
    out.emplace_back(end, query.name, end - math.size);
  }
}

Result<std::int64_t> OffsetOf(const std::string& token) {
  std::int64_t offset = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), offset);
  const bool whole = error == std::errc() && end == token.data() + token.size();
  if (token.empty()) return std::int64_t{0};
  if (!whole || offset < 0 || offset > kMostWindows) {
    return Status::Invalid("page_token is not one that this call gave out");
  }
  return offset;
}

Status FillWindows(const Times& times, const PipelinePlan& plan,
                   const pb::ListWindowsRequest& request, pb::ListWindowsResponse& out) {
  TM_ASSIGN_OR_RETURN(const std::int64_t begin, OffsetOf(request.page_token()));
  if (request.page_size() < 0 || request.page_size() > kMostPage) {
    return Status::Invalid(StrCat("page_size is at most ", kMostPage));
  }
  if (!times.lowest) return {};
  const std::int64_t size = request.page_size() == 0 ? kUsualPage : request.page_size();
  const std::int64_t time = times.merged.value_or(*times.lowest);
  const std::int64_t reached = *times.highest + plan.watermark.max_out_of_orderness.count();
  std::vector<WindowKey> windows;
  for (const QueryPlan& query : plan.queries) {
    if (!request.query().empty() && query.name != request.query()) continue;
    AddWindows(query, time, reached, static_cast<std::size_t>(begin + size + 1), windows);
  }
  std::sort(windows.begin(), windows.end());
  const auto count = static_cast<std::int64_t>(windows.size());
  for (std::int64_t i = begin; i < std::min(count, begin + size); ++i) {
    const auto& [end, query, start] = windows[static_cast<std::size_t>(i)];
    pb::Window& window = *out.add_windows();
    window.set_query(query);
    FillTime(start, *window.mutable_start());
    FillTime(end, *window.mutable_end());
    const bool closed = times.merged && *times.merged >= end;
    window.set_state(closed ? "CLOSED_AWAITING_LATE" : "OPEN");
  }
  if (count > begin + size) out.set_next_page_token(StrCat(begin + size));
  return {};
}

}  // namespace

Result<pb::ListWindowsResponse> ListWindows(const ClusterView& view,
                                            const PipelineDefinition& pipeline,
                                            const PipelinePlan& plan,
                                            const pb::ListWindowsRequest& request) {
  if (!request.query().empty()) {
    if (const auto query = FindQuery(plan, request.query()); !query.ok()) return query.status();
  }
  const Times times = TimesOf(view, pipeline);
  pb::ListWindowsResponse out;
  if (request.page_token().empty()) {
    for (const Times::Source& source : times.sources) {
      FillPartition(times, source, *out.add_partitions());
    }
  }
  if (times.combined) FillTime(*times.combined, *out.mutable_combined());
  if (times.merged) FillTime(*times.merged, *out.mutable_merged());
  out.set_open_cells(times.open_cells);
  TM_RETURN_IF_ERROR(FillWindows(times, plan, request, out));
  return out;
}

std::string WhyNoRow(const ClusterView& view, const PipelineDefinition& pipeline,
                     const PipelinePlan& plan, const QueryPlan& query) {
  if (pipeline.state != PipelineState::kRunning) {
    return StrCat("pipeline '", pipeline.name, "' is ", PipelineStateName(pipeline.state),
                  pipeline.reason.empty() ? "" : ": ", pipeline.reason);
  }
  if (view.workers.empty()) return "there is no worker: start tidemark-worker";
  const Times times = TimesOf(view, pipeline);
  const auto holder = std::find_if(times.sources.begin(), times.sources.end(),
                                   [&](const auto& source) { return Holds(times, source); });
  const std::string where = holder == times.sources.end() ? "" : holder->where.ToString();
  if (!times.combined) {
    return StrCat("no window can close: ", where, " has had no valid record yet (", holder->state,
                  ")");
  }
  const std::int64_t time = times.merged.value_or(*times.combined);
  const WindowMath math(query.window, query.allowed_lateness);
  const std::int64_t end = AlignDown(time, math.slide, math.offset + math.size) + math.slide;
  const std::int64_t needed = end + plan.watermark.max_out_of_orderness.count();
  return StrCat("the next window closes when event time passes ", FormatTime(end),
                "; it stands at ", FormatTime(*times.combined), ", held by ", where, " (",
                holder->state, "), until an event there is at ", FormatTime(needed), " or later");
}

}  // namespace tidemark
