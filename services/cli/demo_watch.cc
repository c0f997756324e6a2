#include "cli/demo_watch.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/text.h"
#include "cli/side_header.h"

namespace tidemark {
namespace {

constexpr const char* kCarrierTopic = "carrier-health";
constexpr std::size_t kRecordsPerLook = 20'000;

std::string Explanation(const std::string& state) {
  static const std::map<std::string_view, std::string_view> kExplanations = {
      {"NEVER_REPORTED", "it has not reported yet"},
      {"LIVE", "live, 30 s behind its newest event"},
      {"LAGGING", "it has records to catch up on"},
      {"IDLE", "idle, advanced by its owner"},
      {"ALL_IDLE", "no partition receives anything"},
      {"UNASSIGNED", "no worker reads it at this moment"},
      {"RESTORING", "its new owner takes it over"}};
  const auto found = kExplanations.find(state);
  return found == kExplanations.end() ? state : std::string(found->second);
}

}  // namespace

Status DemoWatch::Start(const PipelineNames& names) {
  names_ = names;
  tail_.emplace(cluster_.log(), Isolation::kReadCommitted);
  for (const std::string& topic : pipeline_.OutputTopics(names))
    TM_RETURN_IF_ERROR(tail_->Follow(topic));
  return tail_->Follow(names.LedgerTopic());
}

Status DemoWatch::Look(const DemoFaults& faults) {
  const auto drained =
      tail_->Drain(kRecordsPerLook, [this](const TopicPartition& partition,
                                           const RecordView& record) { Take(partition, record); });
  if (!drained.ok()) return drained.status();
  TM_RETURN_IF_ERROR(cluster_.Look(view_));
  CountTasks(faults);
  return {};
}

void DemoWatch::Take(const TopicPartition& partition, const RecordView& record) {
  if (partition.topic == names_.LateTopic()) {
    ++late_;
  } else if (partition.topic == names_.DeadLetterTopic()) {
    ++dead_letters_[SideHeader(record, "tidemark-reason")];
  } else if (partition.topic == names_.LedgerTopic()) {
    if (record.key && record.value) TakeLedger(*record.key, *record.value);
  } else if (record.value) {
    ++rows_;
    if (pipeline_.Base(partition.topic) == kCarrierTopic) TakeCarrierRow(*record.value);
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

void DemoWatch::CountTasks(const DemoFaults& faults) {
  for (const char* id : kDemoWorkers) workers_[id] = {.id = id, .state = faults.StateOf(id)};
  for (const DemoView::Task& task : view_.tasks) {
    const auto line = workers_.find(task.worker);
    if (!task.running || line == workers_.end() || line->second.state != "running") continue;
    ++(task.kind == TaskId::Kind::kLane ? line->second.lanes : line->second.merges);
  }
}

bool DemoWatch::FinalThrough(EventTime time) const {
  for (const QueryPlan& query : pipeline_.plan->queries) {
    for (std::int64_t merge = 0; merge < pipeline_.plan->shuffle_partitions; ++merge) {
      const auto through = final_through_.find({query.name, merge});
      if (through == final_through_.end() || through->second < time) return false;
    }
  }
  return true;
}

std::uint64_t DemoWatch::records_read() const {
  std::uint64_t read = 0;
  for (const auto& [ordinal, source] : view_.sources)
    read += static_cast<std::uint64_t>(source.position);
  return read;
}

std::string DemoWatch::StateOf(std::int32_t partition) const {
  const auto found = view_.sources.find(partition);
  return found == view_.sources.end() ? "" : found->second.state;
}

std::int64_t DemoWatch::PositionOf(std::int32_t partition) const {
  const auto found = view_.sources.find(partition);
  return found == view_.sources.end() ? 0 : found->second.position;
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
  bool complete = !view_.sources.empty();
  for (const auto& [ordinal, source] : view_.sources) {
    const std::string name = StrCat(DemoFeed::kTopic, "/", ordinal);
    snapshot.partitions.push_back(
        {name, source.watermark, source.state, static_cast<std::uint64_t>(source.behind)});
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
