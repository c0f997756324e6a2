#include "cluster/coordinator.h"

#include <algorithm>
#include <utility>

#include "base/log_line.h"
#include "base/text.h"
#include "cluster/decisions.h"

namespace tidemark {
namespace {

MetadataLogOptions LogOptions(const CoordinatorOptions& options, Random& random) {
  return {.cluster = options.cluster,
          .holder = StrCat(options.address, "#", random.Next()),
          .replication_factor = options.replication_factor,
          .transaction_timeout = options.transaction_timeout,
          .call_timeout = options.call_timeout};
}

bool IsSame(const PipelineDefinition& present, const ApplyRequest& request) {
  return present.text == request.text && present.descriptor_set == DescriptorSetOf(*request.plan);
}

Status CheckSize(const PipelineDefinition& pipeline) {
  const std::size_t size = EncodePipeline(pipeline).value->size();
  if (size <= Coordinator::kMostPipelineBytes) return {};
  return Status::FailedPrecondition(
      StrCat("pipeline '", pipeline.name, "' takes ", size, " bytes with its message type and ",
             "source partitions; at most ", Coordinator::kMostPipelineBytes,
             " are stored: shorten the file, or divide it into several pipelines"));
}

Status NotLeading() {
  return Status::Unavailable("this coordinator does not lead: ask the one that does, or try again");
}

}  // namespace

Coordinator::Coordinator(Log* log, CoordinatorOptions options, Random random)
    : options_(std::move(options)),
      random_(random),
      creation_admin_(log->NewAdmin()),
      retention_admin_(log->NewAdmin()),
      upkeep_admin_(log->NewAdmin()),
      log_(log, LogOptions(options_, random_)),
      sessions_(options_.session_timeout),
      retention_(retention_admin_.get(), options_.cluster, options_.retention_interval),
      upkeep_(upkeep_admin_.get(), options_.cluster) {}

Coordinator::~Coordinator() = default;

Coordinator::Phase Coordinator::phase() const {
  switch (log_.phase()) {
    case MetadataLog::Phase::kClaiming:
      return Phase::kClaiming;
    case MetadataLog::Phase::kLeading:
      return Phase::kLeading;
    case MetadataLog::Phase::kLost:
      return Phase::kSteppedDown;
  }
  return Phase::kSteppedDown;
}

void Coordinator::Step(MonotonicTime now) {
  log_.Step(now);
  if (log_.phase() != MetadataLog::Phase::kLeading) {
    if (std::exchange(leads_, false)) FailAllRequests();
    return;
  }
  if (!log_.idle()) return;
  if (!std::exchange(leads_, true)) BeginLeading(now);
  moves_.ReadBack(state());
  AnswerAwaited();
  TellAssignments();
  if (Decision decision = NextDecision(now); !decision.empty())
    return log_.Write(std::move(decision));
  retention_.Step(state(), now);
}

void Coordinator::BeginLeading(MonotonicTime now) {
  sessions_.Refresh(now);
  for (const auto& [task, owner] : state().tasks) {
    if (owner.worker) sessions_.Expect(*owner.worker, now);
  }
  upkeep_.BeginAudit(state());
  tasks_dirty_ = true;
  told_at_ = Offset();
}

Decision Coordinator::NextDecision(MonotonicTime now) {
  for (const auto& [id, session] : sessions_.living()) {
    Decision halts = DecideHalts(state(), {id, session.incarnation}, session.tasks);
    if (!halts.empty()) return tasks_dirty_ = true, halts;
  }
  if (Decision changed = NextOwnership(now); !changed.empty()) return changed;
  if (Decision change = NextChange(); !change.empty()) return change;
  if (Decision removals = NextRemoval(); !removals.empty()) return removals;
  if (Decision complaint = NextComplaint(now); !complaint.empty()) return complaint;
  return NextCreation(now);
}

Decision Coordinator::NextOwnership(MonotonicTime now) {
  tasks_dirty_ |= sessions_.Expire(now);
  if (!std::exchange(tasks_dirty_, false)) return {};
  LivingWorkers workers;
  std::set<TaskAddress> released;
  const bool somebody_serves = sessions_.SomebodyServes(now);
  for (const auto& [id, session] : sessions_.living()) {
    const bool cut_off = session.phase == Heartbeat::Phase::kCutOff;
    // As if it were gone. Where nobody is better off, tasks stay where they are.
    if (cut_off && somebody_serves) continue;
    workers[id] = {session.incarnation, cut_off || session.phase == Heartbeat::Phase::kServing};
    released.merge(Released({id, session.incarnation}, session.tasks, now));
  }
  OwnershipDecision decision = DecideOwnership(state(), workers, released, Departed());
  moves_.Decided(std::move(decision.moves));
  return std::move(decision.records);
}

std::set<TaskAddress> Coordinator::Released(const WorkerIdentity& worker,
                                            const std::vector<TaskReport>& reports,
                                            MonotonicTime now) const {
  std::set<TaskAddress> released = ReleasedTasks(state(), worker, reports);
  std::erase_if(released, [&](const TaskAddress& task) {
    return pauses_.Waits(task, state().tasks.at(task).epoch, now);
  });
  return released;
}

void Coordinator::NoteFailures(const Heartbeat& heartbeat, MonotonicTime now) {
  pauses_.Forget(state());
  for (const auto& failure : pauses_.Observe(state(), heartbeat.worker, heartbeat.tasks, now)) {
    LogWarning(StrCat(failure.task.ToString(), " has failed ", failure.failures,
                      failure.failures == 1 ? " time" : " times", " and is assigned anew in ",
                      failure.pause.count() / 1'000, " s: ", failure.reason));
  }
}

std::set<WorkerIdentity> Coordinator::Departed() const {
  std::set<WorkerIdentity> departed;
  for (const auto& [task, owner] : state().tasks) {
    if (owner.worker && sessions_.Retired(*owner.worker)) departed.insert(*owner.worker);
  }
  return departed;
}

Decision Coordinator::NextRemoval() {
  Decision removals = DecideRemovals(state());
  if (removals.empty()) return removals;
  for (const auto& [name, pipeline] : state().pipelines) {
    const bool removed =
        std::find(removals.begin(), removals.end(), RemovePipeline(name)) != removals.end();
    if (removed) upkeep_.Delete(*pipeline);
  }
  return removals;
}

Decision Coordinator::NextComplaint(MonotonicTime now) {
  const auto complaint = upkeep_.Step(state(), now);
  if (!complaint) return {};
  const PipelineDefinition* pipeline = state().Find(complaint->pipeline, complaint->incarnation);
  if (pipeline == nullptr || pipeline->state != PipelineState::kRunning) return {};
  PipelineDefinition halted = *pipeline;
  halted.state = PipelineState::kHalted;
  halted.reason = complaint->reason;
  tasks_dirty_ = true;
  return {EncodePipeline(halted)};
}

Decision Coordinator::NextChange() {
  while (!changes_.empty()) {
    const Change change = changes_.front();
    changes_.pop_front();
    const auto found = state().pipelines.find(change.name);
    if (found == state().pipelines.end()) {
      Answer(change.id, Status::NotFound(StrCat("there is no pipeline '", change.name, "'")));
      continue;
    }
    if (found->second->state == change.wanted) {
      Answer(change.id, *found->second);
      continue;
    }
    if (found->second->state == PipelineState::kDeleting) {
      Answer(change.id,
             Status::FailedPrecondition(StrCat("pipeline '", change.name, "' is being deleted")));
      continue;
    }
    PipelineDefinition changed = *found->second;
    changed.state = change.wanted;
    changed.reason.clear();
    awaited_[change.id] = change.name;
    tasks_dirty_ = true;
    return {EncodePipeline(changed)};
  }
  return {};
}

void Coordinator::BeginCreation() {
  while (!creating_ && !applies_.empty()) {
    auto [id, request] = std::move(applies_.front());
    applies_.pop_front();
    const std::string name = request.plan->name;
    if (const auto found = state().pipelines.find(name); found != state().pipelines.end()) {
      if (IsSame(*found->second, request)) {
        Answer(id, *found->second);
      } else {
        Answer(id, Status::FailedPrecondition(StrCat(
                       "pipeline '", name, "' exists with another text or message type; changing ",
                       "a pipeline is not supported yet: delete it and apply again")));
      }
      continue;
    }
    PipelineNames names{options_.cluster, name, Incarnation::FromBits(random_.Next())};
    const PipelineCreation::Options options{options_.call_timeout, options_.replication_factor};
    creating_ = Creating{id,
                         std::make_unique<PipelineCreation>(creation_admin_.get(), options,
                                                            std::move(request), std::move(names)),
                         name};
  }
}

Decision Coordinator::NextCreation(MonotonicTime now) {
  BeginCreation();
  if (!creating_) return {};
  auto outcome = creating_->creation->Step(now);
  if (!outcome) return {};
  const Creating done = std::move(*creating_);
  creating_.reset();
  if (const Status fits = outcome->ok() ? CheckSize(outcome->value()) : outcome->status();
      !fits.ok()) {
    Answer(done.id, fits);
    return {};
  }
  awaited_[done.id] = done.name;
  tasks_dirty_ = true;
  return DecideCreation(outcome->value());
}

void Coordinator::Handle(const Upward& message, MonotonicTime now) {
  if (!leads_) return;
  if (const auto* hello = std::get_if<Hello>(&message)) {
    return TellAbout(hello->worker, sessions_.Greet(*hello, now));
  }
  const auto& heartbeat = std::get<Heartbeat>(message);
  const WorkerSessions::Standing standing = sessions_.Observe(heartbeat, now);
  if (standing != WorkerSessions::Standing::kCurrent) return TellAbout(heartbeat.worker, standing);
  retention_.Observe(heartbeat.tasks, now);
  NoteFailures(heartbeat, now);
  tasks_dirty_ |= heartbeat.phase != Heartbeat::Phase::kServing ||
                  !Released(heartbeat.worker, heartbeat.tasks, now).empty();
  if (log_.idle()) Tell(heartbeat.worker, state().SnapshotFor(heartbeat.worker));
}

void Coordinator::TellAbout(const WorkerIdentity& worker, WorkerSessions::Standing standing) {
  switch (standing) {
    case WorkerSessions::Standing::kCurrent:
      Tell(worker, Welcome{state().term});
      return;
    case WorkerSessions::Standing::kUnknown:
      Tell(worker, WhoAreYou{state().term});
      return;
    case WorkerSessions::Standing::kReplaced:
      Tell(worker, Replaced{state().term});
      return;
  }
}

void Coordinator::TellAssignments() {
  if (told_at_ == state().next) return;
  told_at_ = state().next;
  for (const auto& [id, session] : sessions_.living()) {
    const WorkerIdentity worker{id, session.incarnation};
    Tell(worker, state().SnapshotFor(worker));
  }
}

void Coordinator::Tell(const WorkerIdentity& worker, DownwardContent content) {
  if (messages_.size() < kMostMessages) messages_.push_back({worker, std::move(content)});
}

std::vector<Downward> Coordinator::TakeMessages() { return std::exchange(messages_, {}); }

RequestId Coordinator::ApplyPipeline(ApplyRequest request) {
  const RequestId id = ++last_request_;
  if (!leads_) {
    Answer(id, NotLeading());
  } else if (applies_.size() >= kMostRequests) {
    Answer(id, Status::Unavailable("too many pipelines are being applied: try again"));
  } else {
    applies_.emplace_back(id, std::move(request));
  }
  return id;
}

RequestId Coordinator::SetPipelineState(std::string name, PipelineState wanted) {
  const RequestId id = ++last_request_;
  if (!leads_) {
    Answer(id, NotLeading());
  } else if (changes_.size() >= kMostRequests) {
    Answer(id, Status::Unavailable("too many pipelines are being changed: try again"));
  } else {
    changes_.push_back({id, std::move(name), wanted});
  }
  return id;
}

std::optional<Result<PipelineDefinition>> Coordinator::TakeResult(RequestId request) {
  const auto found = results_.find(request);
  if (found == results_.end()) return std::nullopt;
  Result<PipelineDefinition> result = std::move(found->second);
  results_.erase(found);
  return result;
}

void Coordinator::Answer(RequestId id, Result<PipelineDefinition> result) {
  if (results_.size() >= kMostRequests) results_.erase(results_.begin());
  results_.emplace(id, std::move(result));
}

void Coordinator::AnswerAwaited() {
  if (!awaited_.empty()) upkeep_.BeginAudit(state());
  for (const auto& [id, name] : std::exchange(awaited_, {})) {
    const auto found = state().pipelines.find(name);
    if (found == state().pipelines.end()) {
      Answer(id, Status::Unavailable("the decision was not written: try again"));
    } else {
      Answer(id, *found->second);
    }
  }
}

void Coordinator::FailAllRequests() {
  for (const auto& [id, request] : applies_) Answer(id, NotLeading());
  for (const Change& change : changes_) Answer(change.id, NotLeading());
  for (const auto& [id, name] : awaited_) Answer(id, NotLeading());
  if (creating_) Answer(creating_->id, NotLeading());
  applies_.clear();
  changes_.clear();
  awaited_.clear();
  creating_.reset();
}

std::vector<WorkerInfo> Coordinator::Workers() const {
  std::vector<WorkerInfo> workers;
  for (const auto& [id, session] : sessions_.living()) {
    workers.push_back({{id, session.incarnation}, session.address, session.phase, session.tasks});
  }
  return workers;
}

}  // namespace tidemark
