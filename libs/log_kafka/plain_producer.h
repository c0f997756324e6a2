// Writes records outside of transactions, as ordinary upstream applications do: for the generator
// and for tests. Idempotent, lz4, large batches: at least 200,000 records of 260 bytes per second
// on one core.
//
// Thread: one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "log_kafka/kafka_log.h"

namespace tidemark {

class PlainProducer {
 public:
  static Result<std::unique_ptr<PlainProducer>> Open(const KafkaLogOptions& options);
  ~PlainProducer();

  // Buffers the record. `timestamp_ms` nullopt: now. Waits up to 5 s while the buffer is full,
  // then answers kRetriable and has not taken the record.
  LogStatus Produce(const OutgoingRecord& record, std::optional<std::int64_t> timestamp_ms);
  // Sends what is buffered and waits for its acknowledgement; kPending when some still lack it
  // after `timeout`. The first delivery that failed since the last call shows here.
  LogStatus Flush(Duration timeout);
  // Offset of the last acknowledged record.
  std::optional<Offset> last_offset() const;
  std::uint64_t acknowledged() const;

 private:
  PlainProducer();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemark
