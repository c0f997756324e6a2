// Where every record and event of a pipeline's input went: read from the committed progress of its
// tasks, which carries the counters of the ledger, and added up.
#pragma once

#include <map>

#include "control/admin_answers.h"
#include "log/log.h"
#include "shuffle/progress.h"

namespace tidemark {

struct CommittedProgress {
  std::map<Lane, LaneProgress> lanes;
  std::map<ShufflePartition, MergeProgress> merges;
};

// Reads merges first, then lanes: lanes then are never behind what merges have received.
// UNAVAILABLE when the log service does not answer in time.
Result<CommittedProgress> ReadProgress(Log* log, const Clock& clock, const PipelineNames& names,
                                       const PipelineDefinition& pipeline);

// Pure. Balanced: per partition records = decoded + dead-lettered + tombstones, and
// per query events = aggregated + filtered + late; per query and merge received = settled + open;
// and no query has more events received than aggregated, and exactly as many where every merge has
// applied every lane's last frame.
admin::v1::Audit Judge(const PipelineDefinition& pipeline, const PipelinePlan& plan,
                       const CommittedProgress& progress);

}  // namespace tidemark
