// The consumer handle of the log port on Kafka: one client of its own, partitions assigned with
// explicit offsets and without a group (nothing is committed), each read from a queue of its own.
//
// It takes records by callback instead of rd_kafka_consume_batch_queue: that takes a lock per
// record, waits its whole timeout unless the batch fills, and its messages must be freed one by one
// before the client.
//
// Thread: one, also for Assign.
#pragma once

#include <librdkafka/rdkafka.h>

#include <map>
#include <memory>

#include "base/clock.h"
#include "log_kafka/client.h"
#include "log_kafka/fetched_records.h"
#include "log_kafka/kafka_log.h"

namespace tidemark {

class KafkaConsumer final : public Consumer {
 public:
  // A client that cannot be created shows as kFatal in every Assign.
  KafkaConsumer(const KafkaLogOptions& options, Isolation isolation);
  ~KafkaConsumer() override;

  LogStatus Assign(const TopicPartition& partition, Offset from) override;
  void Unassign(const TopicPartition& partition) override;
  // An error other than kOutOfRange stays the answer until records come or the partition is
  // assigned again, except kRetriable, which is told once.
  LogResult<std::unique_ptr<FetchedBatch>> Fetch(const TopicPartition& partition,
                                                 FetchLimits limits, Duration timeout) override;

 private:
  class Reading;
  struct Filling;

  void Serve();
  LogStatus Stop(const TopicPartition& partition);

  Status opened_;
  ClientHandle client_;
  std::shared_ptr<RecordPool> pool_ = std::make_shared<RecordPool>();
  std::map<TopicPartition, std::unique_ptr<Reading>> readings_;  // go before the client
  SteadyClock clock_;
  MonotonicTime served_;
};

// What a consumer's client is set to beyond ClientConfig::Common; the same for benchmarks that
// compare.
Status ConfigureConsumer(const KafkaLogOptions& options, Isolation isolation, ClientConfig& config);

}  // namespace tidemark
