// What the conformance suite of the log port needs of an adapter.
//
// The suite's test cases are the same for every adapter. An adapter's test program links them with
// one file that defines NewLogFixture(). Where the memory log and Kafka differ, the memory log is
// wrong.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "log/log.h"

namespace tidemark {

// A record written outside of transactions.
struct PlainRecord {
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
  std::span<const HeaderView> headers;
  std::optional<std::int64_t> timestamp_ms;  // nullopt: now
};

inline constexpr std::string_view kCompactionKey = "~";

class LogFixture {
 public:
  virtual ~LogFixture() = default;
  virtual Log& log() = 0;
  // `stem` made unique among all runs against the same cluster. For topics, groups and
  // transactional ids.
  virtual std::string UniqueName(std::string_view stem) = 0;
  // Wall time of the brokers, ms since the Unix epoch; accurate to a few seconds.
  virtual std::int64_t WallMs() = 0;
  // Lets time pass until `condition` holds; false when a generous deadline comes first.
  virtual bool WaitUntil(const std::function<bool()>& condition) = 0;
  // Writes outside of transactions and waits for the acknowledgement.
  virtual LogResult<Offset> Append(const TopicPartition& partition, const PlainRecord& record) = 0;
  // Appends a record of its own, key and value kCompactionKey, to partition 0 of `topic` and
  // returns when the records before it are compacted as far as open transactions allow. REQUIRES: a
  // topic made with CompactedTopic() of log_steps.h.
  virtual LogStatus Compact(std::string_view topic) = 0;
};

// Defined once in each adapter's test program.
std::unique_ptr<LogFixture> NewLogFixture();

}  // namespace tidemark
