#include "task/result_delay.h"

#include <utility>

namespace tidemark {

void ResultDelay::FramesTaken() {
  if (meter_ != nullptr) taken_ = meter_->Now();
}

void ResultDelay::Rows(const Trigger& trigger) {
  if (at_ && *at_ != trigger) ++whole_;
  at_ = trigger;
}

void ResultDelay::ClosingEnds() {
  if (std::exchange(at_, std::nullopt)) ++whole_;
}

void ResultDelay::Committed() {
  const std::uint64_t windows = std::exchange(whole_, 0);
  if (meter_ != nullptr && windows > 0) meter_->Fired(windows, meter_->Now() - closable_);
}

}  // namespace tidemark
