// A memory log with its clock, and short words for what the tests of this library do with it.
#pragma once

#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "log_memory/memory_log.h"

namespace tidemark {

inline constexpr Duration kTimeout{50};
using Configs = std::map<std::string, std::string>;

struct MemoryWorld {
  ManualClock clock;
  MemoryLog memory{clock};
  std::unique_ptr<MemoryLogClient> client = memory.NewClient("one");
  TopicPartition topic{"topic", Partition(0)};

  explicit MemoryWorld(Configs configs = {}) {
    REQUIRE(client->NewAdmin()
                ->CreateTopic({.name = "topic", .partitions = 2, .configs = std::move(configs)},
                              kTimeout)
                .ok());
  }

  std::unique_ptr<Producer> NewProducer(Log& log, Duration timeout = Duration(60'000)) const {
    auto producer = log.NewProducer({.transactional_id = "id", .transaction_timeout = timeout});
    REQUIRE(producer->InitTransactions(kTimeout).ok());
    return producer;
  }
  std::unique_ptr<Producer> NewProducer() const { return NewProducer(*client); }

  LogStatus Send(Producer& producer, std::string_view value) const {
    return producer.Produce(
        {.topic = "topic", .partition = Partition(0), .key = value, .value = value});
  }
  // Begins and sends; the transaction stays open.
  void Open(Producer& producer, const std::vector<std::string>& values) const {
    REQUIRE(producer.Begin().ok());
    for (const std::string& value : values) REQUIRE(Send(producer, value).ok());
  }
  void Append(std::string_view value) {
    REQUIRE(memory.Append(topic, {.key = value, .value = value}).ok());
  }

  // What a new committed reader of partition 0 sees from the log start on.
  std::vector<std::string> Committed() const {
    const auto reader = memory_client_->NewConsumer(Isolation::kReadCommitted);
    REQUIRE(reader->Assign(topic, Ends().log_start).ok());
    std::vector<std::string> values;
    while (true) {
      const auto batch = reader->Fetch(topic, {}, kTimeout);
      REQUIRE(batch.ok());
      if (*batch.value == nullptr) return values;
      for (const RecordView& view : (*batch.value)->records()) values.emplace_back(*view.value);
    }
  }
  PartitionEnds Ends() const {
    const auto ends = memory_client_->NewAdmin()->Ends(topic, kTimeout);
    REQUIRE(ends.ok());
    return *ends.value;
  }

 private:
  std::unique_ptr<MemoryLogClient> memory_client_ = memory.NewClient("observer");
};

// Answers with one fault at the first call of a kind, and with none otherwise.
class OneFault final : public FaultHook {
 public:
  OneFault(LogCallKind kind, Fault fault) : kind_(kind), fault_(fault) {}
  Fault Before(const LogCall& call) override {
    if (call.kind != kind_ || done_) return {};
    done_ = true;
    return fault_;
  }
  bool done() const { return done_; }

 private:
  LogCallKind kind_;
  Fault fault_;
  bool done_ = false;
};

}  // namespace tidemark
