#include "proof/query_windows.h"

namespace tidemark::proof {
namespace {

constexpr std::size_t kMaxKeyBytes = 4'096;

std::size_t VarintBytes(std::size_t value) {
  std::size_t bytes = 1;
  for (; value >= 0x80; value >>= 7U) ++bytes;
  return bytes;
}

std::string ValueText(const std::optional<std::string>& value) {
  return value ? StringText(*value) : "null";
}

// The largest multiple of `step` at or below `time`.
std::int64_t Floor(std::int64_t time, std::int64_t step) {
  const std::int64_t rest = time % step;
  return time - (rest < 0 ? rest + step : rest);
}

}  // namespace

// The size of the canonical key: a grouping id of one byte; of each text a tag, its length and
// itself.
bool QueryWindows::IsKeyTooLarge(const Group& group) const {
  std::size_t bytes = 1;
  for (const auto& value : group)
    bytes += value ? 1 + VarintBytes(value->size()) + value->size() : 1;
  return bytes > kMaxKeyBytes;
}

QueryWindows::Fate QueryWindows::Add(const Call& call, std::optional<std::int64_t> watermark_ms) {
  Group group;
  const bool passes = query_.where(call);
  if (passes) {
    for (const BatchGroup& column : query_.group) group.push_back(column.value(call));
  }
  if (!passes || IsKeyTooLarge(group)) {
    ++counts_.filtered;
    return passes ? Fate::kKeyTooLarge : Fate::kFiltered;
  }
  std::size_t accepted = 0;
  std::size_t windows = 0;
  const std::int64_t time = call.event_time_ms;
  for (std::int64_t begin = Floor(time, query_.slide_ms); begin + query_.size_ms > time;
       begin -= query_.slide_ms) {
    const std::int64_t end = begin + query_.size_ms;
    ++windows;
    if (watermark_ms && *watermark_ms >= end + query_.lateness_ms) continue;
    ++accepted;
    Content& content = windows_[{end, group}];
    content.all.push_back(&call);
    if (!watermark_ms || *watermark_ms < end) content.on_time.push_back(&call);
  }
  if (accepted == 0) {
    ++counts_.late;
    return Fate::kLate;
  }
  ++counts_.aggregated;
  if (accepted < windows) ++counts_.partly_late;
  return Fate::kAggregated;
}

ExpectedRow QueryWindows::MakeRow(std::int64_t window_end, const Group& group,
                                  const Calls& calls) const {
  ExpectedRow row;
  row.fields["window_start"] = TimeText(window_end - query_.size_ms);
  row.fields["window_end"] = TimeText(window_end);
  row.key = "{\"window_start\":" + row.fields["window_start"] +
            ",\"window_end\":" + row.fields["window_end"];
  for (std::size_t i = 0; i < group.size(); ++i) {
    const std::string text = ValueText(group[i]);
    row.fields[query_.group[i].name] = text;
    row.key += "," + StringText(query_.group[i].name) + ":" + text;
  }
  row.key += "}";
  for (const BatchOutput& output : query_.outputs) row.fields[output.name] = output.value(calls);
  return row;
}

void QueryWindows::PublishWindow(std::int64_t window_end, const Group& group,
                                 const Content& content, bool is_final, QueryBatch& into) const {
  const auto add = [&](const Calls& calls, std::string finality, std::int64_t revision) {
    ExpectedRow row = MakeRow(window_end, group, calls);
    row.revision = revision;
    row.fields["finality"] = StringText(finality);
    row.fields["revision"] = std::to_string(revision);
    into.rows.push_back(std::move(row));
  };
  const bool on_time_row = query_.lateness_ms > 0 && !content.on_time.empty();
  const bool changed = content.all.size() > content.on_time.size();
  const bool all = query_.revisions == Revisions::kAll;
  if (all && on_time_row) add(content.on_time, "ON_TIME", 0);
  if (is_final && (!all || !on_time_row || changed)) {
    add(content.all, "FINAL", on_time_row && changed ? 1 : 0);
  }
}

QueryBatch QueryWindows::Publish(std::optional<std::int64_t> combined_ms) const {
  QueryBatch batch = counts_;
  batch.name = query_.name;
  batch.topic = query_.topic;
  for (const auto& [window, content] : windows_) {
    const bool is_final = combined_ms && *combined_ms >= window.first + query_.lateness_ms;
    if (!is_final) ++batch.open_windows;
    if (combined_ms && *combined_ms >= window.first) {
      PublishWindow(window.first, window.second, content, is_final, batch);
    }
  }
  return batch;
}

}  // namespace tidemark::proof
