// tidemark-worker that ends by kill -9, or stops, at a chosen point of a chosen commit.
//
// CRASH_AT=POINT,TASK,N[,stop]: at the Nth transaction of producers whose transactional id
// contains TASK. Points: begun (nothing is produced yet), before-commit (all is produced),
// in-commit (the request is under way: in doubt), after-commit (committed, but the process has not
// heard it).
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/text.h"
#include "host/kafka_of.h"
#include "host/worker_process.h"

namespace tidemark {
namespace {

class CrashPoint {
 public:
  explicit CrashPoint(const std::string& text) {
    std::string fields[4];
    std::size_t at = 0;
    for (std::string& field : fields) {
      const std::size_t comma = std::min(text.find(',', at), text.size());
      field = text.substr(std::min(at, text.size()), comma - std::min(at, text.size()));
      at = comma + 1;
    }
    point_ = fields[0];
    task_ = fields[1];
    left_ = std::atoi(fields[2].c_str());
    signal_ = fields[3] == "stop" ? SIGSTOP : SIGKILL;
    TM_CHECK(left_ > 0, "CRASH_AT is POINT,TASK,N[,stop]");
  }

  bool Concerns(const std::string& transactional_id) const {
    return transactional_id.find(task_) != std::string::npos;
  }
  bool IsAt(std::string_view point) const { return point == point_; }
  // True in the one transaction that does not end well.
  bool Count() { return left_.fetch_sub(1) == 1; }

  void Strike(const std::string& transactional_id) const {
    const std::string line = StrCat("crash at ", point_, " of ", transactional_id, "\n");
    const auto written = write(STDOUT_FILENO, line.data(), line.size());
    TM_CHECK(written == static_cast<ssize_t>(line.size()), "standard output takes a line");
    std::raise(signal_);
  }

 private:
  std::string point_;
  std::string task_;
  std::atomic<int> left_;
  int signal_;
};

class CrashingProducer final : public Producer {
 public:
  CrashingProducer(std::unique_ptr<Producer> inner, CrashPoint& crash, std::string id)
      : inner_(std::move(inner)), crash_(crash), id_(std::move(id)) {}

  LogStatus InitTransactions(Duration timeout) override {
    return inner_->InitTransactions(timeout);
  }
  LogStatus Begin() override {
    LogStatus begun = inner_->Begin();
    if (begun.ok()) strikes_ = crash_.Concerns(id_) && crash_.Count();
    StrikeAt("begun");
    return begun;
  }
  LogStatus Produce(const OutgoingRecord& record) override { return inner_->Produce(record); }
  LogStatus Commit(Duration timeout) override {
    StrikeAt("before-commit");
    const bool in_doubt = strikes_ && crash_.IsAt("in-commit");
    LogStatus committed = inner_->Commit(in_doubt ? Duration(1) : timeout);
    StrikeAt("in-commit");
    if (committed.ok()) StrikeAt("after-commit");
    return committed;
  }
  LogStatus Abort(Duration timeout) override { return inner_->Abort(timeout); }
  int end_transaction_requests() const override { return inner_->end_transaction_requests(); }

 private:
  void StrikeAt(std::string_view point) {
    if (!strikes_ || !crash_.IsAt(point)) return;
    strikes_ = false;
    crash_.Strike(id_);
  }

  std::unique_ptr<Producer> inner_;
  CrashPoint& crash_;
  std::string id_;
  bool strikes_ = false;
};

class CrashingLog final : public Log {
 public:
  CrashingLog(std::unique_ptr<Log> inner, const std::string& crash)
      : inner_(std::move(inner)), crash_(crash) {}

  std::unique_ptr<Producer> NewProducer(const ProducerOptions& options) override {
    return std::make_unique<CrashingProducer>(inner_->NewProducer(options), crash_,
                                              options.transactional_id);
  }
  std::unique_ptr<Consumer> NewConsumer(Isolation isolation) override {
    return inner_->NewConsumer(isolation);
  }
  std::unique_ptr<Admin> NewAdmin() override { return inner_->NewAdmin(); }
  std::string Trouble() const override { return inner_->Trouble(); }

 private:
  std::unique_ptr<Log> inner_;
  CrashPoint crash_;
};

Result<std::unique_ptr<Log>> OpenCrashingLog(const Configuration& configuration) {
  const char* crash = std::getenv("CRASH_AT");
  TM_CHECK(crash != nullptr, "CRASH_AT says where to crash");
  TM_ASSIGN_OR_RETURN(auto log, OpenKafkaLog(configuration));
  return std::unique_ptr<Log>(std::make_unique<CrashingLog>(std::move(log), crash));
}

}  // namespace
}  // namespace tidemark

int main(int argc, char** argv) {
  return tidemark::RunWorkerProcess(argc, argv, tidemark::OpenCrashingLog);
}
