// The cluster that the demo feeds, looks at and breaks, wherever it runs: three workers and a
// coordinator in this process on the embedded log, or processes on Kafka. What is shown and proved
// is the same for both.
//
// Thread: one.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "cli/demo_pipeline.h"
#include "log/log.h"
#include "model/ids.h"
#include "model/time.h"

namespace tidemark {

inline constexpr std::array<const char*, 3> kDemoWorkers = {"w1", "w2", "w3"};

// As the cluster itself tells it.
struct DemoView {
  struct Task {
    TaskId::Kind kind = TaskId::Kind::kLane;
    std::string worker;  // "": nobody's
    bool running = false;
  };
  struct Source {
    std::optional<Watermark> watermark;
    std::string state;  // LIVE, IDLE, UNASSIGNED, ...
    std::int64_t position = 0;
    std::int64_t behind = 0;  // records that are not read yet
  };
  std::vector<Task> tasks;                 // all of the pipeline
  std::map<std::int32_t, Source> sources;  // by partition; those that nobody reports now as before
};

// What became of a worker that had been stopped until its tasks had new owners.
enum class Awakening : std::uint8_t {
  kUnderWay,   // ask again
  kRefused,    // it tried to commit, and the log refused it
  kNoAttempt,  // it let go of its tasks without having tried
};

struct DemoRecord {
  Partition partition;
  std::int64_t timestamp_ms = 0;
  std::optional<std::string_view> key;
  std::string_view value;
};

class DemoCluster {
 public:
  virtual ~DemoCluster() = default;

  // Creates the input topic, starts coordinator and workers, applies the pipeline and waits until
  // it runs. The message of an error says what to do.
  virtual Result<PipelineNames> Start() = 0;
  // Ends every process in an orderly way: afterwards nothing is written any more.
  virtual Status End() = 0;

  // To read what was written; REQUIRES, as all that follows: it has started.
  virtual Log& log() = 0;
  // Writes to the input topic, in order.
  virtual Status Append(const DemoRecord& record) = 0;
  // Waits until all that was written is there.
  virtual Status Flush() = 0;

  // Goes on for a bounded time. True if there is more to do at once. An error: something is wrong
  // that was not planted.
  virtual Result<bool> Step() = 0;
  virtual Status Look(DemoView& view) = 0;

  virtual Status StartWorker(const std::string& id) = 0;
  // kill -9.
  virtual Status Kill(const std::string& id) = 0;
  // SIGSTOP.
  virtual Status Stop(const std::string& id) = 0;
  // SIGCONT, at the first call.
  virtual Result<Awakening> Wake(const std::string& id) = 0;
  // The deliberate defect of --break, if there is one that is planted in the cluster, from now on.
  virtual void Break() = 0;
};

}  // namespace tidemark
