// The words in which the conformance suite of the log port is written.
//
// Every step REQUIREs (in Catch2's sense) that it succeeds unless it returns what became of it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conformance/log_fixture.h"
#include "log/log.h"

namespace tidemark {

using HeaderCopy = std::pair<std::string, std::optional<std::string>>;

// A record read, owning its bytes.
struct ReadRecord {
  Offset offset;
  std::int64_t timestamp_ms = RecordView::kNoTimestamp;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<HeaderCopy> headers;
};
ReadRecord CopyOf(const RecordView& view);

struct ReadResult {
  std::vector<ReadRecord> records;
  Offset position;                          // where the next fetch would continue
  std::vector<std::string> Values() const;  // "(null)" for a tombstone
  std::vector<std::int64_t> Offsets() const;
};

class LogSteps {
 public:
  LogSteps();

  LogFixture& fixture() { return *fixture_; }
  Log& log() { return fixture_->log(); }
  Admin& admin() { return *admin_; }
  std::string UniqueName(std::string_view stem) { return fixture_->UniqueName(stem); }

  // Partition 0 of a new topic.
  TopicPartition NewTopic(std::int32_t partitions = 1,
                          std::map<std::string, std::string> configs = {});
  // Partition 0 of a new topic that is compacted as soon as the adapter's log can.
  TopicPartition CompactedTopic() {
    return NewTopic(
        1,
        {{"cleanup.policy", "compact"}, {"segment.ms", "100"}, {"min.cleanable.dirty.ratio", "0"}});
  }
  PartitionEnds Ends(const TopicPartition& partition);

  // An initialised producer.
  std::unique_ptr<Producer> NewProducer(const std::string& id,
                                        Duration transaction_timeout = Duration(60'000));
  void Begin(Producer& producer);
  // The first error of producing `value`, which may also show only at Commit.
  LogStatus TrySend(Producer& producer, const TopicPartition& to, std::string_view value);
  void Send(Producer& producer, const TopicPartition& to, std::string_view value);
  // Repeat the call while it is pending.
  LogStatus TryCommit(Producer& producer);
  LogStatus TryAbort(Producer& producer);
  // A transaction is decided when the call returns; its markers, which make it visible, follow.
  // These wait for them unless another transaction begun here is still open.
  void Commit(Producer& producer);
  void Abort(Producer& producer);
  // A whole transaction.
  void CommitValues(Producer& producer, const TopicPartition& to,
                    const std::vector<std::string>& values);

  Offset Append(const TopicPartition& to, std::string_view key, std::string_view value);
  Offset AppendAt(const TopicPartition& to, std::string_view value, std::int64_t timestamp_ms);

  // Everything from `from` to where `isolation` sees at the moment.
  ReadResult Read(const TopicPartition& partition, Offset from, Isolation isolation);
  ReadResult ReadCommitted(const TopicPartition& partition, Offset from = Offset(0));
  ReadResult ReadUncommitted(const TopicPartition& partition, Offset from = Offset(0));
  std::unique_ptr<Consumer> Assigned(const TopicPartition& partition, Offset from,
                                     Isolation isolation = Isolation::kReadCommitted);
  // The next batch that comes; nullptr if none comes while time passes.
  std::unique_ptr<FetchedBatch> NextBatch(Consumer& consumer, const TopicPartition& partition,
                                          FetchLimits limits = {});
  // The first error of fetching, kNone if none comes.
  LogError FetchError(Consumer& consumer, const TopicPartition& partition);

 private:
  void AwaitMarkers();

  std::unique_ptr<LogFixture> fixture_;
  std::unique_ptr<Admin> admin_;
  std::vector<TopicPartition> created_;
  std::set<const Producer*> open_;
};

inline constexpr Duration kCallTimeout{50};
inline constexpr Duration kAdminTimeout{10'000};

}  // namespace tidemark
