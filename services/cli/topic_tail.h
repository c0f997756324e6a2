// Follows every partition of some topics and hands each committed record on once.
// Thread: one.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "log/log.h"

namespace tidemark {

class TopicTail {
 public:
  using Take = std::function<void(const TopicPartition&, const RecordView&)>;
  TopicTail(Log& log, Isolation isolation)
      : consumer_(log.NewConsumer(isolation)), admin_(log.NewAdmin()) {}

  // Follows the topic from its first record on.
  Status Follow(const std::string& topic);
  // Hands on what is at hand, at most `records`, without waiting. Returns how many it was.
  Result<std::size_t> Drain(std::size_t records, const Take& take);
  // Hands on everything up to the present end of each partition, what was committed by transactions
  // that are open now included. UNAVAILABLE naming the partition from which nothing comes for
  // kPatience.
  static constexpr Duration kPatience{30'000};
  Status DrainToEnds(const Take& take);

 private:
  std::unique_ptr<Consumer> consumer_;
  std::unique_ptr<Admin> admin_;
  // Hands on one batch. False: there was none within `timeout`.
  Result<bool> TakeBatch(std::size_t partition, Duration timeout, const Take& take,
                         std::size_t& taken);
  Status DrainToEnd(std::size_t partition, const Take& take);

  std::vector<TopicPartition> partitions_;
  std::vector<Offset> positions_;  // of each, the next to be read
  std::size_t next_ = 0;
};

}  // namespace tidemark
