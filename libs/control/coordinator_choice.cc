#include "control/coordinator_choice.h"

#include <utility>

#include "base/check.h"

namespace tidemark {

CoordinatorChoice::CoordinatorChoice(std::vector<std::string> addresses, Duration silence)
    : addresses_(std::move(addresses)), silence_(silence) {
  TM_CHECK(!addresses_.empty(), "a worker needs a coordinator's address");
}

std::optional<std::string> CoordinatorChoice::Next(MonotonicTime now) {
  if (last_heard_) return std::nullopt;
  if (!named_.empty()) {
    last_heard_ = now;
    return std::exchange(named_, "");
  }
  if (!backoff_.Ready(now)) return std::nullopt;
  last_heard_ = now;
  return addresses_[next_];
}

void CoordinatorChoice::Heard(MonotonicTime now) {
  last_heard_ = now;
  followed_ = false;
  backoff_.Reset();
}

void CoordinatorChoice::Lost(MonotonicTime now) {
  last_heard_.reset();
  Advance(now);
}

void CoordinatorChoice::NotLeading(const std::string& leader, MonotonicTime now) {
  last_heard_.reset();
  if (!leader.empty() && !std::exchange(followed_, true)) {
    named_ = leader;
    return;
  }
  Advance(now);
}

void CoordinatorChoice::Advance(MonotonicTime now) {
  next_ = (next_ + 1) % addresses_.size();
  if (next_ != 0) return;
  followed_ = false;
  backoff_.Fail(now);
}

bool CoordinatorChoice::Silent(MonotonicTime now) const {
  return last_heard_ && now - *last_heard_ > silence_;
}

}  // namespace tidemark
