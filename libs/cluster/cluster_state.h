// The coordinator's truth: the fold of the metadata topic (protocol 11.8). Pure.
//
// Every decision is a list of records that are written in one transaction. It takes effect when it
// is read back and applied here, never before: what a coordinator says is always a function of a
// committed prefix of the log.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "session/session.h"

namespace tidemark {

// Who holds a task. The epoch grows with every assignment and stays when the task is nobody's.
struct TaskOwner {
  OwnerEpoch epoch;
  std::optional<WorkerIdentity> worker;
  friend bool operator==(const TaskOwner&, const TaskOwner&) = default;
};

struct MetadataRecord {
  std::string key;
  std::optional<std::string> value;  // nullopt: a tombstone
  friend bool operator==(const MetadataRecord&, const MetadataRecord&) = default;
};
using Decision = std::vector<MetadataRecord>;

// `holder` names the coordinator that claims it.
MetadataRecord EncodeTerm(Term term, std::string_view holder = "");
MetadataRecord EncodePipeline(const PipelineDefinition& pipeline);
MetadataRecord EncodeTask(const TaskAddress& task, const TaskOwner& owner);
MetadataRecord RemovePipeline(std::string_view name);
MetadataRecord RemoveTask(const TaskAddress& task);

struct ClusterState {
  Offset next;  // records below it are applied
  Term term;
  std::string term_holder;
  std::map<std::string, std::shared_ptr<const PipelineDefinition>> pipelines;  // immutable, by name
  std::map<TaskAddress, TaskOwner> tasks;

  // Applies one record. Malformed bytes, an unknown key or a newer version are errors that say so;
  // nothing changed.
  Status Apply(std::string_view key, std::optional<std::string_view> value);
  // The tasks of one worker incarnation and their pipelines.
  AssignmentSnapshot SnapshotFor(const WorkerIdentity& worker) const;
  // nullptr unless a pipeline of that name and incarnation is there.
  const PipelineDefinition* Find(std::string_view name, const Incarnation& incarnation) const;
};

}  // namespace tidemark
