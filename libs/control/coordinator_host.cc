#include "control/coordinator_host.h"

#include <utility>

#include "base/log_line.h"
#include "base/text.h"

namespace tidemark {
namespace {

constexpr Duration kPauseIdle{20};
constexpr Duration kPauseBusy{2};
constexpr Duration kProbeInterval{1'000};
constexpr Duration kLookDeadline{10'000};

Status Refusal(const SessionHub::Standing& standing) {
  return Status::Unavailable(
      StrCat("this coordinator does not lead: ", standing.reason,
             standing.leader.empty() ? "" : StrCat("; ask ", standing.leader)));
}

}  // namespace

CoordinatorHost::CoordinatorHost(Ports ports, CoordinatorHostOptions options, Random random)
    : ports_(ports), options_(std::move(options)), random_(random) {
  options_.coordinator.address = options_.address;
}

CoordinatorHost::~CoordinatorHost() { Stop(); }

void CoordinatorHost::Start() {
  thread_ = std::thread([this] { Run(); });
}

void CoordinatorHost::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  ports_.hub->Wake();
  if (thread_.joinable()) thread_.join();
}

void CoordinatorHost::Run() {
  if (options_.begin == CoordinatorHostOptions::Begin::kClaim) {
    Lead();
  } else {
    Await("it is a spare");
  }
  while (true) {
    const MonotonicTime now = ports_.clock->Now();
    if (coordinator_) {
      StepLeading(now);
    } else {
      StepWaiting(now);
    }
    ports_.hub->SetStanding(StandingNow());
    StepChanges();
    TellNews();
    Publish();
    bool busy = false;
    {
      const std::lock_guard lock(mutex_);
      if (stop_) break;
      busy = !pending_.empty();
    }
    ports_.hub->Wait(busy ? kPauseBusy : kPauseIdle);
  }
  FailChanges(Status::Unavailable("this coordinator ends: ask another one, or try again"));
  coordinator_.reset();
  watch_.reset();
}

void CoordinatorHost::Lead() {
  watch_.reset();
  coordinator_ = std::make_unique<Coordinator>(ports_.log, options_.coordinator, random_.Fork());
}

void CoordinatorHost::Await(const std::string& why) {
  coordinator_.reset();
  waits_because_ = why;
  leader_seen_.reset();
  watch_ = std::make_unique<TermWatch>(ports_.log, options_.coordinator.cluster,
                                       options_.coordinator.call_timeout);
  LogInfo(StrCat("coordinator waits: ", why, "; it leads once nobody else does"));
}

void CoordinatorHost::StepLeading(MonotonicTime now) {
  for (const Upward& message : ports_.hub->Take()) coordinator_->Handle(message, now);
  coordinator_->Step(now);
  ports_.hub->Send(coordinator_->TakeMessages());
  if (coordinator_->phase() == Coordinator::Phase::kSteppedDown) {
    return Await(StrCat("another coordinator leads (", coordinator_->reason(), ")"));
  }
  const std::string trouble =
      coordinator_->phase() == Coordinator::Phase::kClaiming ? coordinator_->reason() : "";
  if (trouble == trouble_) return;
  trouble_ = trouble;
  if (!trouble_.empty()) {
    LogWarning(StrCat("coordinator cannot claim its term yet: ", trouble_,
                      ". It goes on trying; workers go on with the tasks they have"));
  }
}

void CoordinatorHost::StepWaiting(MonotonicTime now) {
  watch_->Step(now);
  if (!watch_->caught_up()) {
    leader_seen_.reset();
    return;
  }
  if (watch_->state().term == Term()) return Lead();
  if (!leader_seen_) leader_seen_ = now;
  if (now < next_probe_) return;
  next_probe_ = now + kProbeInterval;
  const std::string leader = LeaderAddress(watch_->state());
  if (!leader.empty() && leader != options_.address && options_.leads_at(leader)) {
    leader_seen_ = ports_.clock->Now();
  } else if (now - *leader_seen_ > kLeaderSilence) {
    LogWarning(StrCat("coordinator ", leader, " has not answered for ",
                      FormatDuration(kLeaderSilence), ": this one claims the term"));
    Lead();
  }
}

SessionHub::Standing CoordinatorHost::StandingNow() const {
  if (!coordinator_) {
    const std::string leader = LeaderAddress(watch_->state());
    return {.leader = leader == options_.address ? "" : leader, .reason = waits_because_};
  }
  if (coordinator_->phase() == Coordinator::Phase::kLeading) return {.leading = true};
  return {.reason = coordinator_->reason().empty()
                        ? "it is about to claim its term, try again"
                        : StrCat("it claims its term and waits for the log service (",
                                 coordinator_->reason(), ")")};
}

Status CoordinatorHost::Check(const PipelineChange& change) const {
  if (!coordinator_ || coordinator_->phase() != Coordinator::Phase::kLeading) {
    return Refusal(StandingNow());
  }
  const auto found = coordinator_->state().pipelines.find(change.name);
  const bool there = found != coordinator_->state().pipelines.end();
  if (change.etag.empty() || (there && EtagOf(*found->second) == change.etag)) return {};
  return {StatusCode::kAborted,
          StrCat("pipeline '", change.name, "' ",
                 there ? "has changed since you read it (its etag is another)" : "is gone",
                 ": look at it again, then decide"),
          Blame::kUser};
}

void CoordinatorHost::StepChanges() {
  std::shared_ptr<Pending> first;
  {
    const std::lock_guard lock(mutex_);
    if (pending_.empty()) return;
    first = pending_.front();
  }
  std::optional<Result<PipelineDefinition>> result;
  if (!first->request) {
    if (const Status refused = Check(first->change); !refused.ok()) {
      result = refused;
    } else if (first->change.apply) {
      first->request = coordinator_->ApplyPipeline(*first->change.apply);
    } else {
      first->request = coordinator_->SetPipelineState(first->change.name, first->change.wanted);
    }
  } else if (!coordinator_) {
    result = Refusal(StandingNow());
  } else {
    result = coordinator_->TakeResult(*first->request);
  }
  if (!result) return;
  const std::lock_guard lock(mutex_);
  first->result = std::move(result);
  pending_.pop_front();
  changed_.notify_all();
}

void CoordinatorHost::FailChanges(const Status& status) {
  const std::lock_guard lock(mutex_);
  for (const auto& pending : pending_) pending->result = status;
  pending_.clear();
  changed_.notify_all();
}

Result<PipelineDefinition> CoordinatorHost::Change(PipelineChange change, Duration deadline) {
  auto pending = std::make_shared<Pending>();
  pending->change = std::move(change);
  std::unique_lock lock(mutex_);
  if (stop_) return Status::Unavailable("this coordinator ends: ask another one, or try again");
  if (pending_.size() >= kMostChanges) {
    return Status(StatusCode::kResourceExhausted, "too many changes are waiting: try again",
                  Blame::kExternal, Retry::kBackoff);
  }
  pending_.push_back(pending);
  lock.unlock();
  ports_.hub->Wake();
  lock.lock();
  if (!changed_.wait_for(lock, deadline, [&] { return pending->result.has_value(); })) {
    return Status(StatusCode::kDeadlineExceeded,
                  "the change is not recorded yet; it may be later. Ask again: it is idempotent",
                  Blame::kExternal, Retry::kBackoff);
  }
  return *pending->result;
}

ClusterView CoordinatorHost::View() const {
  ClusterView view{.cluster = options_.coordinator.cluster, .standing = StandingNow()};
  view.waits = watch_ && watch_->caught_up();
  if (!view.standing.leading) return view;
  view.moves = coordinator_->moves();
  view.state = coordinator_->state();
  view.workers = coordinator_->Workers();
  return view;
}

void CoordinatorHost::Publish() {
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(view_wanted_, false)) return;
  }
  auto view = std::make_shared<const ClusterView>(View());
  const std::lock_guard lock(mutex_);
  view_ = std::move(view);
  ++views_;
  changed_.notify_all();
}

std::shared_ptr<const ClusterView> CoordinatorHost::See(Duration patience) {
  std::unique_lock lock(mutex_);
  // One that is being taken now may have begun before this call.
  const std::uint64_t enough = views_ + (view_wanted_ ? 1 : 2);
  const auto fresh = [&] {
    if (views_ < enough) view_wanted_ = true;
    return stop_ || views_ >= enough;
  };
  view_wanted_ = true;
  lock.unlock();
  ports_.hub->Wake();
  lock.lock();
  return changed_.wait_for(lock, patience, fresh) && !stop_ ? view_ : nullptr;
}

Result<std::shared_ptr<const ClusterView>> CoordinatorHost::Look() {
  const auto view = See(kLookDeadline);
  if (!view) return Status::Unavailable("the coordinator does not answer now: try again");
  if (!view->standing.leading) return Refusal(view->standing);
  return view;
}

void CoordinatorHost::TellNews() {
  const bool quiet = coordinator_ && told_.standing.leading &&
                     coordinator_->state().next == told_.state.next &&
                     coordinator_->Workers().size() == told_.workers.size();
  if (quiet) return;
  ClusterView now = View();
  for (const std::string& line : News(told_, now)) LogInfo(line);
  told_ = std::move(now);
}

}  // namespace tidemark
