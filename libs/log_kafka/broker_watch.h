// Says when no broker answers, why, and when one does again: one line for each change and one a
// minute meanwhile, instead of a line of every client for every attempt. That brokers refuse the
// credentials or TLS is said at once.
//
// Asks for metadata every 3 s, every second while there is no answer: a broker that stands still
// keeps its connections, so that only asking tells. Threads: one of its own.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "log_kafka/client.h"

namespace tidemark {

class BrokerWatch {
 public:
  static Result<std::unique_ptr<BrokerWatch>> Open(const KafkaLogOptions& options);
  ~BrokerWatch();

  // Why no broker answers, with what to do; "" while one does. Any thread.
  std::string Trouble() const;

 private:
  enum class Cause : std::uint8_t { kAway, kCredentials, kTls };
  using Time = std::chrono::steady_clock::time_point;
  explicit BrokerWatch(const KafkaLogOptions& options) : options_(options) {}
  static void OnError(rd_kafka_t* client, int error, const char* reason, void* opaque);
  void Run();
  void Look(Time now);
  void Answered(Time now);
  void Tell(Time now);
  std::string Advice() const;

  const KafkaLogOptions options_;
  ClientHandle client_;
  bool connected_ = false;  // as far as is known
  bool told_ = false;
  Time last_answer_;  // or when the watch began
  Time last_told_;
  Cause cause_ = Cause::kAway;
  std::string reason_;   // of the last error since the last answer
  std::string trouble_;  // guarded by mutex_
  mutable std::mutex mutex_;
  std::condition_variable stopped_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace tidemark
