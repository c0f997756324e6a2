#include "control/admin_plan.h"

#include <algorithm>
#include <optional>

#include "base/hash.h"
#include "base/text.h"
#include "cluster/pipeline_creation.h"
#include "cluster/topic_requirements.h"
#include "control/log_patience.h"
#include "query/explain.h"
#include "task/cell_layout.h"
#include "task/pace.h"
#include "task/source_task.h"

namespace tidemark {
namespace {

namespace pb = admin::v1;

constexpr Duration kDeadline{10'000};
constexpr std::string_view kNotYetKnown = "<incarnation>";

// Asks the log service for what the plan meets there.
class TopicLook {
 public:
  explicit TopicLook(const PlanSurroundings& surroundings)
      : admin_(surroundings.log->NewAdmin()),
        clock_(*surroundings.clock),
        deadline_(clock_.Now() + kDeadline) {}

  LogResult<TopicDescription> Describe(const std::string& topic) {
    return Insist<TopicDescription>(clock_, deadline_,
                                    [&] { return admin_->DescribeTopic(topic, kLogCall); });
  }
  Result<bool> HoldsRecords(const std::string& topic, std::int32_t partitions) {
    for (std::int32_t p = 0; p < partitions; ++p) {
      const auto ends = Insist<PartitionEnds>(clock_, deadline_, [&] {
        return admin_->Ends({topic, Partition(p)}, kLogCall);
      });
      TM_RETURN_IF_ERROR(StatusOf(ends, StrCat("reading ", topic)));
      if (ends.value->high_watermark > ends.value->log_start) return true;
    }
    return false;
  }

 private:
  std::unique_ptr<Admin> admin_;
  const Clock& clock_;
  MonotonicTime deadline_;
};

std::string ShownName(const std::string& topic, const Incarnation& placeholder) {
  const std::size_t at = topic.find(placeholder.text());
  if (at == topic.npos) return topic;
  return StrCat(topic.substr(0, at), kNotYetKnown, topic.substr(at + Incarnation::kSize));
}

Status FillTopic(TopicLook& look, const TopicRequirement& wanted, pb::PlannedTopic& out) {
  const Incarnation placeholder;
  out.set_topic(ShownName(wanted.spec.name, placeholder));
  out.set_partitions(wanted.spec.partitions);
  for (const auto& [config, value] : wanted.spec.configs) (*out.mutable_configs())[config] = value;
  if (wanted.role == TopicRequirement::Role::kInternal) return {};
  const auto found = look.Describe(wanted.spec.name);
  if (found.error == LogError::kUnknownTopic) {
    if (!wanted.may_create) {
      out.set_problem(
          StrCat("topic '", wanted.spec.name, "' does not exist and topics.create is false"));
    }
    return {};
  }
  TM_RETURN_IF_ERROR(StatusOf(found, StrCat("describing ", wanted.spec.name)));
  out.set_exists(true);
  out.set_partitions(found.value->partitions);
  if (const Status judged = JudgeTopic(wanted, *found.value); !judged.ok()) {
    out.set_problem(judged.message());
    return {};
  }
  if (wanted.role != TopicRequirement::Role::kSink) return {};
  TM_ASSIGN_OR_RETURN(const bool used,
                      look.HoldsRecords(wanted.spec.name, found.value->partitions));
  if (used) {
    out.set_problem(StrCat("result topic '", wanted.spec.name,
                           "' holds records already: name another topic, or apply with "
                           "--reuse-topics"));
  }
  return {};
}

void FillQueryCost(const QueryPlan& query, pb::QueryCost& out) {
  const WindowMath math(query.window, query.allowed_lateness);
  out.set_query(query.name);
  out.set_slices_per_window(static_cast<std::uint32_t>(math.size / math.width));
  out.set_bytes_per_cell(CellLayout(query).size());
  // A key that is always there holds the slices of one window, those of the late time, and one
  // that fills.
  out.set_open_cells_per_key(
      static_cast<std::uint32_t>((math.size + math.lateness) / math.width + 1));
}

// Source partitions; a topic that is missing is a reason to refuse, put into `refusal`.
Result<std::uint32_t> CountSources(TopicLook& look, const PipelinePlan& plan,
                                   std::string& refusal) {
  std::uint32_t partitions = 0;
  for (const std::string& topic : plan.topics) {
    const auto found = look.Describe(topic);
    if (found.error == LogError::kUnknownTopic) {
      if (refusal.empty()) refusal = MissingSource(topic);
      continue;
    }
    TM_RETURN_IF_ERROR(StatusOf(found, StrCat("describing ", topic)));
    partitions += static_cast<std::uint32_t>(found.value->partitions);
  }
  return partitions;
}

// With the defaults of worker.commit_interval and worker.frame_budget: who will run it is not
// known.
void FillFrames(std::uint64_t lanes, std::uint64_t merges, pb::PlanPipelineResponse& out) {
  const SourceTaskOptions usual;
  const Duration interval =
      WithinFrameBudget(usual.commit_interval, lanes, merges, usual.frame_budget);
  pb::Cost& cost = *out.mutable_cost();
  cost.set_frames_per_second(double(lanes * merges) * 1'000 / double(interval.count()));
  cost.set_frame_budget(usual.frame_budget);
  cost.set_commit_interval_ms(static_cast<std::uint32_t>(interval.count()));
  if (interval == usual.commit_interval) return;
  out.add_warnings(StrCat(
      "lanes * shuffle partitions every ", usual.commit_interval.count(),
      " ms are more frames than one broker's budget of ", usual.frame_budget,
      " a second, so lanes will commit only every ", interval.count(),
      " ms: lower shuffle.lanes or shuffle.partitions, or raise worker.frame_budget if the brokers "
      "can take more"));
}

void FillCost(const PipelinePlan& plan, std::uint32_t partitions, pb::PlanPipelineResponse& out) {
  pb::Cost& cost = *out.mutable_cost();
  const std::uint32_t wanted = plan.lanes == 0 ? PipelineCreation::kMostLanes : plan.lanes;
  const std::uint32_t lanes = std::min(partitions, wanted);
  cost.set_source_partitions(partitions);
  cost.set_lanes(lanes);
  cost.set_shuffle_partitions(plan.shuffle_partitions);
  FillFrames(lanes, plan.shuffle_partitions, out);
  for (const QueryPlan& query : plan.queries) FillQueryCost(query, *cost.add_queries());
}

void SetVerdicts(const PipelinePlan& plan, const PipelineDefinition* present,
                 const std::string& text, pb::PlanPipelineResponse& out) {
  pb::Verdict verdict = pb::VERDICT_ADD;
  std::string reason = "the pipeline is new";
  const bool same = present != nullptr && present->text == text &&
                    present->descriptor_set == DescriptorSetOf(plan);
  if (same) {
    verdict = pb::VERDICT_UNCHANGED;
    reason = "a pipeline of this name exists with the same text";
  } else if (present != nullptr) {
    verdict = pb::VERDICT_REFUSED;
    reason =
        "a pipeline of this name exists with another text or message type, and changing one is not "
        "supported yet: delete it and apply again, or give this one another name";
  }
  out.set_verdict(verdict);
  out.set_reason(reason);
  for (const QueryPlan& query : plan.queries) {
    pb::QueryVerdict& each = *out.add_queries();
    each.set_query(query.name);
    each.set_verdict(verdict);
    each.set_reason(reason);
  }
}

}  // namespace

std::string PlanIdOf(const ClusterView& view, const PipelinePlan& plan, const std::string& text) {
  const auto present = view.state.pipelines.find(plan.name);
  const std::string etag = present == view.state.pipelines.end() ? "" : EtagOf(*present->second);
  return StrCat("plan-", Hash64(StrCat(etag, "|", text, "|", DescriptorSetOf(plan))));
}

Result<pb::PlanPipelineResponse> DescribePlan(const PlanSurroundings& surroundings,
                                              const PipelinePlan& plan, const std::string& text) {
  const ClusterView& view = *surroundings.view;
  pb::PlanPipelineResponse out;
  out.set_pipeline(plan.name);
  out.set_plan_id(PlanIdOf(view, plan, text));
  out.set_explanation(ExplainPlan(plan));
  for (const std::string& warning : plan.warnings) out.add_warnings(warning);
  const auto found = view.state.pipelines.find(plan.name);
  const bool there = found != view.state.pipelines.end();
  SetVerdicts(plan, there ? found->second.get() : nullptr, text, out);
  TopicLook look(surroundings);
  std::string missing;
  TM_ASSIGN_OR_RETURN(const std::uint32_t partitions, CountSources(look, plan, missing));
  FillCost(plan, partitions, out);
  if (out.verdict() != pb::VERDICT_ADD) return out;
  const PipelineNames names{view.cluster, plan.name, Incarnation()};
  for (const TopicRequirement& wanted : RequiredTopics(plan, names, out.cost().lanes())) {
    pb::PlannedTopic& topic = *out.add_topics();
    TM_RETURN_IF_ERROR(FillTopic(look, wanted, topic));
    if (!topic.problem().empty() && missing.empty()) {
      missing = topic.problem();
    }
  }
  if (missing.empty()) return out;
  out.set_verdict(pb::VERDICT_REFUSED);
  out.set_reason(missing);
  for (pb::QueryVerdict& query : *out.mutable_queries()) {
    query.set_verdict(pb::VERDICT_REFUSED);
    query.set_reason(missing);
  }
  return out;
}

}  // namespace tidemark
