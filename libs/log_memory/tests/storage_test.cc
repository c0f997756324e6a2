
#include <catch2/catch.hpp>
#include <map>
#include <thread>

#include "base/random.h"
#include "log_memory/chunk.h"
#include "memory_world.h"

namespace tidemark {
namespace {

using Values = std::vector<std::string>;

TEST_CASE("a record is as large as Kafka encodes it in a batch of its own") {
  // 61 bytes of batch header; attributes, time delta and offset delta; then lengths and bytes.
  CHECK(EncodedSize({}) == 61 + 1 + 3 + 1 + 1 + 1);
  CHECK(EncodedSize({.key = "k", .value = "vv"}) == 61 + 1 + 3 + 2 + 3 + 1);
  CHECK(EncodedSize({.value = std::string(64, 'x')}) == 61 + 2 + 3 + 1 + 2 + 64 + 1);
  const std::vector<HeaderView> headers = {{"ab", "c"}, {"d", std::nullopt}};
  CHECK(EncodedSize({.headers = headers}) == 61 + 1 + 3 + 1 + 1 + 1 + (3 + 2) + (2 + 1));
}

TEST_CASE("a record of exactly max.message.bytes is taken, one byte more is not") {
  MemoryWorld world(Configs{{"max.message.bytes", "100"}});
  const std::size_t overhead = EncodedSize({.key = "", .value = ""});
  const std::string fits(100 - overhead, 'x');
  CHECK(world.memory.Append(world.topic, {.key = "", .value = fits}).ok());
  CHECK(world.memory.Append(world.topic, {.key = "", .value = fits + "x"}).error ==
        LogError::kRecordTooLarge);
}

TEST_CASE("a record without timestamp stays without on CreateTime and gets one on LogAppendTime") {
  const bool append_time = GENERATE(false, true);
  MemoryWorld world(
      Configs{{"message.timestamp.type", append_time ? "LogAppendTime" : "CreateTime"}});
  REQUIRE(world.memory.Append(world.topic, {.key = "k", .timestamp_ms = RecordView::kNoTimestamp})
              .ok());
  const std::int64_t expected = append_time ? world.memory.WallMs() : RecordView::kNoTimestamp;
  CHECK(world.memory.Dump(world.topic)[0].timestamp_ms == expected);
}

TEST_CASE("wall time follows the clock") {
  MemoryWorld world;
  world.clock.Advance(Duration(1'234));
  world.Append("a");
  CHECK(world.memory.Dump(world.topic)[0].timestamp_ms == 1'767'225'600'000 + 1'234);
}

TEST_CASE("deleting records frees their memory") {
  MemoryWorld world;
  const auto admin = world.client->NewAdmin();
  const std::string value(10'000, 'x');
  for (int i = 0; i < 2'000; ++i) world.Append(value);
  const std::uint64_t full = world.memory.stored_bytes();
  CHECK(full > 20'000'000);
  REQUIRE(admin->DeleteRecords(world.topic, Offset(1'000), kTimeout).ok());
  CHECK(world.memory.stored_bytes() < full / 2 + 2 * Chunk::kBytesMax);
  REQUIRE(admin->DeleteRecords(world.topic, Offset(2'000), kTimeout).ok());
  CHECK(world.memory.stored_bytes() == 0);
}

TEST_CASE("a fetch of committed records copies none, aborted neighbours or not") {
  MemoryWorld world;
  for (int i = 0; i < 1'000; ++i) world.Append("value");
  const auto consumer = world.client->NewConsumer(Isolation::kReadCommitted);
  const auto first_value = [&] {
    REQUIRE(consumer->Assign(world.topic, Offset(0)).ok());
    const auto batch = consumer->Fetch(world.topic, {}, kTimeout);
    REQUIRE(batch.ok());
    return (*batch.value)->records()[0].value->data();
  };
  const char* stored = first_value();
  CHECK(first_value() == stored);
  const auto producer = world.NewProducer();
  world.Open(*producer, {"aborted"});
  REQUIRE(producer->Abort(kTimeout).ok());
  CHECK(first_value() == stored);
}

TEST_CASE("a tombstone goes with the compaction that comes delete.retention.ms after the first") {
  MemoryWorld world(Configs{{"cleanup.policy", "compact"}, {"delete.retention.ms", "1000"}});
  world.Append("a");
  REQUIRE(world.memory.Append(world.topic, {.key = "a"}).ok());
  const auto compacted = [&] {
    REQUIRE(world.memory.Compact("topic").ok());
    return world.memory.Dump(world.topic).size();
  };
  CHECK(compacted() == 1);
  world.clock.Advance(Duration(999));
  CHECK(compacted() == 1);
  world.clock.Advance(Duration(1));
  CHECK(compacted() == 0);
  CHECK(world.Ends().high_watermark == Offset(2));
  CHECK(world.Committed().empty());
}

TEST_CASE("a fetch keeps to its bytes, and its next passes aborted records that follow") {
  MemoryWorld world;
  for (int i = 0; i < 10; ++i) world.Append("value");
  const auto producer = world.NewProducer();
  world.Open(*producer, {"aborted"});
  REQUIRE(producer->Abort(kTimeout).ok());
  const auto consumer = world.client->NewConsumer(Isolation::kReadCommitted);
  REQUIRE(consumer->Assign(world.topic, Offset(0)).ok());
  const std::size_t each = EncodedSize({.key = "value", .value = "value"});
  const auto some = consumer->Fetch(world.topic, {.bytes = 3 * each}, kTimeout);
  CHECK((*some.value)->records().size() == 3);
  const auto rest = consumer->Fetch(world.topic, {.records = 7}, kTimeout);
  CHECK((*rest.value)->records().size() == 7);
  CHECK((*rest.value)->next() == world.Ends().high_watermark);
}

TEST_CASE("a record without timestamp is not too old") {
  MemoryWorld world(Configs{{"message.timestamp.before.max.ms", "1000"}});
  CHECK(world.memory.Append(world.topic, {.timestamp_ms = RecordView::kNoTimestamp}).ok());
}

TEST_CASE("only a compacted topic is compacted") {
  MemoryWorld world;
  CHECK(world.memory.Compact("topic").error == LogError::kInvalid);
  CHECK(world.memory.Compact("missing").error == LogError::kUnknownTopic);
}

TEST_CASE("more brokers than one are needed for more replicas than one") {
  MemoryWorld world;
  const auto admin = world.client->NewAdmin();
  CHECK(admin->CreateTopic({.name = "r", .replication_factor = 2}, kTimeout).error ==
        LogError::kInvalid);
}

TEST_CASE("deleting a topic forgets its group offsets") {
  MemoryWorld world;
  const auto admin = world.client->NewAdmin();
  REQUIRE(admin->CommitOffsets("group", {{world.topic, {Offset(1), ""}}}, kTimeout).ok());
  REQUIRE(admin->DeleteTopic("topic", kTimeout).ok());
  CHECK(admin->CommittedOffsets("group", kTimeout).value->empty());
  CHECK(admin->CommitOffsets("group", {{world.topic, {Offset(1), ""}}}, kTimeout).error ==
        LogError::kUnknownTopic);
}

// One random history on a compacted partition, told to the log and to a map at once.
class History {
 public:
  explicit History(std::uint64_t seed)
      : random_(seed), world_(Configs{{"cleanup.policy", "compact"}}) {
    for (int i = 0; i < kProducers; ++i) Replace(i);
  }

  void Step() {
    const int i = static_cast<int>(random_.Below(kProducers));
    switch (random_.Below(12)) {
      case 0:
        return End(i, TransactionOutcome::kCommit);
      case 1:
        return End(i, TransactionOutcome::kAbort);
      case 2:
        return Replace(i);
      case 3:
        return Plain();
      case 4:
        if (random_.Below(8) == 0) return Delete();
        return;
      case 5:
        if (random_.Below(8) == 0) REQUIRE(world_.memory.Compact("topic").ok());
        compacted_ = true;
        return;
      default:
        return Send(i);
    }
  }

  // Every record the log still must show: the last of each key always, others unless compacted.
  void Check(Isolation isolation) {
    const PartitionEnds ends = world_.Ends();
    const Offset limit =
        isolation == Isolation::kReadCommitted ? ends.last_stable : ends.high_watermark;
    CHECK(ends.last_stable == ExpectedStable(ends));
    const auto read = Read(isolation, ends.log_start, limit);
    Offset before = ends.log_start.Plus(-1);
    for (const auto& [offset, value] : read) {
      REQUIRE(offset > before);
      before = offset;
      REQUIRE(model_.count(offset) == 1);
      REQUIRE(model_.at(offset).value == value);
      if (isolation == Isolation::kReadCommitted)
        REQUIRE(model_.at(offset).fate == Fate::kCommitted);
    }
    for (const auto& [offset, record] : model_) {
      const bool visible = offset >= ends.log_start && offset < limit &&
                           record.fate == Fate::kCommitted && IsLastOfKey(offset, ends.last_stable);
      if (visible) REQUIRE(read.count(offset) == 1);
    }
  }

 private:
  enum class Fate { kOpen, kCommitted, kAborted };
  struct Modelled {
    std::string key;
    std::string value;
    Fate fate = Fate::kCommitted;
    int producer = -1;
  };
  static constexpr int kProducers = 3;

  std::string Key() { return "key " + std::to_string(random_.Below(5)); }
  Offset Next() { return world_.Ends().high_watermark; }

  void Replace(int i) {
    auto producer = world_.client->NewProducer(
        {.transactional_id = std::to_string(i), .transaction_timeout = Duration(600'000)});
    REQUIRE(producer->InitTransactions(kTimeout).ok());
    producers_[i] = std::move(producer);
    Settle(i, Fate::kAborted);
    REQUIRE(producers_[i]->Begin().ok());
  }
  void End(int i, TransactionOutcome outcome) {
    const bool commits = outcome == TransactionOutcome::kCommit;
    REQUIRE((commits ? producers_[i]->Commit(kTimeout) : producers_[i]->Abort(kTimeout)).ok());
    Settle(i, commits ? Fate::kCommitted : Fate::kAborted);
    REQUIRE(producers_[i]->Begin().ok());
  }
  void Settle(int i, Fate fate) {
    for (auto& [offset, record] : model_) {
      if (record.producer == i && record.fate == Fate::kOpen) record.fate = fate;
    }
  }
  void Send(int i) {
    const Offset at = Next();
    const Modelled record{Key(), "value " + std::to_string(at.value()), Fate::kOpen, i};
    REQUIRE(producers_[i]
                ->Produce({.topic = "topic",
                           .partition = Partition(0),
                           .key = record.key,
                           .value = record.value})
                .ok());
    model_[at] = record;
  }
  void Plain() {
    const Offset at = Next();
    const Modelled record{Key(), "value " + std::to_string(at.value())};
    REQUIRE(world_.memory.Append(world_.topic, {.key = record.key, .value = record.value}).ok());
    model_[at] = record;
  }
  void Delete() {
    const PartitionEnds ends = world_.Ends();
    const Offset to(random_.Between(ends.log_start.value(), ends.last_stable.value()));
    REQUIRE(world_.client->NewAdmin()->DeleteRecords(world_.topic, to, kTimeout).ok());
  }
  Offset ExpectedStable(const PartitionEnds& ends) const {
    for (const auto& [offset, record] : model_) {
      if (record.fate == Fate::kOpen) return offset;
    }
    return ends.high_watermark;
  }
  bool IsLastOfKey(Offset offset, Offset stable) const {
    if (!compacted_ || offset >= stable) return true;
    const std::string& key = model_.at(offset).key;
    for (auto later = model_.upper_bound(offset); later != model_.end(); ++later) {
      if (later->first >= stable) return true;
      if (later->second.fate == Fate::kCommitted && later->second.key == key) return false;
    }
    return true;
  }
  std::map<Offset, std::string> Read(Isolation isolation, Offset from, Offset limit) {
    std::map<Offset, std::string> read;
    const auto consumer = world_.client->NewConsumer(isolation);
    REQUIRE(consumer->Assign(world_.topic, from).ok());
    const FetchLimits limits{.records = 1 + random_.Below(7), .bytes = 1 + random_.Below(500)};
    for (Offset position = from; position < limit;) {
      const auto batch = consumer->Fetch(world_.topic, limits, kTimeout);
      REQUIRE(batch.ok());
      REQUIRE(*batch.value != nullptr);
      REQUIRE((*batch.value)->next() > position);
      REQUIRE((*batch.value)->records().size() <= limits.records);
      position = (*batch.value)->next();
      for (const RecordView& view : (*batch.value)->records()) {
        REQUIRE(view.offset < position);
        read.emplace(view.offset, std::string(*view.value));
      }
    }
    return read;
  }

  Random random_;
  MemoryWorld world_;
  std::unique_ptr<Producer> producers_[kProducers];
  std::map<Offset, Modelled> model_;
  bool compacted_ = false;
};

TEST_CASE("any history of transactions, deletions and compactions reads as a map of it says") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    History history(seed);
    for (int step = 0; step < 200; ++step) {
      history.Step();
      if (step % 20 != 19) continue;
      history.Check(Isolation::kReadCommitted);
      history.Check(Isolation::kReadUncommitted);
    }
  }
}

TEST_CASE("threads share the log: every committed record is read once and in order") {
  SteadyClock clock;
  MemoryLog memory(clock);
  const auto client = memory.NewClient("one");
  const TopicPartition topic{"topic", Partition(0)};
  REQUIRE(client->NewAdmin()->CreateTopic({.name = "topic"}, kTimeout).ok());
  constexpr int kWriters = 3;
  constexpr int kTransactions = 200;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      const auto producer = client->NewProducer(
          {.transactional_id = std::to_string(writer), .transaction_timeout = Duration(600'000)});
      if (!producer->InitTransactions(kTimeout).ok()) return;
      for (int i = 0; i < kTransactions; ++i) {
        if (!producer->Begin().ok()) return;
        const std::string value = std::to_string(i);
        const std::string key = std::to_string(writer);
        for (int copy = 0; copy < 2; ++copy) {
          if (!producer->Produce({.topic = "topic", .key = key, .value = value}).ok()) return;
        }
        if (!(i % 5 == 4 ? producer->Abort(kTimeout) : producer->Commit(kTimeout)).ok()) return;
      }
    });
  }
  std::map<std::string, int> next;
  int read = 0;
  const int expected = kWriters * kTransactions * 2 * 4 / 5;
  const auto consumer = client->NewConsumer(Isolation::kReadCommitted);
  REQUIRE(consumer->Assign(topic, Offset(0)).ok());
  const MonotonicTime deadline = clock.Now() + Duration(60'000);
  while (read < expected && clock.Now() < deadline) {
    const auto batch = consumer->Fetch(topic, {}, kTimeout);
    REQUIRE(batch.ok());
    if (*batch.value == nullptr) {
      std::this_thread::yield();
      continue;
    }
    for (const RecordView& view : (*batch.value)->records()) {
      int& copies = next[std::string(*view.key)];
      const int committed = copies / 2;
      CHECK(view.value == std::to_string(committed + committed / 4));
      ++copies;
      ++read;
    }
  }
  for (std::thread& writer : writers) writer.join();
  CHECK(read == expected);
  CHECK(memory.OpenTransactions().empty());
}

}  // namespace
}  // namespace tidemark
