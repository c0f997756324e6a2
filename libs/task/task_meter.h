// What the tasks of one thread have measured since the process began. Nothing is decided by it.
//
// It belongs to whoever hosts the tasks and outlives them: a task that is taken over again, or goes
// to another worker, takes nothing away from the counts.
//
// Invariant: counts never go down. Thread: that of the tasks.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/histogram.h"
#include "model/ids.h"

namespace tidemark {

// Upper bounds of buckets, in seconds.
inline constexpr std::array<double, 11> kCommitDurationBounds = {0.005, 0.01, 0.02, 0.05, 0.1, 0.2,
                                                                 0.5,   1.0,  2.0,  5.0,  10.0};
inline constexpr std::array<double, 10> kResultDelayBounds = {0.05, 0.1, 0.2,  0.5,  1.0,
                                                              2.0,  5.0, 10.0, 30.0, 60.0};

enum class TransactionEnd : std::uint8_t {
  kCommitted,
  kAborted,  // or left open for its timeout or the next owner to abort
  kInDoubt,  // the answer to its commit got lost
  kFenced,   // the producer was shut out before its end
};
inline constexpr std::size_t kTransactionEnds = 4;
std::string_view TransactionEndName(TransactionEnd end);

inline constexpr std::size_t kTaskKinds = 2;

struct QueryName {
  std::string pipeline;
  std::string query;
  friend auto operator<=>(const QueryName&, const QueryName&) = default;
};
// What became of events, as lanes committed it.
struct EventCounts {
  std::uint64_t aggregated = 0;
  std::uint64_t filtered = 0;
  std::uint64_t late = 0;
};

struct TaskCounts {
  // By TaskId::Kind: from the begin of a transaction that was committed to the end of its commit.
  std::array<HistogramValue, kTaskKinds> commit_duration = {EmptyHistogram(kCommitDurationBounds),
                                                            EmptyHistogram(kCommitDurationBounds)};
  // One observation for each window that fired with rows, ON_TIME and FINAL apart: from when its
  // merge task took in the frame after which it could close, to the end of the commit of its last
  // row.
  HistogramValue result_delay = EmptyHistogram(kResultDelayBounds);
  std::array<std::uint64_t, kTransactionEnds> transactions = {};
  // Producers that found themselves shut out: a newer owner has their transactional id, or they
  // stood still for longer than the transaction timeout.
  std::uint64_t fenced = 0;
  // As few as pipelines that were ever here have queries: nothing is forgotten.
  std::map<QueryName, EventCounts> events;

  void Add(const TaskCounts& other);
};

class TaskMeter {
 public:
  // `clock` outlives this; nullptr: the time is that of the step under way.
  explicit TaskMeter(const Clock* clock) : clock_(clock) {}

  void BeginStep(MonotonicTime now) { step_ = now; }
  MonotonicTime Now() const { return clock_ == nullptr ? step_ : clock_->Now(); }

  void Committed(TaskId::Kind kind, Duration took);
  void Ended(TransactionEnd end) { ++Of(end); }
  void Fenced() { ++counts_.fenced; }
  void Fired(std::uint64_t windows, Duration delay);
  void Took(const QueryName& query, const EventCounts& events);

  const TaskCounts& counts() const { return counts_; }

 private:
  std::uint64_t& Of(TransactionEnd end) {
    return counts_.transactions.at(static_cast<std::size_t>(end));
  }

  const Clock* clock_;
  MonotonicTime step_;
  TaskCounts counts_;
};

}  // namespace tidemark
