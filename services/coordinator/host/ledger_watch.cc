#include "host/ledger_watch.h"

#include <utility>

#include "base/log_line.h"
#include "base/text.h"
#include "control/collect_pages.h"

namespace tidemark {

namespace pb = admin::v1;

void LedgerWatch::Start() {
  thread_ = std::thread([this] { Run(); });
}

void LedgerWatch::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stopped_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::map<std::string, bool> LedgerWatch::balanced() const {
  const std::lock_guard lock(mutex_);
  return balanced_;
}

void LedgerWatch::Run() {
  std::unique_lock lock(mutex_);
  while (!stopped_.wait_for(lock, kInterval, [this] { return stop_; })) {
    lock.unlock();
    AuditAll();
    lock.lock();
  }
}

void LedgerWatch::AuditAll() {
  std::map<std::string, bool> known = balanced();
  std::map<std::string, bool> now;
  pb::ListPipelinesResponse all;  // empty where it does not lead, or ends
  auto listed = CollectPages(*reads_, pb::ListPipelinesRequest(), &AdminReads::List);
  if (listed.ok()) all = std::move(*listed);
  for (const pb::Pipeline& pipeline : all.pipelines()) {
    pb::AuditPipelineRequest audit;
    audit.set_name(pipeline.name());
    const auto audited = reads_->Audit(audit);
    if (audited.ok()) {
      Tell(pipeline.name(), *audited);
      now[pipeline.name()] = audited->balanced();
    } else if (const auto before = known.find(pipeline.name()); before != known.end()) {
      now.insert(*before);
    }
  }
  const std::lock_guard lock(mutex_);
  balanced_ = std::move(now);
}

void LedgerWatch::Tell(const std::string& pipeline, const pb::Audit& audit) {
  const auto known = balanced();
  const auto before = known.find(pipeline);
  const bool was = before == known.end() || before->second;
  if (was == audit.balanced()) return;
  if (audit.balanced()) return LogInfo(StrCat("the ledger of pipeline '", pipeline, "' balances"));
  LogFailure(StrCat("the ledger of pipeline '", pipeline,
                    "' does not balance: ", Join(audit.findings(), "; "),
                    ". Keep its internal topics and report this; results may lack these events"));
}

}  // namespace tidemark
