#include "control/admin_audit.h"

#include <algorithm>

#include "base/text.h"
#include "control/log_patience.h"
#include "worker/progress_tail.h"
#include "worker/task_progress.h"

namespace tidemark {
namespace {

namespace pb = admin::v1;

constexpr Duration kDeadline{20'000};

// Decoded; nullopt: the task has committed nothing yet.
Result<std::optional<TaskProgress>> ReadTask(const PipelineDefinition& pipeline, TaskId task,
                                             ProgressTail& tail, const Clock& clock,
                                             MonotonicTime deadline) {
  const auto read = [&] { return tail.ReadToLastStable(); };
  while (true) {
    const auto done = Insist<bool>(clock, deadline, read);
    TM_RETURN_IF_ERROR(StatusOf(done, StrCat("reading the progress of ", task.ToString())));
    if (*done.value) break;
    if (clock.Now() >= deadline) {
      return Status::Unavailable(
          StrCat("reading the progress of ", task.ToString(), " takes too long: try again"));
    }
  }
  if (!tail.newest()) return std::optional<TaskProgress>();
  TM_ASSIGN_OR_RETURN(TaskProgress progress, DecodeTaskProgress(pipeline, task, *tail.newest()));
  return std::optional(std::move(progress));
}

// Adds up one pipeline's progress and notes what does not fit.
class Sums {
 public:
  Sums(const PipelineDefinition& pipeline, const PipelinePlan& plan, pb::Audit& out)
      : pipeline_(pipeline), plan_(plan), out_(out) {}

  void AddSource(const SourceProgress& source) {
    const TopicPartition& where = pipeline_.sources[source.source.value()];
    const SourceCounters& all = source.counters;
    pb::AuditedPartition& to = *out_.add_partitions();
    to.set_topic(where.topic);
    to.set_partition(where.partition.value());
    to.set_offset(source.position.value());
    to.set_records(all.records);
    to.set_events(all.events);
    to.set_dead_letter(all.dead_letter);
    to.set_partly_dead(all.partly_dead);
    to.set_tombstones(all.tombstones);
    to.set_lost(all.lost);
    const std::string name = where.ToString();
    const std::uint64_t known = all.decoded + all.dead_letter + all.tombstones;
    if (all.records != known) {
      Find(StrCat(name, ": ", all.records, " records, of which ", known, " are accounted for"));
    }
    for (const QueryPlan& query : plan_.queries) AddQuery(query, name, all, to);
  }

  void AddResults(const QueryPlan& query, const CommittedProgress& progress, bool level) {
    pb::AuditedResults& to = *out_.add_results();
    to.set_query(query.name);
    to.set_aggregated(aggregated_[query.instance]);
    for (const auto& [merge, of] : progress.merges) {
      const auto counts = of.commit_point.counts.find(query.instance);
      if (counts == of.commit_point.counts.end()) continue;
      if (counts->second.settled > counts->second.received) {
        Find(StrCat("merge-", merge, ", query ", query.name, ": ", counts->second.settled,
                    " events settled, but only ", counts->second.received, " received"));
      }
      to.set_received(to.received() + counts->second.received);
      to.set_settled(to.settled() + counts->second.settled);
      to.set_rows(to.rows() + counts->second.rows);
    }
    to.set_open(to.received() - std::min(to.received(), to.settled()));
    to.set_in_flight(to.aggregated() - std::min(to.aggregated(), to.received()));
    const bool wrong =
        to.received() > to.aggregated() || (level && to.received() != to.aggregated());
    if (wrong) {
      Find(StrCat("query ", query.name, ": ", to.aggregated(), " events went to merges, ",
                  to.received(), " arrived"));
    }
  }

 private:
  void AddQuery(const QueryPlan& query, const std::string& name, const SourceCounters& all,
                pb::AuditedPartition& partition) {
    pb::AuditedQuery& to = *partition.add_queries();
    to.set_query(query.name);
    const auto own =
        std::find_if(all.queries.begin(), all.queries.end(),
                     [&](const QueryCounters& c) { return c.instance == query.instance; });
    if (own != all.queries.end()) {
      to.set_aggregated(own->aggregated);
      to.set_filtered(own->filtered);
      to.set_late(own->late);
      to.set_partly_late(own->partly_late);
      to.set_late_while_open(own->late_while_open);
    }
    aggregated_[query.instance] += to.aggregated();
    const std::uint64_t known = to.aggregated() + to.filtered() + to.late();
    if (known != all.events) {
      Find(StrCat(name, ", query ", query.name, ": ", all.events, " events, of which ", known,
                  " are accounted for"));
    }
  }
  void Find(std::string finding) { out_.add_findings(std::move(finding)); }

  const PipelineDefinition& pipeline_;
  const PipelinePlan& plan_;
  pb::Audit& out_;
  std::map<InstanceId, std::uint64_t> aggregated_;
};

// True if every merge has applied the last frame of every source.
bool Level(const CommittedProgress& progress, std::uint32_t merges) {
  if (progress.merges.size() != merges) return false;
  for (const auto& [lane, of] : progress.lanes) {
    const LaneSequence last = of.sequence;
    for (const SourceProgress& source : of.sources) {
      for (const auto& [merge, at] : progress.merges) {
        const auto& applied = at.commit_point.sources;
        const bool there =
            std::any_of(applied.begin(), applied.end(), [&source, last](const SavepointSource& s) {
              return s.source == source.source && s.sequence == last;
            });
        if (!there) return false;
      }
    }
  }
  return true;
}

}  // namespace

Result<CommittedProgress> ReadProgress(Log* log, const Clock& clock, const PipelineNames& names,
                                       const PipelineDefinition& pipeline) {
  const MonotonicTime deadline = clock.Now() + kDeadline;
  SharedEnds ends(log->NewAdmin(), kLogCall);
  const auto consumer = log->NewConsumer(Isolation::kReadCommitted);
  std::vector<TaskId> tasks = pipeline.Tasks();
  std::reverse(tasks.begin(), tasks.end());
  CommittedProgress out;
  for (const TaskId task : tasks) {
    ProgressTail tail(
        {names.ProgressTopic(), PipelineNames::ProgressPartition(task, pipeline.lanes)},
        consumer.get(), &ends);
    TM_ASSIGN_OR_RETURN(auto progress, ReadTask(pipeline, task, tail, clock, deadline));
    if (!progress) continue;
    if (auto* lane = std::get_if<LaneProgress>(&*progress)) {
      out.lanes[Lane(task.index)] = std::move(*lane);
    } else {
      out.merges[ShufflePartition(task.index)] = std::move(std::get<MergeProgress>(*progress));
    }
  }
  return out;
}

pb::Audit Judge(const PipelineDefinition& pipeline, const PipelinePlan& plan,
                const CommittedProgress& progress) {
  pb::Audit out;
  Sums sums(pipeline, plan, out);
  std::map<SourceOrdinal, const SourceProgress*> sources;
  for (const auto& [lane, of] : progress.lanes) {
    for (const SourceProgress& source : of.sources) {
      if (source.source.value() < pipeline.sources.size()) sources[source.source] = &source;
    }
  }
  for (const auto& [ordinal, source] : sources) sums.AddSource(*source);
  const bool level = Level(progress, pipeline.merges);
  for (const QueryPlan& query : plan.queries) sums.AddResults(query, progress, level);
  out.set_balanced(out.findings().empty());
  return out;
}

}  // namespace tidemark
