// The faults of one simulated run, each drawn from its own stream of the seed.
#pragma once

#include <cstdint>

#include "base/random.h"
#include "embedded/carrier.h"
#include "log_memory/faults.h"

namespace tidemark::simulation {

// Faults of one process's log client: any kind of failure, and death right before or after a call.
class LogTroubles final : public FaultHook {
 public:
  LogTroubles(Random random, std::uint64_t one_in) : random_(random), one_in_(one_in) {}
  Fault Before(const LogCall& call) override;
  void Stop() { one_in_ = 0; }

 private:
  Random random_;
  std::uint64_t one_in_;
};

// Messages are lost, repeated and delayed, so that they overtake each other.
class MessageTroubles final : public MessageFaults {
 public:
  MessageTroubles(Random random, std::uint64_t one_in) : random_(random), one_in_(one_in) {}
  MessageFate Judge() override;
  void Stop() { one_in_ = 0; }

 private:
  Random random_;
  std::uint64_t one_in_;
};

}  // namespace tidemark::simulation
