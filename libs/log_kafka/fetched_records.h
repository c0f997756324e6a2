// Fetched records in memory of their own: keys, values and headers are copied out of librdkafka's
// messages while these are hot in the cache, one after the other. So a batch lives independently of
// its consumer, and its memory is used again by a later one.
#pragma once

#include <librdkafka/rdkafka.h>

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "log/log.h"

namespace tidemark {

// Memory that only grows until it is reset. Thread: one.
class RecordArena {
 public:
  // `size` bytes, aligned for any object if `size` is a multiple of 8; valid until Reset.
  char* Take(std::size_t size) {
    const std::size_t rounded = (size + 7) & ~std::size_t{7};
    if (rounded > left_) Grow(rounded);
    char* taken = next_;
    next_ += rounded;
    left_ -= rounded;
    return taken;
  }
  // Keeps memory for an ordinary batch and releases what is beyond it.
  void Reset();

 private:
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
  };
  void Grow(std::size_t size);

  std::vector<Block> blocks_;
  std::size_t used_ = 0;  // blocks
  char* next_ = nullptr;
  std::size_t left_ = 0;
};

class FetchedRecords {
 public:
  FetchedRecords() { views_.reserve(FetchLimits().records); }

  // Copies a message without error.
  void Add(const rd_kafka_message_t& message);
  std::size_t bytes() const { return bytes_; }  // of keys and values
  const std::vector<RecordView>& views() const { return views_; }
  void Clear();

 private:
  std::span<const HeaderView> Copy(const rd_kafka_headers_t& headers);

  RecordArena arena_;
  std::vector<RecordView> views_;
  std::size_t bytes_ = 0;
};

// Emptied records that wait for their next use. Thread: any, since batches may be destroyed
// anywhere.
class RecordPool {
 public:
  std::unique_ptr<FetchedRecords> Take();
  void GiveBack(std::unique_ptr<FetchedRecords> records);

 private:
  static constexpr std::size_t kMostKept = 4;
  std::mutex mutex_;
  std::vector<std::unique_ptr<FetchedRecords>> kept_;
};

class KafkaFetchedBatch final : public FetchedBatch {
 public:
  KafkaFetchedBatch(std::shared_ptr<RecordPool> pool, std::unique_ptr<FetchedRecords> records,
                    Offset next)
      : pool_(std::move(pool)), records_(std::move(records)), next_(next) {}
  ~KafkaFetchedBatch() override { pool_->GiveBack(std::move(records_)); }
  std::span<const RecordView> records() const override { return records_->views(); }
  Offset next() const override { return next_; }

 private:
  std::shared_ptr<RecordPool> pool_;
  std::unique_ptr<FetchedRecords> records_;
  Offset next_;
};

}  // namespace tidemark
