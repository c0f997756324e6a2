// Runs the conformance suite on the memory log.
#include "conformance/log_fixture.h"
#include "log_memory/memory_log.h"

namespace tidemark {
namespace {

class MemoryFixture final : public LogFixture {
 public:
  Log& log() override { return *client_; }
  std::string UniqueName(std::string_view stem) override {
    return std::string(stem) + "-" + std::to_string(names_++);
  }
  std::int64_t WallMs() override { return memory_.WallMs(); }
  bool WaitUntil(const std::function<bool()>& condition) override {
    constexpr int kSteps = 100;
    for (int step = 0; step < kSteps; ++step) {
      if (condition()) return true;
      clock_.Advance(kCallStep);
    }
    return condition();
  }
  LogResult<Offset> Append(const TopicPartition& partition, const PlainRecord& record) override {
    return memory_.Append(partition,
                          {record.key, record.value, record.headers, record.timestamp_ms});
  }
  LogStatus Compact(std::string_view topic) override {
    const auto last = Append({std::string(topic), Partition(0)},
                             {.key = kCompactionKey, .value = kCompactionKey});
    if (!last.ok()) return {last.error, last.message};
    return memory_.Compact(topic);
  }

 private:
  static constexpr Duration kCallStep{50};
  ManualClock clock_;
  MemoryLog memory_{clock_};
  std::unique_ptr<MemoryLogClient> client_ = memory_.NewClient("conformance");
  int names_ = 0;
};

}  // namespace

std::unique_ptr<LogFixture> NewLogFixture() { return std::make_unique<MemoryFixture>(); }

}  // namespace tidemark
