#include "proof/batch.h"

#include <algorithm>

#include "base/text.h"
#include "proof/query_windows.h"
#include "proof/source_time.h"

namespace tidemark::proof {
namespace {

class Batch {
 public:
  Batch(const TimeRules& rules, const std::vector<BatchQuery>& queries) : rules_(rules) {
    windows_.reserve(queries.size());
    for (const BatchQuery& query : queries) {
      windows_.emplace_back(query);
      names_.push_back(query.name);
    }
  }

  void Take(const InputPartition& partition) {
    SourceTime time(rules_, partition);
    for (const InputRecord& record : partition.records) {
      ++result_.records;
      time.AdvanceTo(record.offset);
      Take(record, StrCat(partition.topic, "/", partition.partition, "@", record.offset), time);
    }
    time.AdvanceToEnd();
    Combine(time.watermark_ms());
  }

  BatchResult Finish() {
    if (!has_silent_) result_.combined_watermark_ms = combined_;
    for (const QueryWindows& windows : windows_) {
      result_.queries.push_back(windows.Publish(result_.combined_watermark_ms));
    }
    return std::move(result_);
  }

 private:
  void Take(const InputRecord& record, const std::string& source, SourceTime& time) {
    if (!record.value) {
      ++result_.tombstones;
      return;
    }
    ReadCall read = ReadCallMetric(*record.value);
    if (!read.framed) return Bury(source, "DECODE_FAILED");
    if (!time.IsValid(read.event_time_ms)) return Bury(source, "INVALID_EVENT_TIME");
    if (time.IsFromTheFuture(read.event_time_ms, record.timestamp_ms))
      return Bury(source, "FUTURE_TIMESTAMP");
    const std::optional<std::int64_t> watermark = time.watermark_ms();
    time.Observe(read.event_time_ms, record.timestamp_ms);
    if (!read.call) return Bury(source, "DECODE_FAILED");
    ++result_.events;
    calls_.push_back(std::move(*read.call));
    Judge(calls_.back(), watermark, source);
  }

  void Judge(const Call& call, std::optional<std::int64_t> watermark, const std::string& source) {
    std::vector<std::string> late;
    std::vector<std::string> too_large;
    for (std::size_t i = 0; i < windows_.size(); ++i) {
      const QueryWindows::Fate fate = windows_[i].Add(call, watermark);
      if (fate == QueryWindows::Fate::kLate) late.push_back(names_[i]);
      if (fate == QueryWindows::Fate::kKeyTooLarge) too_large.push_back(names_[i]);
    }
    AddSide("LATE", std::move(late), source, result_.late);
    AddSide("KEY_TOO_LARGE", std::move(too_large), source, result_.dead_letters);
  }

  static void AddSide(std::string reason, std::vector<std::string> queries,
                      const std::string& source, std::vector<SideRecord>& into) {
    if (queries.empty()) return;
    std::sort(queries.begin(), queries.end());
    into.push_back({.source = source, .reason = std::move(reason), .queries = std::move(queries)});
  }

  void Bury(const std::string& source, std::string reason) {
    ++result_.dead_letter;
    result_.dead_letters.push_back({.source = source, .reason = std::move(reason), .queries = {}});
  }

  void Combine(std::optional<std::int64_t> watermark) {
    if (!watermark) {
      has_silent_ = true;
    } else {
      combined_ = std::min(combined_.value_or(*watermark), *watermark);
    }
  }

  const TimeRules& rules_;
  std::vector<QueryWindows> windows_;
  std::vector<std::string> names_;
  std::deque<Call> calls_;
  BatchResult result_;
  std::optional<std::int64_t> combined_;
  bool has_silent_ = false;
};

}  // namespace

BatchResult ComputeBatch(const std::vector<InputPartition>& input, const TimeRules& rules,
                         const std::vector<BatchQuery>& queries) {
  Batch batch(rules, queries);
  for (const InputPartition& partition : input) batch.Take(partition);
  return batch.Finish();
}

}  // namespace tidemark::proof
