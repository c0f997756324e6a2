// What all admins of a process share: two clients, and the threads on which blocking requests run.
//
// Threads: any.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "log_kafka/blocking_calls.h"
#include "log_kafka/client.h"

namespace tidemark {

// A client for requests about topics and groups, which is also the read_committed one, and a
// read_uncommitted one, which alone sees high watermarks. Made when first needed. A request under
// way keeps them alive.
class AdminClients {
 public:
  explicit AdminClients(KafkaLogOptions options) : options_(std::move(options)) {}

  // Valid as long as this object.
  Result<rd_kafka_t*> committed() { return Of(Isolation::kReadCommitted, committed_); }
  Result<rd_kafka_t*> uncommitted() { return Of(Isolation::kReadUncommitted, uncommitted_); }

 private:
  Result<rd_kafka_t*> Of(Isolation isolation, ClientHandle& handle);

  KafkaLogOptions options_;
  std::mutex mutex_;
  ClientHandle committed_;
  ClientHandle uncommitted_;
};

struct SharedHandles {
  static constexpr std::size_t kCallThreads = 4;
  explicit SharedHandles(KafkaLogOptions options)
      : clients(std::make_shared<AdminClients>(std::move(options))), calls(kCallThreads) {}

  std::shared_ptr<AdminClients> clients;
  BlockingCalls calls;
};

}  // namespace tidemark
