// The coordinator's hold on the metadata topic: claims a term, reads the log to its end, writes
// decisions.
//
// Phases: kClaiming (topic created if missing, producer with the fixed id initialised, log read to
// its high watermark, term + 1 committed and read back) -> kLeading -> kLost (another coordinator
// has claimed since; nothing is left but to destroy this). Trouble that is not that (a commit in
// doubt, a broker away) leads back to kClaiming by itself, with a new term; what was in flight then
// took effect, or did not: state() says which.
//
// Never acts in the dark: the claim is made only if no newer term than the last one known is in the
// log. A producer that was fenced looks whose doing it was: without a newer term of another's it
// was its own transaction timeout (the process stood still), and it claims again. Thread: one;
// every call returns after at most a few call timeouts.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/backoff.h"
#include "base/clock.h"
#include "cluster/cluster_state.h"
#include "log/log.h"

namespace tidemark {

struct MetadataLogOptions {
  std::string cluster;
  std::string holder;  // a random name of this coordinator
  std::int16_t replication_factor = 1;
  Duration transaction_timeout{10'000};
  Duration call_timeout{50};
};

class MetadataLog {
 public:
  enum class Phase : std::uint8_t { kClaiming, kLeading, kLost };

  // `log` outlives this.
  MetadataLog(Log* log, MetadataLogOptions options);
  ~MetadataLog();

  void Step(MonotonicTime now);
  Phase phase() const { return phase_; }
  // Why it is kLost, or what it waits for.
  const std::string& reason() const { return reason_; }

  // True when leading with nothing in flight: state() then holds every decision.
  bool idle() const { return phase_ == Phase::kLeading && step_ == ClaimStep::kIdle; }
  const ClusterState& state() const { return state_; }
  // Begins to write the decision in one transaction. REQUIRES: idle(), not empty.
  void Write(Decision decision);

 private:
  enum class ClaimStep : std::uint8_t {
    kTopic,
    kLook,
    kInitialise,
    kRead,
    kBegin,
    kCommit,
    kReadBack,
    kIdle
  };

  void StepOnce(MonotonicTime now);
  // Looks now and then whether another has claimed, while there is nothing to write.
  void Listen(MonotonicTime now);
  void FindTopic(MonotonicTime now);
  void Initialise(MonotonicTime now);
  // Reads on; true once everything below the high watermark is applied (in a look: below the last
  // stable offset).
  bool ReadToEnd(MonotonicTime now);
  bool ReadBatch(MonotonicTime now);
  bool Apply(const FetchedBatch& batch);
  void AfterLook();
  void AfterRead();
  void Begin(MonotonicTime now);
  void Commit(MonotonicTime now);
  void AfterReadBack();
  // Sorts a failed call: pending and retriable ones are repeated, fenced is the end, all else
  // starts the claim again.
  void Failed(MonotonicTime now, LogError error, const std::string& message);
  // True if another coordinator has claimed since.
  bool ClaimedByAnother() const;
  void ClaimAgain(MonotonicTime now, const std::string& why);
  void Lose(const std::string& why);

  Log* log_;
  MetadataLogOptions options_;
  TopicPartition partition_;
  std::unique_ptr<Admin> admin_;
  std::unique_ptr<Consumer> consumer_;
  std::unique_ptr<Producer> producer_;
  ClusterState state_;
  Decision decision_;  // being written
  std::optional<Offset> read_until_;
  MonotonicTime next_listen_;
  std::optional<Term>
      known_term_;     // the newest that was there when this last claimed; unset before
  Term claimed_term_;  // of the claim being written
  Phase phase_ = Phase::kClaiming;
  ClaimStep step_ = ClaimStep::kTopic;
  Backoff backoff_{Duration(50), Duration(2'000)};
  Backoff claims_{Duration(50), Duration(5'000)};  // until one succeeds
  std::string reason_;
};

}  // namespace tidemark
