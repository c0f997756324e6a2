#include "conformance/log_steps.h"

#include <catch2/catch.hpp>
#include <utility>

namespace tidemark {
namespace {

// Repeats `call` while it is pending.
template <class Call>
LogStatus Awaited(LogFixture& fixture, Call call) {
  LogStatus status;
  const bool answered = fixture.WaitUntil([&] {
    status = call();
    return status.error != LogError::kPending;
  });
  REQUIRE(answered);
  return status;
}

void RequireOk(const LogStatus& status) {
  INFO(LogErrorName(status.error) << ": " << status.message);
  REQUIRE(status.ok());
}

}  // namespace

ReadRecord CopyOf(const RecordView& view) {
  ReadRecord record{.offset = view.offset, .timestamp_ms = view.timestamp_ms};
  record.key = view.key;
  record.value = view.value;
  for (const HeaderView& header : view.headers) {
    std::optional<std::string> value;
    if (header.value) value = std::string(*header.value);
    record.headers.emplace_back(std::string(header.name), std::move(value));
  }
  return record;
}

std::vector<std::string> ReadResult::Values() const {
  std::vector<std::string> values;
  for (const ReadRecord& record : records) values.push_back(record.value.value_or("(null)"));
  return values;
}

std::vector<std::int64_t> ReadResult::Offsets() const {
  std::vector<std::int64_t> offsets;
  for (const ReadRecord& record : records) offsets.push_back(record.offset.value());
  return offsets;
}

LogSteps::LogSteps() : fixture_(NewLogFixture()), admin_(fixture_->log().NewAdmin()) {}

TopicPartition LogSteps::NewTopic(std::int32_t partitions,
                                  std::map<std::string, std::string> configs) {
  const TopicSpec spec{
      .name = UniqueName("topic"), .partitions = partitions, .configs = std::move(configs)};
  RequireOk(Awaited(*fixture_, [&] { return admin_->CreateTopic(spec, kAdminTimeout); }));
  for (std::int32_t i = 0; i < partitions; ++i) created_.push_back({spec.name, Partition(i)});
  return {spec.name, Partition(0)};
}

PartitionEnds LogSteps::Ends(const TopicPartition& partition) {
  const auto ends = admin_->Ends(partition, kAdminTimeout);
  INFO(LogErrorName(ends.error) << ": " << ends.message);
  REQUIRE(ends.ok());
  return *ends.value;
}

std::unique_ptr<Producer> LogSteps::NewProducer(const std::string& id,
                                                Duration transaction_timeout) {
  auto producer =
      log().NewProducer({.transactional_id = id, .transaction_timeout = transaction_timeout});
  RequireOk(Awaited(*fixture_, [&] { return producer->InitTransactions(kCallTimeout); }));
  return producer;
}

void LogSteps::Begin(Producer& producer) {
  RequireOk(producer.Begin());
  open_.insert(&producer);
}

LogStatus LogSteps::TrySend(Producer& producer, const TopicPartition& to, std::string_view value) {
  return producer.Produce(
      {.topic = to.topic, .partition = to.partition, .key = "key", .value = value});
}

void LogSteps::Send(Producer& producer, const TopicPartition& to, std::string_view value) {
  RequireOk(TrySend(producer, to, value));
}

LogStatus LogSteps::TryCommit(Producer& producer) {
  open_.erase(&producer);
  return Awaited(*fixture_, [&] { return producer.Commit(kCallTimeout); });
}

LogStatus LogSteps::TryAbort(Producer& producer) {
  open_.erase(&producer);
  return Awaited(*fixture_, [&] { return producer.Abort(kCallTimeout); });
}

void LogSteps::AwaitMarkers() {
  if (!open_.empty()) return;
  for (const TopicPartition& partition : created_) {
    REQUIRE(fixture_->WaitUntil([&] {
      const auto ends = admin_->Ends(partition, kAdminTimeout);
      if (ends.error == LogError::kUnknownTopic) return true;
      return ends.ok() && ends.value->last_stable == ends.value->high_watermark;
    }));
  }
}

void LogSteps::Commit(Producer& producer) {
  RequireOk(TryCommit(producer));
  AwaitMarkers();
}

void LogSteps::Abort(Producer& producer) {
  RequireOk(TryAbort(producer));
  AwaitMarkers();
}

void LogSteps::CommitValues(Producer& producer, const TopicPartition& to,
                            const std::vector<std::string>& values) {
  Begin(producer);
  for (const std::string& value : values) Send(producer, to, value);
  Commit(producer);
}

Offset LogSteps::Append(const TopicPartition& to, std::string_view key, std::string_view value) {
  const auto offset = fixture_->Append(to, {.key = key, .value = value});
  REQUIRE(offset.ok());
  return *offset.value;
}

Offset LogSteps::AppendAt(const TopicPartition& to, std::string_view value,
                          std::int64_t timestamp_ms) {
  const auto offset =
      fixture_->Append(to, {.key = "key", .value = value, .timestamp_ms = timestamp_ms});
  REQUIRE(offset.ok());
  return *offset.value;
}

std::unique_ptr<Consumer> LogSteps::Assigned(const TopicPartition& partition, Offset from,
                                             Isolation isolation) {
  auto consumer = log().NewConsumer(isolation);
  RequireOk(consumer->Assign(partition, from));
  return consumer;
}

std::unique_ptr<FetchedBatch> LogSteps::NextBatch(Consumer& consumer,
                                                  const TopicPartition& partition,
                                                  FetchLimits limits) {
  std::unique_ptr<FetchedBatch> batch;
  fixture_->WaitUntil([&] {
    auto result = consumer.Fetch(partition, limits, kCallTimeout);
    if (result.error == LogError::kRetriable) return false;
    REQUIRE(result.ok());
    batch = std::move(*result.value);
    return batch != nullptr;
  });
  return batch;
}

LogError LogSteps::FetchError(Consumer& consumer, const TopicPartition& partition) {
  LogError error = LogError::kNone;
  fixture_->WaitUntil([&] {
    error = consumer.Fetch(partition, {}, kCallTimeout).error;
    return error != LogError::kNone && error != LogError::kRetriable;
  });
  return error;
}

ReadResult LogSteps::Read(const TopicPartition& partition, Offset from, Isolation isolation) {
  const PartitionEnds ends = Ends(partition);
  const Offset target =
      isolation == Isolation::kReadCommitted ? ends.last_stable : ends.high_watermark;
  const auto consumer = Assigned(partition, from, isolation);
  ReadResult read{.position = from};
  while (read.position < target) {
    const auto batch = NextBatch(*consumer, partition);
    REQUIRE(batch != nullptr);
    REQUIRE(batch->next() > read.position);
    for (const RecordView& view : batch->records()) read.records.push_back(CopyOf(view));
    read.position = batch->next();
  }
  return read;
}

ReadResult LogSteps::ReadCommitted(const TopicPartition& partition, Offset from) {
  return Read(partition, from, Isolation::kReadCommitted);
}

ReadResult LogSteps::ReadUncommitted(const TopicPartition& partition, Offset from) {
  return Read(partition, from, Isolation::kReadUncommitted);
}

}  // namespace tidemark
