// Audits every pipeline again and again while this coordinator leads, so that an unbalanced ledger
// is an alarm and not something to be looked for. What does not balance is logged when it is new.
//
// Thread: one of its own, between Start() and Stop(); balanced() any.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "control/admin_reads.h"

namespace tidemark {

class LedgerWatch {
 public:
  // An audit reads the newest progress record of each task: some tens of milliseconds.
  static constexpr Duration kInterval{30'000};

  // `reads` outlives this.
  explicit LedgerWatch(AdminReads* reads) : reads_(reads) {}
  ~LedgerWatch() { Stop(); }

  void Start();
  // Waits for an audit under way, 20 s at most, if the log service is away. May be called twice.
  void Stop();

  // By pipeline, of its last audit that came to an end; none of pipelines that are gone.
  std::map<std::string, bool> balanced() const;

 private:
  void Run();
  void AuditAll();
  void Tell(const std::string& pipeline, const admin::v1::Audit& audit);

  AdminReads* reads_;
  std::thread thread_;
  mutable std::mutex mutex_;
  std::condition_variable stopped_;
  bool stop_ = false;
  std::map<std::string, bool> balanced_;
};

}  // namespace tidemark
