// The broker behind every client of one MemoryLog: topics, transactions, group offsets, one mutex.
//
// Thread: every method but Lock() REQUIRES the lock that Lock() returns.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "log/log.h"
#include "log_memory/memory_log.h"
#include "log_memory/topic.h"
#include "log_memory/transaction_coordinator.h"

namespace tidemark {

class Broker {
 public:
  Broker(const Clock& clock, MemoryLogOptions options);

  // Locks the broker and does what has become due since the last call.
  std::unique_lock<std::mutex> Lock();
  TransactionCoordinator::Now Now() const;

  const MemoryLogOptions& options() const { return options_; }
  TransactionCoordinator& transactions() { return transactions_; }
  const std::map<std::string, Topic, std::less<>>& topics() const { return topics_; }

  // nullptr if there is none.
  const Topic* FindTopic(std::string_view name) const;
  const std::shared_ptr<PartitionLog>* FindPartition(const TopicPartition& name) const;

  LogStatus CreateTopic(const TopicSpec& spec);
  LogStatus DeleteTopic(std::string_view name);
  LogStatus Compact(std::string_view topic);
  LogResult<Offset> Append(const TopicPartition& name, const InputRecord& record);
  LogStatus CommitOffsets(std::string_view group,
                          const std::map<TopicPartition, CommittedOffset>& offsets);
  std::map<TopicPartition, CommittedOffset> CommittedOffsets(std::string_view group) const;

 private:
  using GroupOffsets = std::map<TopicPartition, CommittedOffset>;
  const Clock& clock_;
  const MemoryLogOptions options_;
  std::mutex mutex_;
  TransactionCoordinator transactions_;
  std::map<std::string, Topic, std::less<>> topics_;
  std::map<std::string, GroupOffsets, std::less<>> groups_;
};

LogStatus UnknownTopic(std::string_view topic);
LogStatus UnknownPartition(const TopicPartition& name);

}  // namespace tidemark
