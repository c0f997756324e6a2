#include "worker/running_task.h"

#include <utility>

#include "base/log_line.h"
#include "base/text.h"
#include "worker/late_store.h"

namespace tidemark {
namespace {

class RunningSource final : public RunningTask {
 public:
  RunningSource(const TaskSurroundings& surroundings, std::unique_ptr<Producer> producer, Lane lane,
                const LaneProgress& progress, const SourceTaskOptions& options)
      : producer_(std::move(producer)),
        task_({.log = surroundings.log,
               .producer = producer_.get(),
               .board = surroundings.board,
               .context = surroundings.context,
               .meter = surroundings.meter},
              lane, progress, options) {}

  StepResult Step(MonotonicTime now) override { return task_.Step(now); }
  void Drain() override { task_.Drain(); }
  bool Drained() const override { return task_.Drained(); }
  TaskStatus Status() const override { return task_.Status(); }
  std::uint64_t commits() const override { return task_.Status().commits; }
  std::optional<Savepoint> committed_replay_point() const override { return std::nullopt; }

 private:
  std::unique_ptr<Producer> producer_;
  SourceTask task_;
};

class RunningMerge final : public RunningTask {
 public:
  struct Owned {
    std::unique_ptr<Producer> producer;
    std::unique_ptr<CellStore> store;
  };
  RunningMerge(const TaskSurroundings& surroundings, Owned owned, ShufflePartition merge,
               const MergeProgress& progress, const MergeTaskOptions& options)
      : owned_(std::move(owned)),
        task_({.log = surroundings.log,
               .producer = owned_.producer.get(),
               .store = owned_.store.get(),
               .context = surroundings.context,
               .meter = surroundings.meter},
              merge, progress, options) {}

  StepResult Step(MonotonicTime now) override { return task_.Step(now); }
  void Drain() override { task_.Drain(); }
  bool Drained() const override { return task_.Drained(); }
  TaskStatus Status() const override { return task_.Status(); }
  std::uint64_t commits() const override { return task_.Status().commits; }
  std::optional<Savepoint> committed_replay_point() const override {
    return task_.committed().replay_point;
  }

 private:
  Owned owned_;
  MergeTask task_;
};

std::unique_ptr<CellStore> OpenStore(const TaskSurroundings& surroundings, ShufflePartition merge) {
  if (surroundings.stores == nullptr) return nullptr;
  const PipelineNames& names = surroundings.context->names;
  StoreIdentity identity{names.cluster, names.pipeline, names.incarnation, merge};
  auto store = surroundings.stores->Open(identity);
  if (store.ok()) return std::move(store).value();
  LogWarning(StrCat(names.pipeline, "/", TaskId::Of(merge).ToString(),
                    " begins without a checkpoint and replays the shuffle log: ",
                    store.status().message(), "; it is tried again at each checkpoint"));
  return std::make_unique<LateStore>(surroundings.stores, std::move(identity));
}

}  // namespace

std::unique_ptr<RunningTask> StartTask(const TaskSurroundings& surroundings,
                                       std::unique_ptr<Producer> producer, TaskId task,
                                       const TaskProgress& progress, const TaskTuning& tuning) {
  if (task.kind == TaskId::Kind::kLane) {
    return std::make_unique<RunningSource>(surroundings, std::move(producer), Lane(task.index),
                                           std::get<LaneProgress>(progress), tuning.source);
  }
  const ShufflePartition merge(task.index);
  RunningMerge::Owned owned{std::move(producer), OpenStore(surroundings, merge)};
  return std::make_unique<RunningMerge>(surroundings, std::move(owned), merge,
                                        std::get<MergeProgress>(progress), tuning.merge);
}

}  // namespace tidemark
