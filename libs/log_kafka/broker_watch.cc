#include "log_kafka/broker_watch.h"

#include <utility>

#include "base/log_line.h"
#include "base/text.h"

namespace tidemark {
namespace {

constexpr std::chrono::seconds kLookEvery{1};
constexpr std::chrono::seconds kAskEvery{3};
constexpr std::chrono::minutes kRepeatEvery{1};
constexpr int kAnswerMs = 1'000;
// A connection whose other end is gone without a word is given up then.
constexpr const char* kSocketTimeoutMs = "5000";

}  // namespace

Result<std::unique_ptr<BrokerWatch>> BrokerWatch::Open(const KafkaLogOptions& options) {
  TM_ASSIGN_OR_RETURN(ClientConfig config, ClientConfig::Common(options));
  TM_RETURN_IF_ERROR(config.Set("socket.timeout.ms", kSocketTimeoutMs));
  std::unique_ptr<BrokerWatch> watch(new BrokerWatch(options));
  rd_kafka_conf_set_opaque(config.get(), watch.get());
  rd_kafka_conf_set_error_cb(config.get(), &OnError);
  TM_ASSIGN_OR_RETURN(watch->client_, std::move(config).Create(RD_KAFKA_PRODUCER));
  watch->thread_ = std::thread([raw = watch.get()] { raw->Run(); });
  return watch;
}

BrokerWatch::~BrokerWatch() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stopped_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void BrokerWatch::OnError(rd_kafka_t* /*client*/, int error, const char* reason, void* opaque) {
  auto& watch = *static_cast<BrokerWatch*>(opaque);
  if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
    watch.connected_ = false;
    return;
  }
  Cause cause = Cause::kAway;
  if (error == RD_KAFKA_RESP_ERR__AUTHENTICATION) cause = Cause::kCredentials;
  if (error == RD_KAFKA_RESP_ERR__SSL) cause = Cause::kTls;
  // What follows from it does not hide it.
  if (cause == Cause::kAway && watch.cause_ != Cause::kAway) return;
  watch.cause_ = cause;
  watch.reason_ = reason;
}

void BrokerWatch::Run() {
  last_answer_ = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  do {
    lock.unlock();
    Look(std::chrono::steady_clock::now());
    lock.lock();
  } while (!stopped_.wait_for(lock, kLookEvery, [this] { return stop_; }));
}

void BrokerWatch::Look(Time now) {
  rd_kafka_poll(client_.get(), 0);
  if (connected_ && now - last_answer_ < kAskEvery) return;
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto error = rd_kafka_metadata(client_.get(), 0, nullptr, &metadata, kAnswerMs);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    rd_kafka_metadata_destroy(metadata);
    Answered(now);
    return;
  }
  connected_ = false;
  rd_kafka_poll(client_.get(), 0);
  if (reason_.empty()) reason_ = rd_kafka_err2str(error);
  Tell(now);
}

void BrokerWatch::Answered(Time now) {
  connected_ = true;
  last_answer_ = now;
  cause_ = Cause::kAway;
  reason_.clear();
  {
    const std::lock_guard lock(mutex_);
    trouble_.clear();
  }
  if (std::exchange(told_, false)) {
    LogInfo(StrCat("Kafka at ", options_.bootstrap_servers, " answers again"));
  }
}

std::string BrokerWatch::Advice() const {
  switch (cause_) {
    case Cause::kAway:
      return "check kafka.bootstrap_servers and that the brokers run";
    case Cause::kCredentials:
      return "check sasl.username, sasl.password and sasl.mechanisms in kafka.properties";
    case Cause::kTls:
      return "check security.protocol and the ssl.* settings in kafka.properties";
  }
  return "";
}

std::string BrokerWatch::Trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

void BrokerWatch::Tell(Time now) {
  {
    const std::lock_guard lock(mutex_);
    trouble_ =
        StrCat("no broker of ", options_.bootstrap_servers, " answers: ", reason_, "; ", Advice());
  }
  const bool definite = cause_ != Cause::kAway;
  const bool due = told_ ? now - last_told_ >= kRepeatEvery
                         : definite || now - last_answer_ >= options_.unreachable_after;
  if (!due) return;
  told_ = true;
  last_told_ = now;
  const auto silent = std::chrono::duration_cast<std::chrono::seconds>(now - last_answer_);
  LogWarning(StrCat("no broker of ", options_.bootstrap_servers, " has answered for ",
                    silent.count(), " s: ", reason_, ". Trying on; ", Advice()));
}

}  // namespace tidemark
