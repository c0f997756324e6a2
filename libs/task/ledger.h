// The ledger topic: what is complete, and where every event went (contract 4, protocol 8).
//
// Per query and shuffle partition: how far its windows are published. Per query and source
// partition: the counters that rode in the last frame applied; written only by the merge task s mod
// D of source ordinal s. A record is written again only when its content changed, or after a
// take-over. Thread: owned by one task thread.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "task/frame_ledger.h"
#include "task/merge_query.h"
#include "task/outbox.h"
#include "task/task.h"

namespace tidemark {

class LedgerWriter {
 public:
  // `context` and `queries` outlive it.
  LedgerWriter(const TaskContext& context, const MergeQueries& queries, ShufflePartition merge);

  // Announces what is complete when every trigger <= `through` has fired.
  void WriteQueries(Watermark through, const std::map<InstanceId, InstanceCounts>& counts,
                    Outbox& out);
  void WriteSources(const FrameLedger& frames, Outbox& out);

 private:
  void Write(std::string key, std::string value, const MergeQuery& query, Outbox& out);
  void WriteSource(const MergeQuery& query, const Section& section, Outbox& out);

  const TaskContext& context_;
  const MergeQueries& queries_;
  ShufflePartition merge_;
  std::string topic_;
  std::map<std::string, std::string> written_;
};

}  // namespace tidemark
