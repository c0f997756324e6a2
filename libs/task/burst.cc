#include "task/burst.h"

#include <utility>

#include "base/check.h"
#include "base/text.h"
#include "shuffle/progress.h"

namespace tidemark {

Burst::Burst(Producer& producer, Targets targets)
    : producer_(producer), targets_(std::move(targets)) {}

Burst::State Burst::Send(BurstContent content, Duration timeout) {
  TM_CHECK(state_ == State::kIdle, "one commit at a time, and none after the end");
  TM_CHECK(content.frames.size() == targets_.shuffle_partitions,
           "a commit writes a frame to every partition");
  for (const auto& parts : content.frames)
    TM_CHECK(!parts.empty(), "a frame may be empty but not missing");
  content_ = std::move(content);
  partition_ = part_ = side_ = 0;
  state_ = State::kBeginning;
  return Continue(timeout);
}

Burst::State Burst::Continue(Duration timeout) {
  TM_CHECK(under_way(), "only a commit under way goes on");
  const LogStatus status = Advance(timeout);
  if (status.error == LogError::kPending) return state_;
  if (!status.ok()) {
    EndWith(status);
  } else if (producer_.end_transaction_requests() > 1) {
    state_ = State::kEnded;
    end_ = {StepOutcome::kRewind, StrCat("the commit needed ", producer_.end_transaction_requests(),
                                         " EndTxn requests: a delayed one could end the next "
                                         "transaction, so the producer is made anew")};
  } else {
    state_ = State::kIdle;
  }
  return state_;
}

LogStatus Burst::Advance(Duration timeout) {
  if (state_ == State::kBeginning) {
    if (LogStatus status = producer_.Begin(); !status.ok()) return status;
    state_ = State::kProducing;
  }
  if (state_ == State::kProducing) {
    if (LogStatus status = ProduceRest(); !status.ok()) return status;
    state_ = State::kCommitting;
  }
  return producer_.Commit(timeout);
}

LogStatus Burst::ProduceRest() {
  for (; partition_ < content_.frames.size(); ++partition_, part_ = 0) {
    const std::vector<std::string>& parts = content_.frames[partition_];
    for (; part_ < parts.size(); ++part_) {
      if (LogStatus status = ProduceFrame(partition_, parts[part_]); !status.ok()) return status;
    }
  }
  for (; side_ < content_.side_records.size(); ++side_) {
    if (LogStatus status = ProduceSide(content_.side_records[side_]); !status.ok()) return status;
  }
  return ProduceProgress();
}

LogStatus Burst::ProduceFrame(std::size_t partition, const std::string& part) {
  return Produce({.topic = targets_.shuffle,
                  .partition = Partition(static_cast<std::int32_t>(partition)),
                  .key = std::nullopt,
                  .value = part,
                  .headers = {}});
}

LogStatus Burst::ProduceSide(const SideRecord& record) {
  headers_.clear();
  for (const SideHeader& header : record.headers) {
    HeaderView view{.name = header.name, .value = std::nullopt};
    if (header.value) view.value = *header.value;
    headers_.push_back(view);
  }
  OutgoingRecord out;
  out.topic = record.kind == SideRecord::Kind::kLate ? targets_.late : targets_.dead_letter;
  out.headers = headers_;
  if (record.key) out.key = *record.key;
  if (record.value) out.value = *record.value;
  // Without a key the partition must still be a function of the record.
  if (!record.key) out.partition = Partition(0);
  return Produce(out);
}

LogStatus Burst::ProduceProgress() {
  return Produce({.topic = targets_.progress,
                  .partition = targets_.progress_partition,
                  .key = kProgressKey,
                  .value = content_.progress,
                  .headers = {}});
}

LogStatus Burst::Produce(const OutgoingRecord& record) {
  last_topic_ = record.topic;
  return producer_.Produce(record);
}

std::string Burst::Doing() const {
  if (state_ == State::kBeginning) return "beginning a transaction";
  if (state_ == State::kProducing) return StrCat("producing to ", last_topic_);
  return StrCat("committing to ", targets_.shuffle, ", ", targets_.late, ", ", targets_.dead_letter,
                " and ", targets_.progress);
}

void Burst::EndWith(const LogStatus& status) {
  const std::string what = StrCat(Doing(), ": ", LogErrorName(status.error), ": ", status.message);
  state_ = State::kEnded;
  if (!IsRecordPermanent(status.error)) {
    end_ = {StepOutcome::kRewind, what};
    return;
  }
  // The pipeline stops here, so its open transaction must not stand in its readers' way until it
  // times out.
  const LogStatus aborted = producer_.Abort(Duration(50));
  end_ = {
      StepOutcome::kHalted,
      StrCat(
          what,
          "; no retry can help: correct the topic or its permissions, then resume the pipeline")};
  if (!aborted.ok()) end_.reason += StrCat(" (aborting: ", LogErrorName(aborted.error), ")");
}

}  // namespace tidemark
