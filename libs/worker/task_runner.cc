#include "worker/task_runner.h"

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace tidemark {
namespace {

class InlineRunner final : public TaskRunner {
 public:
  InlineRunner(TaskGroup::Ports ports, TaskGroup::Options options) : group_(ports, options) {}

  void Post(GroupOrders orders) override {
    group_.Adopt(orders);
    ++posts_;
  }
  StepOutcome Step(MonotonicTime now) override { return group_.Step(now); }
  std::uint64_t Followed() const override { return posts_; }
  std::vector<TaskReport> Reports() const override { return group_.Reports(); }
  std::map<TaskAddress, TaskStatus> Statuses() const override { return group_.Statuses(); }
  TaskCounts Counts() const override { return group_.Counts(); }

 private:
  TaskGroup group_;
  std::uint64_t posts_ = 0;
};

class ThreadRunner final : public TaskRunner {
 public:
  ThreadRunner(std::string name, TaskGroup::Ports ports, TaskGroup::Options options,
               const Clock& clock)
      : clock_(clock), thread_([this, name = std::move(name), ports, options] {
          (void)pthread_setname_np(pthread_self(), name.c_str());
          Run(ports, options);
        }) {}

  ~ThreadRunner() override {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    posted_.notify_one();
    thread_.join();
  }

  void Post(GroupOrders orders) override {
    {
      const std::lock_guard lock(mutex_);
      orders_ = std::move(orders);
      ++posts_;
    }
    posted_.notify_one();
  }
  StepOutcome Step(MonotonicTime) override { return StepOutcome::kIdle; }
  std::uint64_t Followed() const override {
    const auto shown = Shown();
    return shown ? shown->followed : 0;
  }
  std::vector<TaskReport> Reports() const override {
    const auto shown = Shown();
    return shown ? shown->reports : std::vector<TaskReport>();
  }
  std::map<TaskAddress, TaskStatus> Statuses() const override {
    const auto shown = Shown();
    return shown ? shown->statuses : std::map<TaskAddress, TaskStatus>();
  }
  TaskCounts Counts() const override {
    const auto shown = Shown();
    return shown ? shown->counts : TaskCounts();
  }

 private:
  struct View {
    std::uint64_t followed = 0;
    std::vector<TaskReport> reports;
    std::map<TaskAddress, TaskStatus> statuses;
    TaskCounts counts;
  };
  static constexpr Duration kStandingShowInterval{250};

  std::shared_ptr<const View> Shown() const {
    const std::lock_guard lock(mutex_);
    return shown_;
  }

  // In the thread.
  void Run(TaskGroup::Ports ports, TaskGroup::Options options);
  // False: end. Waits up to `wait` for orders.
  bool TakeOrders(Duration wait, std::optional<GroupOrders>& orders);
  void Show(const TaskGroup& group);
  std::uint64_t taken_ = 0;  // posts up to the orders taken last; of the thread

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable posted_;
  std::optional<GroupOrders> orders_;  // guarded by mutex_, as all of these
  std::uint64_t posts_ = 0;
  bool ending_ = false;
  std::shared_ptr<const View> shown_;  // immutable
  std::thread thread_;                 // last: it uses the others
};

void ThreadRunner::Run(TaskGroup::Ports ports, TaskGroup::Options options) {
  TaskGroup group(ports, options);
  Duration wait{0};
  MonotonicTime shown_at;
  std::optional<GroupOrders> orders;
  while (TakeOrders(wait, orders)) {
    const bool ordered = orders.has_value();
    if (ordered) group.Adopt(*std::exchange(orders, std::nullopt));
    const bool worked = group.Step(clock_.Now()) == StepOutcome::kWorked;
    const bool just_idle = !worked && wait == Duration(0);
    wait = worked ? Duration(0) : std::clamp(wait * 2, Duration(1), kLongestWait);
    const MonotonicTime now = clock_.Now();
    const Duration interval = worked ? kShowInterval : kStandingShowInterval;
    if (!ordered && !just_idle && now - shown_at < interval) continue;
    Show(group);
    shown_at = now;
  }
}

bool ThreadRunner::TakeOrders(Duration wait, std::optional<GroupOrders>& orders) {
  std::unique_lock lock(mutex_);
  if (wait > Duration(0)) {
    posted_.wait_for(lock, wait, [this] { return ending_ || orders_.has_value(); });
  }
  orders = std::exchange(orders_, std::nullopt);
  taken_ = posts_;
  return !ending_;
}

void ThreadRunner::Show(const TaskGroup& group) {
  auto view = std::make_shared<View>();
  view->followed = taken_;
  view->reports = group.Reports();
  view->statuses = group.Statuses();
  view->counts = group.Counts();
  const std::lock_guard lock(mutex_);
  shown_ = std::move(view);
}

}  // namespace

std::unique_ptr<TaskRunner> StepInline(TaskGroup::Ports ports, TaskGroup::Options options) {
  return std::make_unique<InlineRunner>(ports, options);
}

std::unique_ptr<TaskRunner> StepInThread(std::string name, TaskGroup::Ports ports,
                                         TaskGroup::Options options, const Clock& clock) {
  return std::make_unique<ThreadRunner>(std::move(name), ports, options, clock);
}

}  // namespace tidemark
