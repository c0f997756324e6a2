// Between the transport's threads and the coordinator's thread: what workers say waits here in a
// bounded mailbox, and what the coordinator says goes to the stream of the worker it is for.
//
// Everything may be lost here and nothing is repeated: each side says the same again soon.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "session/session.h"

namespace tidemark {

// One worker's connection, as its transport makes it. Called with the hub's mutex held: must not
// block, nor call the hub.
class WorkerStream {
 public:
  virtual ~WorkerStream() = default;
  virtual void Deliver(const DownwardContent& content) = 0;
  // Ends the stream: its coordinator does not lead. `leader` is empty if it is unknown.
  virtual void Close(const std::string& reason, const std::string& leader) = 0;
};

class SessionHub {
 public:
  // Heartbeats of 1,000 workers for ten seconds.
  static constexpr std::size_t kMostWaiting = 10'000;

  // Who leads, as far as this process knows.
  struct Standing {
    bool leading = false;
    std::string leader;  // address of the one that does; empty: unknown
    std::string reason;  // why this one does not
    friend bool operator==(const Standing&, const Standing&) = default;
  };

  // --- transport, any thread. Streams are known from Join to Leave.
  void Join(WorkerStream* stream);
  void Leave(WorkerStream* stream);
  // False if it was dropped: the mailbox is full.
  bool Receive(WorkerStream* stream, Upward message);
  Standing standing() const;

  // --- coordinator's thread
  std::vector<Upward> Take();
  void Send(const std::vector<Downward>& messages);
  // Not leading closes every stream.
  void SetStanding(Standing standing);
  // Returns when there is something to take or after `longest`.
  void Wait(Duration longest);
  // Ends a Wait. Any thread.
  void Wake();

 private:
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  bool woken_ = false;
  Standing standing_{.leading = false, .leader = {}, .reason = "it has just started, try again"};
  std::vector<Upward> waiting_;
  std::map<WorkerStream*, std::vector<WorkerIdentity>> streams_;
  std::map<WorkerIdentity, WorkerStream*> workers_;  // the stream that spoke last for each
};

}  // namespace tidemark
