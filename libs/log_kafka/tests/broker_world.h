// A running Apache Kafka for the tests of this library: TIDEMARK_TEST_KAFKA names its bootstrap
// servers.
#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <random>
#include <string>

#include "base/text.h"
#include "log_kafka/kafka_log.h"
#include "log_kafka/plain_producer.h"

namespace tidemark {

class BrokerWorld {
 public:
  static constexpr Duration kLong{10'000};
  static constexpr Duration kStep{50};

  BrokerWorld()
      : options_(Options()), log_(KafkaLog::Open(options_).value()), admin_(log_->NewAdmin()) {}

  static KafkaLogOptions Options() {
    KafkaLogOptions options;
    const char* servers = std::getenv("TIDEMARK_TEST_KAFKA");
    options.bootstrap_servers = servers != nullptr ? servers : "127.0.0.1:19092";
    return options;
  }
  static std::string Unique(std::string_view stem) {
    static const std::uint32_t run = std::random_device{}();
    static int names = 0;
    return StrCat(stem, "-", run, "-", names++);
  }
  static bool WaitUntil(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
    }
    return true;
  }

  KafkaLog& log() { return *log_; }
  Admin& admin() { return *admin_; }

  TopicPartition NewTopic(std::map<std::string, std::string> configs = {},
                          std::int32_t partitions = 1) {
    const std::string name = Unique("topic");
    const LogStatus created = admin_->CreateTopic(
        {.name = name, .partitions = partitions, .configs = std::move(configs)}, kLong);
    INFO(created.message);
    REQUIRE(created.ok());
    return {name, Partition(0)};
  }
  PartitionEnds Ends(const TopicPartition& partition) {
    const auto ends = admin_->Ends(partition, kLong);
    INFO(ends.message);
    REQUIRE(ends.ok());
    return *ends.value;
  }
  std::unique_ptr<PlainProducer> NewPlainProducer() {
    return PlainProducer::Open(options_).value();
  }
  // Records "0", "1", ... outside of transactions.
  void AppendNumbers(const TopicPartition& to, int count) {
    const auto producer = NewPlainProducer();
    for (int i = 0; i < count; ++i) {
      REQUIRE(
          producer
              ->Produce({.topic = to.topic, .partition = to.partition, .value = std::to_string(i)},
                        {})
              .ok());
    }
    const LogStatus flushed = producer->Flush(kLong);
    INFO(flushed.message);
    REQUIRE(flushed.ok());
  }
  std::unique_ptr<Producer> NewProducer() {
    auto producer = log_->NewProducer({.transactional_id = Unique("id")});
    LogStatus status;
    REQUIRE(WaitUntil([&] {
      status = producer->InitTransactions(kStep);
      return status.error != LogError::kPending;
    }));
    REQUIRE(status.ok());
    return producer;
  }
  enum class End { kCommit, kAbort };
  // One transaction, with its markers written.
  void Transact(Producer& producer, const TopicPartition& to, int records, End end) {
    REQUIRE(producer.Begin().ok());
    for (int i = 0; i < records; ++i) {
      REQUIRE(
          producer.Produce({.topic = to.topic, .partition = to.partition, .value = "transacted"})
              .ok());
    }
    if (end == End::kAbort) {
      // What still waits in the client would never be written.
      const Offset before = Ends(to).last_stable;
      REQUIRE(WaitUntil([&] { return Ends(to).high_watermark >= before.Plus(records); }));
    }
    LogStatus status;
    REQUIRE(WaitUntil([&] {
      status = end == End::kCommit ? producer.Commit(kStep) : producer.Abort(kStep);
      return status.error != LogError::kPending;
    }));
    INFO(status.message);
    REQUIRE(status.ok());
    REQUIRE(WaitUntil([&] { return Ends(to).last_stable == Ends(to).high_watermark; }));
  }
  // The next batch; nullptr if none comes.
  static std::unique_ptr<FetchedBatch> Next(Consumer& consumer, const TopicPartition& partition,
                                            FetchLimits limits = {}, Duration timeout = kStep) {
    std::unique_ptr<FetchedBatch> batch;
    WaitUntil([&] {
      auto fetched = consumer.Fetch(partition, limits, timeout);
      if (!fetched.ok()) FAIL(LogErrorName(fetched.error) << ": " << fetched.message);
      batch = std::move(*fetched.value);
      return batch != nullptr;
    });
    return batch;
  }

 private:
  KafkaLogOptions options_;
  std::unique_ptr<KafkaLog> log_;
  std::unique_ptr<Admin> admin_;
};

}  // namespace tidemark
