// The consumer handle of the memory log: positions, and fetches that never wait.
#pragma once

#include <map>
#include <memory>

#include "log/log.h"
#include "log_memory/connection.h"

namespace tidemark {

class MemoryConsumer final : public Consumer {
 public:
  MemoryConsumer(std::shared_ptr<Broker> broker, std::shared_ptr<Connection> connection,
                 Isolation isolation);
  LogStatus Assign(const TopicPartition& partition, Offset from) override;
  void Unassign(const TopicPartition& partition) override;
  LogResult<std::unique_ptr<FetchedBatch>> Fetch(const TopicPartition& partition,
                                                 FetchLimits limits, Duration timeout) override;

 private:
  using Positions = std::map<TopicPartition, Offset>;
  LogResult<std::unique_ptr<FetchedBatch>> Read(Broker& broker, Positions::iterator at,
                                                FetchLimits limits);

  CallGate gate_;
  const Isolation isolation_;
  Positions positions_;
};

}  // namespace tidemark
