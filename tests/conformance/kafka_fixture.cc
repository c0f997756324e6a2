// Runs the conformance suite on a running Apache Kafka: TIDEMARK_TEST_KAFKA names its bootstrap
// servers.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <thread>

#include "base/check.h"
#include "base/text.h"
#include "conformance/log_fixture.h"
#include "log_kafka/kafka_log.h"
#include "log_kafka/plain_producer.h"

namespace tidemark {
namespace {

constexpr std::chrono::seconds kPatience{30};
constexpr Duration kAck{10'000};
// More than the segment.ms of the topics that the suite compacts.
constexpr Duration kSegmentAge{150};

KafkaLogOptions Options() {
  KafkaLogOptions options;
  const char* servers = std::getenv("TIDEMARK_TEST_KAFKA");
  options.bootstrap_servers = servers != nullptr ? servers : "127.0.0.1:19092";
  options.client_id = "conformance";
  return options;
}

std::int64_t Now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

class KafkaFixture final : public LogFixture {
 public:
  KafkaFixture() {
    auto log = KafkaLog::Open(Options());
    TM_CHECK(log.ok(), log.status().message());
    log_ = std::move(log).value();
    auto producer = PlainProducer::Open(Options());
    TM_CHECK(producer.ok(), producer.status().message());
    producer_ = std::move(producer).value();
  }

  Log& log() override { return *log_; }
  std::string UniqueName(std::string_view stem) override {
    static const std::uint32_t run = std::random_device{}();
    static int names = 0;
    return StrCat(stem, "-", run, "-", names++);
  }
  std::int64_t WallMs() override { return Now(); }

  bool WaitUntil(const std::function<bool()>& condition) override {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < deadline) {
      if (condition()) return true;
      std::this_thread::sleep_for(Duration(5));
    }
    return condition();
  }

  LogResult<Offset> Append(const TopicPartition& partition, const PlainRecord& record) override {
    LogStatus status = producer_->Produce({.topic = partition.topic,
                                           .partition = partition.partition,
                                           .key = record.key,
                                           .value = record.value,
                                           .headers = record.headers},
                                          record.timestamp_ms);
    if (status.ok()) status = producer_->Flush(kAck);
    if (!status.ok()) return {status.error, status.message, std::nullopt};
    return {LogError::kNone, "", producer_->last_offset()};
  }

  LogStatus Compact(std::string_view topic) override;

 private:
  static Offset CleanedTo(const TopicPartition& partition);
  static Offset SegmentOf(const TopicPartition& partition, Offset offset);

  std::unique_ptr<KafkaLog> log_;
  std::unique_ptr<PlainProducer> producer_;
};

std::string DataFolder() {
  const char* data = std::getenv("TIDEMARK_TEST_KAFKA_DATA");
  TM_CHECK(data != nullptr, "TIDEMARK_TEST_KAFKA_DATA names the broker's log folder");
  return data;
}

// Kafka compacts whole segments behind the active one and below the last stable offset, in the
// background; how far it came stands in a file of the broker.
LogStatus KafkaFixture::Compact(std::string_view topic) {
  const TopicPartition partition{std::string(topic), Partition(0)};
  std::this_thread::sleep_for(kSegmentAge);
  const auto last = Append(partition, {.key = kCompactionKey, .value = kCompactionKey});
  if (!last.ok()) return {last.error, last.message};
  const auto ends = log_->NewAdmin()->Ends(partition, kAck);
  if (!ends.ok()) return {ends.error, ends.message};
  const Offset until = SegmentOf(partition, std::min(*last.value, ends.value->last_stable));
  if (until == Offset(0)) return {};
  if (WaitUntil([&] { return CleanedTo(partition) >= until; })) return {};
  return {LogError::kRetriable, StrCat("not compacted to ", until, " in time")};
}

Offset KafkaFixture::CleanedTo(const TopicPartition& partition) {
  std::ifstream file(StrCat(DataFolder(), "/cleaner-offset-checkpoint"));
  std::string topic;
  std::int32_t number = 0;
  std::int64_t offset = 0;
  // Two lines of version and count come first: the topics that follow are found all the same.
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    if (!(fields >> topic >> number >> offset)) continue;
    if (topic == partition.topic && number == partition.partition.value()) return Offset(offset);
  }
  return Offset(0);
}

// The first offset of the segment that holds `offset`: segments are files named by it.
Offset KafkaFixture::SegmentOf(const TopicPartition& partition, Offset offset) {
  const std::string folder =
      StrCat(DataFolder(), "/", partition.topic, "-", partition.partition.value());
  Offset base(0);
  std::error_code ignored;
  for (const auto& file : std::filesystem::directory_iterator(folder, ignored)) {
    if (file.path().extension() != ".log") continue;
    const Offset first(std::strtoll(file.path().stem().c_str(), nullptr, 10));
    if (first <= offset) base = std::max(base, first);
  }
  return base;
}

}  // namespace

std::unique_ptr<LogFixture> NewLogFixture() { return std::make_unique<KafkaFixture>(); }

}  // namespace tidemark
