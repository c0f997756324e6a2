#include "cli/demo_watch.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "base/text.h"

namespace tidemark {
namespace {

constexpr const char* kCarrierTopic = "carrier-health";
constexpr std::size_t kRecordsPerLook = 20'000;

std::string Explanation(SourceState state) {
  switch (state) {
    case SourceState::kNeverReported:
      return "it has not reported yet";
    case SourceState::kLive:
      return "live, 30 s behind its newest event";
    case SourceState::kLagging:
      return "it has records to catch up on";
    case SourceState::kIdle:
      return "idle, advanced by its owner";
    case SourceState::kAllIdle:
      return "no partition receives anything";
    default:
      return std::string(SourceStateName(state));
  }
}

}  // namespace

DemoWatch::DemoWatch(EmbeddedCluster& cluster, Log& log, const PipelinePlan& plan)
    : cluster_(cluster), plan_(plan), tail_(log, Isolation::kReadCommitted) {}

Status DemoWatch::Start(const PipelineNames& names) {
  names_ = names;
  std::set<std::string> topics = {names.LateTopic(), names.DeadLetterTopic(), names.LedgerTopic()};
  for (const QueryPlan& query : plan_.queries) {
    for (const SinkPlan& sink : query.sinks) topics.insert(sink.topic);
  }
  for (const std::string& topic : topics) TM_RETURN_IF_ERROR(tail_.Follow(topic));
  return {};
}

Status DemoWatch::Look(const DemoFaults& faults) {
  const auto drained =
      tail_.Drain(kRecordsPerLook, [this](const TopicPartition& partition,
                                          const RecordView& record) { Take(partition, record); });
  if (!drained.ok()) return drained.status();
  for (const auto& [id, process] : faults.workers()) {
    workers_[id] = {.id = id, .state = faults.StateOf(id)};
  }
  ReadStatuses();
  return {};
}

void DemoWatch::Take(const TopicPartition& partition, const RecordView& record) {
  if (partition.topic == names_.LateTopic()) {
    ++late_;
  } else if (partition.topic == names_.DeadLetterTopic()) {
    ++dead_letters_[HeaderText(record, "tidemark-reason")];
  } else if (partition.topic == names_.LedgerTopic()) {
    if (record.key && record.value) TakeLedger(*record.key, *record.value);
  } else if (record.value) {
    ++rows_;
    if (partition.topic == kCarrierTopic) TakeCarrierRow(*record.value);
  }
}

void DemoWatch::TakeCarrierRow(std::string_view json) {
  const auto row = nlohmann::json::parse(json, nullptr, false);
  if (!row.is_object()) return;
  const std::pair key(row.value("carrier_sid", ""), row.value("to_country", ""));
  const auto& asr = row.contains("asr") ? row["asr"] : nlohmann::json();
  auto& windows = series_[key];
  windows[row.value("window_end", "")] = {
      row.value("calls", std::uint64_t{0}),
      asr.is_number() ? std::optional(asr.get<double>()) : std::nullopt};
  if (windows.size() > kPanelMinutes) windows.erase(windows.begin());
}

void DemoWatch::TakeLedger(std::string_view key, std::string_view value) {
  const auto id = nlohmann::json::parse(key, nullptr, false);
  const auto entry = nlohmann::json::parse(value, nullptr, false);
  if (!id.is_object() || !entry.is_object() || id.contains("topic")) return;
  const auto through = ParseTime(entry.value("final_through", ""));
  if (!through) return;
  final_through_[{id.value("query", ""), id.value("partition", std::int64_t{-1})}] = *through;
}

void DemoWatch::ReadStatuses() {
  for (const auto& [task, status] : cluster_.Statuses()) {
    if (const auto* lane = std::get_if<SourceTaskStatus>(&status)) {
      for (const auto& source : lane->sources) {
        partitions_[static_cast<std::int32_t>(source.ordinal.value())] = {
            source.watermark, source.state, source.position.value(), source.high_watermark.value()};
      }
    }
  }
  for (const auto& [process, worker] : cluster_.workers()) {
    const auto line = workers_.find(worker->worker->identity().id);
    if (line == workers_.end() || line->second.state == "STOPPED") continue;
    for (const TaskReport& report : worker->worker->Reports()) {
      if (report.state != TaskState::kRunning) continue;
      const bool lane = report.task.task.kind == TaskId::Kind::kLane;
      ++(lane ? line->second.lanes : line->second.merges);
    }
  }
}

bool DemoWatch::FinalThrough(EventTime time) const {
  for (const QueryPlan& query : plan_.queries) {
    for (std::int64_t merge = 0; merge < plan_.shuffle_partitions; ++merge) {
      const auto through = final_through_.find({query.name, merge});
      if (through == final_through_.end() || through->second < time) return false;
    }
  }
  return true;
}

std::uint64_t DemoWatch::records_read() const {
  std::uint64_t read = 0;
  for (const auto& [ordinal, source] : partitions_)
    read += static_cast<std::uint64_t>(source.position);
  return read;
}

std::optional<SourceState> DemoWatch::StateOf(std::int32_t partition) const {
  const auto found = partitions_.find(partition);
  return found == partitions_.end() ? std::nullopt : std::optional(found->second.state);
}

std::int64_t DemoWatch::PositionOf(std::int32_t partition) const {
  const auto found = partitions_.find(partition);
  return found == partitions_.end() ? 0 : found->second.position;
}

void DemoWatch::Fill(DemoSnapshot& snapshot) const {
  snapshot.records = records_read();
  snapshot.rows = rows_;
  snapshot.late = late_;
  snapshot.dead_letters = 0;
  for (const auto& [reason, count] : dead_letters_) snapshot.dead_letters += count;
  snapshot.workers.clear();
  for (const auto& [id, line] : workers_) snapshot.workers.push_back(line);
  FillPartitions(snapshot);
  FillSeries(snapshot);
}

void DemoWatch::FillPartitions(DemoSnapshot& snapshot) const {
  snapshot.partitions.clear();
  snapshot.combined.reset();
  snapshot.why = "waits for the first partition";
  bool complete = !partitions_.empty();
  for (const auto& [ordinal, source] : partitions_) {
    const std::string name = StrCat(DemoFeed::kTopic, "/", ordinal);
    snapshot.partitions.push_back(
        {name, source.watermark, std::string(SourceStateName(source.state)),
         static_cast<std::uint64_t>(std::max<std::int64_t>(0, source.end - source.position))});
    complete = complete && source.watermark;
    if (complete && (!snapshot.combined || *source.watermark < *snapshot.combined)) {
      snapshot.combined = source.watermark;
      snapshot.why = StrCat("held by ", name, ": ", Explanation(source.state));
    }
  }
  if (!complete) snapshot.combined.reset();
}

void DemoWatch::FillSeries(DemoSnapshot& snapshot) const {
  snapshot.series.clear();
  for (const auto& [key, windows] : series_) {
    DemoSnapshot::Series line{
        .carrier = key.first, .country = key.second, .calls = 0, .percent = {}};
    for (const auto& [end, value] : windows) {
      line.calls += value.first;
      line.percent.push_back(value.second);
    }
    snapshot.series.push_back(std::move(line));
  }
  std::stable_sort(snapshot.series.begin(), snapshot.series.end(),
                   [](const auto& a, const auto& b) { return a.calls > b.calls; });
  if (snapshot.series.size() > kPanelMinutes) snapshot.series.resize(kPanelMinutes);
}

}  // namespace tidemark
