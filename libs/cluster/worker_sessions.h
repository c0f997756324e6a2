// Who is alive, as told by Hellos and heartbeats (failure detection). Pure but for the times passed
// in.
//
// A worker is alive while its last message is at most the session timeout old. Of one worker id at
// most one incarnation counts: the one that said Hello last. Incarnations it has replaced are
// remembered (the last kMostRetired of them), so that a late message of theirs is answered with
// Replaced and changes nothing.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "session/session.h"

namespace tidemark {

class WorkerSessions {
 public:
  static constexpr std::size_t kMostRetired = 1'000;

  struct Session {
    Incarnation incarnation;
    std::string address;
    MonotonicTime last_seen;
    bool heard = false;  // false: known from the log only, and given one session timeout to report
    Heartbeat::Phase phase = Heartbeat::Phase::kServing;
    MonotonicTime phase_since;
    std::vector<TaskReport> tasks;
  };
  enum class Standing : std::uint8_t {
    kCurrent,
    kUnknown,   // no such worker, or it must say Hello to take the place of one that was not heard
    kReplaced,  // another incarnation has its place
  };

  explicit WorkerSessions(Duration session_timeout) : session_timeout_(session_timeout) {}

  // An owner found in the log by a new coordinator.
  void Expect(const WorkerIdentity& worker, MonotonicTime now);
  // Counts everybody as heard just now: nobody was listened to for a while.
  void Refresh(MonotonicTime now);
  Standing Greet(const Hello& hello, MonotonicTime now);
  Standing Observe(const Heartbeat& heartbeat, MonotonicTime now);
  // Forgets what is dead. True if the set of living workers, or an incarnation or phase of one of
  // them, changed since the last call. A pause of more than half a session timeout between two
  // calls says nothing of workers: this process stood still and heard nobody. Then everybody counts
  // as heard just now.
  bool Expire(MonotonicTime now);

  // Whether a worker has been serving for a session timeout. Where brokers were away from all, some
  // workers hear of their return before others, which are then no worse off.
  bool SomebodyServes(MonotonicTime now) const;

  // By worker id; only incarnations that may hold tasks.
  const std::map<std::string, Session>& living() const { return sessions_; }
  std::optional<WorkerIdentity> Current(const std::string& id) const;
  // True if this incarnation left or was replaced, not merely fell silent.
  bool Retired(const WorkerIdentity& worker) const;

 private:
  void Retire(WorkerIdentity worker);

  Duration session_timeout_;
  std::map<std::string, Session> sessions_;
  std::deque<WorkerIdentity> retired_;
  std::optional<MonotonicTime> last_expiry_;
  bool changed_ = false;
};

}  // namespace tidemark
