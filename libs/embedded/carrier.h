// Carries messages between coordinator and workers of one process, with the faults a network has.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "session/session.h"

namespace tidemark {

// What becomes of one message.
struct MessageFate {
  int copies = 1;  // 0: lost
  Duration delay{0};
};

// Thread: the one that steps the cluster.
class MessageFaults {
 public:
  virtual ~MessageFaults() = default;
  // Asked once per message.
  virtual MessageFate Judge() = 0;
};

// Messages under way, each due at a time. Equal times keep their order; unequal delays overtake.
template <class Message>
class Carrier {
 public:
  static constexpr std::size_t kMostUnderWay = 100'000;

  void Send(Message message, MonotonicTime now, MessageFaults* faults) {
    const MessageFate fate = faults == nullptr ? MessageFate() : faults->Judge();
    for (int copy = 0; copy < fate.copies && under_way_.size() < kMostUnderWay; ++copy) {
      under_way_.push_back({now + fate.delay, message});
    }
  }
  // Takes what is due, in order of sending.
  std::vector<Message> TakeDue(MonotonicTime now) {
    std::vector<Message> due;
    std::deque<Entry> later;
    for (Entry& entry : under_way_) {
      if (entry.due <= now) {
        due.push_back(std::move(entry.message));
      } else {
        later.push_back(std::move(entry));
      }
    }
    under_way_ = std::move(later);
    return due;
  }
  void Clear() { under_way_.clear(); }

 private:
  struct Entry {
    MonotonicTime due;
    Message message;
  };
  std::deque<Entry> under_way_;
};

}  // namespace tidemark
