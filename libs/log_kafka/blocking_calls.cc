#include "log_kafka/blocking_calls.h"

#include <utility>

namespace tidemark {
namespace {

constexpr Duration kEndPatience{1'000};

}  // namespace

bool BlockingCall::WaitFor(Duration timeout) {
  std::unique_lock lock(mutex_);
  return over_cond_.wait_for(lock, timeout, [&] { return over_; });
}

Duration BlockingCall::Age() const {
  const std::lock_guard lock(mutex_);
  return over_ ? clock_.Now() - over_at_ : Duration(0);
}

void BlockingCall::Finish() {
  const std::lock_guard lock(mutex_);
  over_ = true;
  over_at_ = clock_.Now();
  over_cond_.notify_all();
}

BlockingCalls::BlockingCalls(std::size_t threads) : threads_left_(threads) {}

BlockingCalls::~BlockingCalls() {
  std::unique_lock lock(jobs_->mutex);
  jobs_->ending = true;
  jobs_->waiting.clear();
  jobs_->changed.notify_all();
  jobs_->changed.wait_for(lock, kEndPatience, [&] { return jobs_->running == 0; });
}

std::shared_ptr<BlockingCall> BlockingCalls::Start(std::function<void()> work) {
  auto call = std::make_shared<BlockingCall>();
  const std::lock_guard lock(jobs_->mutex);
  jobs_->waiting.push_back({std::move(work), call});
  if (jobs_->waiting.size() > jobs_->idle && threads_left_ > 0) {
    --threads_left_;
    std::thread(&BlockingCalls::Serve, jobs_).detach();
  }
  jobs_->changed.notify_one();
  return call;
}

void BlockingCalls::Serve(const std::shared_ptr<Jobs>& jobs) {
  std::unique_lock lock(jobs->mutex);
  ++jobs->idle;
  while (true) {
    jobs->changed.wait(lock, [&] { return jobs->ending || !jobs->waiting.empty(); });
    if (jobs->ending) return;
    Job job = std::move(jobs->waiting.front());
    jobs->waiting.pop_front();
    --jobs->idle;
    ++jobs->running;
    lock.unlock();
    job.work();
    job.work = nullptr;
    lock.lock();
    --jobs->running;
    // Whoever learns that this call is over finds its thread idle.
    ++jobs->idle;
    job.call->Finish();
    jobs->changed.notify_all();
  }
}

}  // namespace tidemark
