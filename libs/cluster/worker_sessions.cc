#include "cluster/worker_sessions.h"

#include <algorithm>

namespace tidemark {

void WorkerSessions::Expect(const WorkerIdentity& worker, MonotonicTime now) {
  const auto [session, fresh] = sessions_.try_emplace(worker.id);
  if (!fresh) return;
  session->second.incarnation = worker.incarnation;
  session->second.last_seen = now;
  session->second.phase_since = now;
  changed_ = true;
}

void WorkerSessions::Refresh(MonotonicTime now) {
  for (auto& [id, session] : sessions_) session.last_seen = now;
}

WorkerSessions::Standing WorkerSessions::Greet(const Hello& hello, MonotonicTime now) {
  if (Retired(hello.worker)) return Standing::kReplaced;
  const auto [found, fresh] = sessions_.try_emplace(hello.worker.id);
  Session& session = found->second;
  const bool other = !fresh && session.incarnation != hello.worker.incarnation;
  changed_ = changed_ || fresh || other;
  if (other) {
    Retire({hello.worker.id, session.incarnation});
    session = Session();
  }
  if (fresh || other) session.phase_since = now;
  session.incarnation = hello.worker.incarnation;
  session.address = hello.address;
  session.last_seen = now;
  session.heard = true;
  return Standing::kCurrent;
}

WorkerSessions::Standing WorkerSessions::Observe(const Heartbeat& heartbeat, MonotonicTime now) {
  if (Retired(heartbeat.worker)) return Standing::kReplaced;
  const auto found = sessions_.find(heartbeat.worker.id);
  if (found == sessions_.end()) return Standing::kUnknown;
  Session& session = found->second;
  if (session.incarnation != heartbeat.worker.incarnation) {
    return session.heard ? Standing::kReplaced : Standing::kUnknown;
  }
  if (heartbeat.phase == Heartbeat::Phase::kLeft) {
    Retire(heartbeat.worker);
    sessions_.erase(found);
    changed_ = true;
    return Standing::kCurrent;
  }
  session.last_seen = now;
  session.heard = true;
  if (!heartbeat.address.empty()) session.address = heartbeat.address;
  if (session.phase != heartbeat.phase) {
    session.phase = heartbeat.phase;
    session.phase_since = now;
    changed_ = true;
  }
  session.tasks = heartbeat.tasks;
  return Standing::kCurrent;
}

bool WorkerSessions::Expire(MonotonicTime now) {
  if (last_expiry_ && (now - *last_expiry_) * 2 > session_timeout_) Refresh(now);
  last_expiry_ = now;
  const std::size_t gone = std::erase_if(sessions_, [&](const auto& entry) {
    return now - entry.second.last_seen > session_timeout_;
  });
  const bool changed = changed_ || gone > 0;
  changed_ = false;
  return changed;
}

bool WorkerSessions::SomebodyServes(MonotonicTime now) const {
  return std::any_of(sessions_.begin(), sessions_.end(), [&](const auto& entry) {
    const Session& session = entry.second;
    return session.phase == Heartbeat::Phase::kServing &&
           now - session.phase_since >= session_timeout_;
  });
}

std::optional<WorkerIdentity> WorkerSessions::Current(const std::string& id) const {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return std::nullopt;
  return WorkerIdentity{id, found->second.incarnation};
}

bool WorkerSessions::Retired(const WorkerIdentity& worker) const {
  return std::find(retired_.begin(), retired_.end(), worker) != retired_.end();
}

void WorkerSessions::Retire(WorkerIdentity worker) {
  retired_.push_back(std::move(worker));
  if (retired_.size() > kMostRetired) retired_.pop_front();
}

}  // namespace tidemark
