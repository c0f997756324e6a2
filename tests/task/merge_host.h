// Runs a merge task on the memory log as a worker would: takes it over from its last committed
// progress, steps it, and kills it at any step.
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "log_memory/memory_log.h"
#include "shuffle/progress.h"
#include "state/memory_cell_store.h"
#include "task/merge_task.h"

namespace tidemark {

class MergeHost {
 public:
  explicit MergeHost(std::shared_ptr<const TaskContext> context,
                     ShufflePartition merge = ShufflePartition(0U))
      : context_(std::move(context)), merge_(merge) {
    const auto admin = log_.NewClient("admin")->NewAdmin();
    const auto create = [&](const std::string& topic, std::uint32_t partitions) {
      TopicSpec spec{.name = topic, .partitions = static_cast<std::int32_t>(partitions)};
      REQUIRE(admin->CreateTopic(spec, Duration(1'000)).ok());
    };
    create(context_->names.ShuffleTopic(), context_->merges());
    create(context_->names.ProgressTopic(), context_->lanes() + context_->merges());
    create(context_->names.LedgerTopic(), 1);
    for (const auto& [topic, partitions] : context_->sink_partitions) {
      create(topic, static_cast<std::uint32_t>(partitions));
    }
  }
  ~MergeHost() { Kill(); }

  // One record of the task's shuffle partition, without a transaction.
  void Append(std::string_view frame) {
    const InputRecord record{
        .key = std::nullopt, .value = frame, .headers = {}, .timestamp_ms = std::nullopt};
    REQUIRE(log_.Append(Shuffle(), record).ok());
  }
  // Offsets without a record: a transaction that was aborted.
  void AppendAborted(std::string_view garbage) {
    const auto client = log_.NewClient("torn");
    const auto producer = client->NewProducer({.transactional_id = "torn"});
    REQUIRE(producer->InitTransactions(Duration(1'000)).ok());
    REQUIRE(producer->Begin().ok());
    REQUIRE(
        producer
            ->Produce(
                {context_->names.ShuffleTopic(), Shuffle().partition, std::nullopt, garbage, {}})
            .ok());
    REQUIRE(producer->Abort(Duration(1'000)).ok());
  }

  // Takes the task over from its last committed progress, with the store of `disk` if there is one.
  void Start(const MergeTaskOptions& options, MemoryCellStores* disk = nullptr) {
    client_ = log_.NewClient("worker");
    producer_ = client_->NewProducer(
        {.transactional_id = context_->names.TransactionalId(TaskId::Of(merge_))});
    REQUIRE(producer_->InitTransactions(Duration(1'000)).ok());
    if (disk != nullptr) {
      auto store = disk->Open({"test", "voice", context_->names.incarnation, merge_});
      REQUIRE(store.ok());
      store_ = std::move(store).value();
    }
    task_ = std::make_unique<MergeTask>(
        MergeTask::Parts{client_.get(), producer_.get(), store_.get(), context_, &meter_}, merge_,
        Progress(), options);
  }
  void Kill() {
    task_.reset();
    store_.reset();
    producer_.reset();
    client_.reset();
  }
  MergeTask& task() { return *task_; }

  StepResult Step() {
    clock_.Advance(Duration(7));
    return task_->Step(clock_.Now());
  }
  // Steps until everything that was appended is applied and committed. The result is the last
  // step's.
  StepResult RunUntilQuiet() {
    const Offset end = End();
    for (int step = 0; step < 200'000; ++step) {
      StepResult result = Step();
      if (result.outcome == StepOutcome::kHalted || result.outcome == StepOutcome::kRewind)
        return result;
      const bool done =
          task_->committed().commit_point.next_frame == end && !task_->committed().cursor;
      if (done && result.outcome == StepOutcome::kIdle) return result;
    }
    FAIL("the task did not come to rest");
    return {};
  }

  // The next offset after the last committed record of the shuffle partition.
  Offset End() const {
    Offset end;
    for (const DumpedRecord& record : log_.Dump(Shuffle())) {
      if (record.state == DumpedRecord::State::kPlain) end = record.offset.Plus(1);
    }
    return end;
  }
  MergeProgress Progress() const {
    const Partition partition =
        PipelineNames::ProgressPartition(TaskId::Of(merge_), context_->lanes());
    MergeProgress progress;
    progress.incarnation = context_->names.incarnation;
    progress.epoch = OwnerEpoch(std::uint64_t{1});
    for (const DumpedRecord& record : Committed({context_->names.ProgressTopic(), partition})) {
      auto decoded = DecodeMergeProgress(*record.value);
      REQUIRE(decoded.ok());
      progress = *decoded;
    }
    return progress;
  }
  std::vector<DumpedRecord> Committed(const TopicPartition& partition) const {
    std::vector<DumpedRecord> records = log_.Dump(partition);
    std::erase_if(records, [](const DumpedRecord& record) {
      return record.state != DumpedRecord::State::kCommitted;
    });
    return records;
  }
  // Everything published, as "topic value".
  std::multiset<std::string> Rows() const {
    std::multiset<std::string> rows;
    for (const auto& [topic, partitions] : context_->sink_partitions) {
      for (std::int32_t p = 0; p < partitions; ++p) {
        for (const DumpedRecord& record : Committed({topic, Partition(p)}))
          rows.insert(topic + " " + *record.value);
      }
    }
    return rows;
  }
  // Key -> last value of the ledger topic.
  std::map<std::string, std::string> Ledger() const {
    std::map<std::string, std::string> ledger;
    for (const DumpedRecord& record : Committed({context_->names.LedgerTopic(), Partition(0)})) {
      ledger[*record.key] = *record.value;
    }
    return ledger;
  }
  MemoryLog& log() { return log_; }
  // Of the task's calls until it is killed. REQUIRES: it has started.
  void SetFaults(FaultHook* hook) { client_->SetFaults(hook); }
  // What this task and those before it measured.
  const TaskCounts& Counts() const { return meter_.counts(); }
  TopicPartition Shuffle() const {
    return {context_->names.ShuffleTopic(), Partition(static_cast<std::int32_t>(merge_.value()))};
  }

 private:
  ManualClock clock_;
  TaskMeter meter_{&clock_};
  MemoryLog log_{clock_};
  std::shared_ptr<const TaskContext> context_;
  ShufflePartition merge_;
  std::unique_ptr<MemoryLogClient> client_;
  std::unique_ptr<Producer> producer_;
  std::unique_ptr<CellStore> store_;
  std::unique_ptr<MergeTask> task_;
};

}  // namespace tidemark
