// Which coordinator a worker talks to, and when: decided from what became of the attempts. Pure.
//
// Goes round the configured addresses with a pause that doubles after each whole round without
// success; an address that a coordinator names as the leader's is tried next, at once, but once per
// round only: two that point at each other are no reason to hurry.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/backoff.h"

namespace tidemark {

class CoordinatorChoice {
 public:
  // `silence`: a connection on which nothing was heard for so long is given up. REQUIRES: addresses
  // is not empty.
  CoordinatorChoice(std::vector<std::string> addresses, Duration silence);

  // The address to connect to now; nullopt: wait, or there is a connection. Its outcome is told by
  // one of the calls below.
  std::optional<std::string> Next(MonotonicTime now);
  void Heard(MonotonicTime now);
  // The connection ended or could not be made.
  void Lost(MonotonicTime now);
  // It was refused by one that does not lead; `leader` is empty if it does not know who does.
  void NotLeading(const std::string& leader, MonotonicTime now);
  // True if the connection must be given up; then tell Lost().
  bool Silent(MonotonicTime now) const;

 private:
  void Advance(MonotonicTime now);

  std::vector<std::string> addresses_;
  Duration silence_;
  std::size_t next_ = 0;
  std::string named_;  // as leader, to be tried next
  bool followed_ = false;
  std::optional<MonotonicTime>
      last_heard_;  // or when the attempt began; of the connection there is
  Backoff backoff_{Duration(100), Duration(2'000)};
};

}  // namespace tidemark
