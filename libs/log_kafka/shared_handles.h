// What all admins of a process share: clients, and the threads on which blocking requests run.
//
// Threads: any.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "log_kafka/blocking_calls.h"
#include "log_kafka/client.h"

namespace tidemark {

// A client for requests about topics, which is also the read_committed one, a read_uncommitted one,
// which alone sees high watermarks, and one for each group whose offsets are committed. Made when
// first needed. A request under way keeps them alive.
class AdminClients {
 public:
  static constexpr std::size_t kMostGroups = 64;
  static constexpr Duration kGroupIdle{60'000};

  explicit AdminClients(KafkaLogOptions options) : options_(std::move(options)) {}

  // A client that commits offsets of this group and never joins it; made anew when it has not been
  // asked for in kGroupIdle. At most kMostGroups live.
  Result<std::shared_ptr<rd_kafka_t>> OfGroup(const std::string& group);

  // Valid as long as this object.
  Result<rd_kafka_t*> committed() { return Of(Isolation::kReadCommitted, committed_); }
  Result<rd_kafka_t*> uncommitted() { return Of(Isolation::kReadUncommitted, uncommitted_); }

 private:
  struct GroupClient {
    std::shared_ptr<rd_kafka_t> client;
    MonotonicTime used;
  };
  Result<rd_kafka_t*> Of(Isolation isolation, ClientHandle& handle);
  void DropIdleGroups(MonotonicTime now);

  KafkaLogOptions options_;
  std::mutex mutex_;
  ClientHandle committed_;
  ClientHandle uncommitted_;
  SteadyClock clock_;
  std::map<std::string, GroupClient> groups_;
};

struct SharedHandles {
  static constexpr std::size_t kCallThreads = 4;
  explicit SharedHandles(KafkaLogOptions options)
      : clients(std::make_shared<AdminClients>(std::move(options))), calls(kCallThreads) {}

  std::shared_ptr<AdminClients> clients;
  BlockingCalls calls;
  // Why no broker answers; "" while one does. Set before any use, goes with the log.
  std::function<std::string()> trouble = [] { return std::string(); };
};

}  // namespace tidemark
