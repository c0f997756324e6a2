#include "cluster/term_watch.h"

#include "base/text.h"

namespace tidemark {

std::string LeaderAddress(const ClusterState& state) {
  return state.term_holder.substr(0, state.term_holder.rfind('#'));
}

TermWatch::TermWatch(Log* log, std::string_view cluster, Duration call_timeout)
    : log_(log),
      partition_{MetadataTopic(cluster), Partition(0)},
      call_timeout_(call_timeout),
      admin_(log->NewAdmin()) {}

TermWatch::~TermWatch() = default;

void TermWatch::Step(MonotonicTime now) {
  if (!backoff_.Ready(now)) return;
  LogStatus status = consumer_ ? LogStatus() : Locate();
  if (status.ok()) status = Read();
  if (status.ok()) {
    backoff_.Reset();
    trouble_.clear();
    return;
  }
  if (status.error == LogError::kPending) return;
  backoff_.Fail(now);
  // Without the topic nobody has ever led.
  caught_up_ = status.error == LogError::kUnknownTopic;
  trouble_ = caught_up_ ? "" : StrCat(LogErrorName(status.error), ": ", status.message);
  consumer_.reset();
}

LogStatus TermWatch::Locate() {
  const auto ends = admin_->Ends(partition_, call_timeout_);
  if (!ends.ok()) return {ends.error, ends.message};
  state_ = ClusterState{.next = ends.value->log_start};
  consumer_ = log_->NewConsumer(Isolation::kReadCommitted);
  return consumer_->Assign(partition_, state_.next);
}

LogStatus TermWatch::Read() {
  const auto ends = admin_->Ends(partition_, call_timeout_);
  if (!ends.ok()) return {ends.error, ends.message};
  while (state_.next < ends.value->last_stable) {
    const auto batch = consumer_->Fetch(partition_, FetchLimits(), call_timeout_);
    if (!batch.ok()) return {batch.error, batch.message};
    if (*batch.value == nullptr) return {};
    for (const RecordView& record : (*batch.value)->records()) {
      const Status applied = state_.Apply(record.key.value_or(""), record.value);
      if (!applied.ok()) return {LogError::kFatal, applied.ToString()};
    }
    state_.next = (*batch.value)->next();
  }
  caught_up_ = true;
  return {};
}

}  // namespace tidemark
