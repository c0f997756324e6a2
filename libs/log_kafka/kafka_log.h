// The log port on Apache Kafka, by librdkafka 2.0.2 or newer.
//
// One KafkaLog is the connection of one process. Producers and consumers are clients of their own;
// all admins share one admin handle, one read_committed and one read_uncommitted handle
// (protocol 11.11: only the last sees the high watermark).
//
// Threads: a KafkaLog may be used from any; a handle made by it belongs to one. Handles go before
// the log, fetched batches before their consumer.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/status.h"
#include "log/log.h"

namespace tidemark {

struct KafkaLogOptions {
  std::string bootstrap_servers;       // host:port[,host:port]
  std::string client_id = "tidemark";  // shown in the brokers' logs and quotas
  std::map<std::string, std::string>
      properties;  // of librdkafka, passed through (TLS, SASL, tuning)
  // What one consumer may hold of records fetched ahead, over all its partitions. Unit bytes.
  std::size_t consumer_queue_bytes = 256U << 20U;
  // A call into the client library that takes longer than this hangs for good (facts: begin and
  // commit have unbounded waits inside): the process ends with a message, since nothing can take
  // such a call back.
  Duration hang_deadline{60'000};
  // After this long without any broker a message says so, and again every minute. Unit ms.
  Duration unreachable_after{5'000};
};

// Properties that decide about exactness; they may not be passed through.
bool IsOwnKafkaProperty(std::string_view name);

class KafkaLog final : public Log {
 public:
  // INVALID_ARGUMENT naming a property that librdkafka does not know, a value it refuses, or one
  // that is ours. Contacts no broker.
  static Result<std::unique_ptr<KafkaLog>> Open(KafkaLogOptions options);
  ~KafkaLog() override;

  std::unique_ptr<Producer> NewProducer(const ProducerOptions& options) override;
  std::unique_ptr<Consumer> NewConsumer(Isolation isolation) override;
  std::unique_ptr<Admin> NewAdmin() override;
  std::string Trouble() const override;

 private:
  explicit KafkaLog(KafkaLogOptions options);
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemark
