#include "control/session_hub.h"

#include <algorithm>
#include <utility>

namespace tidemark {
namespace {

const WorkerIdentity& SenderOf(const Upward& message) {
  return std::visit([](const auto& content) -> const WorkerIdentity& { return content.worker; },
                    message);
}

}  // namespace

void SessionHub::Join(WorkerStream* stream) {
  const std::lock_guard lock(mutex_);
  streams_[stream];
  if (!standing_.leading) stream->Close(standing_.reason, standing_.leader);
}

void SessionHub::Leave(WorkerStream* stream) {
  const std::lock_guard lock(mutex_);
  for (const WorkerIdentity& worker : streams_[stream]) {
    const auto found = workers_.find(worker);
    if (found != workers_.end() && found->second == stream) workers_.erase(found);
  }
  streams_.erase(stream);
}

bool SessionHub::Receive(WorkerStream* stream, Upward message) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= kMostWaiting) return false;
    const WorkerIdentity& sender = SenderOf(message);
    std::vector<WorkerIdentity>& known = streams_[stream];
    if (std::find(known.begin(), known.end(), sender) == known.end()) known.push_back(sender);
    workers_[sender] = stream;
    waiting_.push_back(std::move(message));
  }
  arrived_.notify_one();
  return true;
}

SessionHub::Standing SessionHub::standing() const {
  const std::lock_guard lock(mutex_);
  return standing_;
}

std::vector<Upward> SessionHub::Take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(waiting_, {});
}

void SessionHub::Send(const std::vector<Downward>& messages) {
  const std::lock_guard lock(mutex_);
  for (const Downward& message : messages) {
    const auto stream = workers_.find(message.to);
    if (stream != workers_.end()) stream->second->Deliver(message.content);
  }
}

void SessionHub::SetStanding(Standing standing) {
  const std::lock_guard lock(mutex_);
  if (standing == standing_) return;
  standing_ = std::move(standing);
  if (standing_.leading) return;
  waiting_.clear();
  for (const auto& [stream, workers] : streams_) stream->Close(standing_.reason, standing_.leader);
}

void SessionHub::Wait(Duration longest) {
  std::unique_lock lock(mutex_);
  arrived_.wait_for(lock, longest, [this] { return woken_ || !waiting_.empty(); });
  woken_ = false;
}

void SessionHub::Wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  arrived_.notify_one();
}

}  // namespace tidemark
