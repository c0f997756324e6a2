// The one transaction of a lane's commit (protocol 2.2, 2.4, 3.2): a frame to every shuffle
// partition, late and dead records, the lane's progress last. Everything is buffered before it
// begins, so that it is open only for as long as the broker takes: an open transaction blocks every
// reader of the partition.
//
// A commit that does not end cleanly, or needed more than one EndTxn request, ends the task: the
// producer must be destroyed and initialised anew before anything else is written under its id.
// Thread: owned by one task thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "log/log.h"
#include "model/ids.h"
#include "task/dead_letter.h"
#include "task/task.h"

namespace tidemark {

// What one commit writes. `frames[d]` holds the parts of the frame to shuffle partition d.
struct BurstContent {
  std::vector<std::vector<std::string>> frames;
  std::vector<SideRecord> side_records;
  std::string progress;
};

class Burst {
 public:
  struct Targets {
    std::string shuffle;
    std::string late;
    std::string dead_letter;
    std::string progress;
    Partition progress_partition;
    std::uint32_t shuffle_partitions = 0;
  };
  // `producer` outlives the burst.
  Burst(Producer& producer, Targets targets);

  enum class State : std::uint8_t {
    kIdle,       // nothing under way: before the first commit and after each
    kBeginning,  // until kIdle or kEnded: call Continue in the next step, and nothing else on the
                 // producer
    kProducing,
    kCommitting,
    kEnded,  // the task ends as end() says
  };

  // Begins to write `content`. REQUIRES: state() is kIdle, and one frame for every shuffle
  // partition.
  State Send(BurstContent content, Duration timeout);
  // Goes on. REQUIRES: under way.
  State Continue(Duration timeout);

  State state() const { return state_; }
  bool under_way() const { return state_ != State::kIdle && state_ != State::kEnded; }
  // Of kEnded: kRewind or kHalted with the reason.
  const StepResult& end() const { return end_; }

 private:
  LogStatus Advance(Duration timeout);
  LogStatus ProduceRest();
  LogStatus ProduceFrame(std::size_t partition, const std::string& part);
  LogStatus ProduceSide(const SideRecord& record);
  LogStatus ProduceProgress();
  LogStatus Produce(const OutgoingRecord& record);
  void EndWith(const LogStatus& status);
  std::string Doing() const;

  Producer& producer_;
  Targets targets_;
  State state_ = State::kIdle;
  StepResult end_;
  BurstContent content_;
  // The next record to produce: part `part_` of the frame to `partition_`; then side record
  // `side_`.
  std::size_t partition_ = 0;
  std::size_t part_ = 0;
  std::size_t side_ = 0;
  std::vector<HeaderView> headers_;  // reused
  std::string_view last_topic_;      // of the record produced last, for messages
};

}  // namespace tidemark
