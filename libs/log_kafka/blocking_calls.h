// Runs calls that block, some of them longer than they were asked to, on a few threads of their
// own, so that whoever needs the answer keeps its deadline and collects it later.
//
// Threads: any may start a call; each call's owner waits for it.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.h"

namespace tidemark {

class BlockingCall {
 public:
  // True once it is over; waits for that up to `timeout`.
  bool WaitFor(Duration timeout);
  // Since the call was over, for as long as it has not been collected.
  Duration Age() const;

 private:
  friend class BlockingCalls;
  void Finish();

  mutable std::mutex mutex_;
  std::condition_variable over_cond_;
  bool over_ = false;
  SteadyClock clock_;
  MonotonicTime over_at_;
};

class BlockingCalls {
 public:
  // At most so many threads, started as calls come that no idle one can take.
  explicit BlockingCalls(std::size_t threads);
  // Starts no more of what waits. Waits a short while for calls under way; those that take longer
  // end behind it: a call owns what it uses.
  ~BlockingCalls();

  // Runs `work` when a thread is free, in the order of the calls.
  std::shared_ptr<BlockingCall> Start(std::function<void()> work);

 private:
  struct Job {
    std::function<void()> work;
    std::shared_ptr<BlockingCall> call;
  };
  // Shared with the threads, which may outlive the object.
  struct Jobs {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<Job> waiting;
    std::size_t running = 0;
    std::size_t idle = 0;  // threads that wait for a job
    bool ending = false;
  };
  static void Serve(const std::shared_ptr<Jobs>& jobs);

  std::shared_ptr<Jobs> jobs_ = std::make_shared<Jobs>();
  std::size_t threads_left_;
};

}  // namespace tidemark
