// Reads who leads from the metadata topic, without claiming anything: for a coordinator that waits.
//
// Thread: one. Each step makes at most a few calls; trouble starts the reading anew.
#pragma once

#include <memory>
#include <string>

#include "base/backoff.h"
#include "cluster/cluster_state.h"
#include "log/log.h"

namespace tidemark {

// Where the coordinator that claimed the term is reached; "" if it did not say.
std::string LeaderAddress(const ClusterState& state);

class TermWatch {
 public:
  // `log` outlives this.
  TermWatch(Log* log, std::string_view cluster, Duration call_timeout);
  ~TermWatch();

  void Step(MonotonicTime now);
  // True once everything committed was read, or there is no metadata topic.
  bool caught_up() const { return caught_up_; }
  // As read so far.
  const ClusterState& state() const { return state_; }
  // Why it does not get on; empty: it does.
  const std::string& trouble() const { return trouble_; }

 private:
  LogStatus Locate();
  LogStatus Read();

  Log* log_;
  TopicPartition partition_;
  Duration call_timeout_;
  std::unique_ptr<Admin> admin_;
  std::unique_ptr<Consumer> consumer_;
  ClusterState state_;
  bool caught_up_ = false;
  std::string trouble_;
  Backoff backoff_{Duration(50), Duration(2'000)};
};

}  // namespace tidemark
