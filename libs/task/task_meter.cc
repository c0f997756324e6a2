#include "task/task_meter.h"

namespace tidemark {
namespace {

double Seconds(Duration time) { return static_cast<double>(time.count()) / 1'000; }

void AddUp(const EventCounts& events, EventCounts& into) {
  into.aggregated += events.aggregated;
  into.filtered += events.filtered;
  into.late += events.late;
}

}  // namespace

std::string_view TransactionEndName(TransactionEnd end) {
  static constexpr std::array<std::string_view, kTransactionEnds> kNames = {"committed", "aborted",
                                                                            "in_doubt", "fenced"};
  return kNames.at(static_cast<std::size_t>(end));
}

void TaskCounts::Add(const TaskCounts& other) {
  for (std::size_t kind = 0; kind < kTaskKinds; ++kind)
    AddUp(other.commit_duration[kind], commit_duration[kind]);
  AddUp(other.result_delay, result_delay);
  for (std::size_t i = 0; i < kTransactionEnds; ++i) transactions[i] += other.transactions[i];
  fenced += other.fenced;
  for (const auto& [query, counts] : other.events) AddUp(counts, events[query]);
}

void TaskMeter::Committed(TaskId::Kind kind, Duration took) {
  Ended(TransactionEnd::kCommitted);
  Observe(kCommitDurationBounds, Seconds(took),
          counts_.commit_duration.at(static_cast<std::size_t>(kind)));
}

void TaskMeter::Fired(std::uint64_t windows, Duration delay) {
  for (std::uint64_t i = 0; i < windows; ++i)
    Observe(kResultDelayBounds, Seconds(delay), counts_.result_delay);
}

void TaskMeter::Took(const QueryName& query, const EventCounts& events) {
  AddUp(events, counts_.events[query]);
}

}  // namespace tidemark
