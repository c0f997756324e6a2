#include "log_kafka/client.h"

#include <array>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "base/log_line.h"
#include "base/text.h"

namespace tidemark {
namespace {

// Clients whose destruction is under way, over the whole process.
class Dying {
 public:
  void Begin() {
    const std::lock_guard lock(mutex_);
    ++count_;
  }
  void End() {
    const std::lock_guard lock(mutex_);
    --count_;
    ended_.notify_all();
  }
  bool Wait(Duration timeout) {
    std::unique_lock lock(mutex_);
    return ended_.wait_for(lock, timeout, [this] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  int count_ = 0;
};

// Never destroyed: threads that outlive main() may still report to it.
Dying& DyingClients() {
  static Dying& dying = *new Dying();
  return dying;
}

// librdkafka repeats itself while a broker is away, which BrokerWatch says once: its lines are for
// debugging.
void OnLog(const rd_kafka_t* client, int level, const char* facility, const char* text) {
  constexpr int kCritical = 2;
  const std::string line = StrCat(rd_kafka_name(client), " ", facility, ": ", text);
  LogLine(level <= kCritical ? LogLevel::kWarning : LogLevel::kDebug, line);
}

constexpr std::array kOurs = {
    "allow.auto.create.topics",
    "auto.offset.reset",
    "acks",
    "bootstrap.servers",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.idempotence",
    "enable.partition.eof",
    "group.id",
    "group.instance.id",
    "isolation.level",
    "metadata.broker.list",
    "partitioner",
    "request.required.acks",
    "transactional.id",
    "transaction.timeout.ms",
};

// Before the passed-through properties, which may change them.
constexpr std::array kDefaults = {
    KafkaSetting{"socket.nagle.disable", "true"},
    KafkaSetting{"reconnect.backoff.max.ms", "1000"},
    KafkaSetting{"retry.backoff.ms", "20"},
    KafkaSetting{"socket.keepalive.enable", "true"},
    KafkaSetting{"topic.metadata.refresh.interval.ms", "60000"},
};
// A producer creates topics unless told not to, and a commit to a missing topic hangs without the
// second.
constexpr std::array kFixed = {
    KafkaSetting{"allow.auto.create.topics", "false"},
    KafkaSetting{"topic.metadata.propagation.max.ms", "1000"},
};

}  // namespace

bool IsOwnKafkaProperty(std::string_view name) {
  for (const std::string_view ours : kOurs) {
    if (ours == name) return true;
  }
  return false;
}

DyingClient::DyingClient() { DyingClients().Begin(); }
DyingClient::~DyingClient() { DyingClients().End(); }

void ClientDeleter::operator()(rd_kafka_t* client) const {
  std::thread([client, keep = kept, dying = std::make_unique<DyingClient>()] {
    // A refusal of a batch that is read while the client is destroyed makes it free the message of
    // a fatal error twice, so first no batch is under way any more. A consumer has none.
    rd_kafka_purge(client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  }).detach();
}

bool WaitForDestroyedClients(Duration timeout) { return DyingClients().Wait(timeout); }

Result<ClientConfig> ClientConfig::Common(const KafkaLogOptions& options) {
  ClientConfig config;
  config.conf_.reset(rd_kafka_conf_new());
  for (const KafkaSetting& setting : kDefaults) {
    TM_RETURN_IF_ERROR(config.Set(setting.name, setting.value));
  }
  for (const auto& [name, value] : options.properties) {
    if (IsOwnKafkaProperty(name)) {
      return Status::Invalid(StrCat("kafka.properties: ", name,
                                    " decides about exactness and is set by Tidemark; remove it"));
    }
    TM_RETURN_IF_ERROR(config.Set(name, value));
  }
  for (const KafkaSetting& setting : kFixed) {
    TM_RETURN_IF_ERROR(config.Set(setting.name, setting.value));
  }
  TM_RETURN_IF_ERROR(config.Set("bootstrap.servers", options.bootstrap_servers));
  TM_RETURN_IF_ERROR(config.Set("client.id", options.client_id));
  rd_kafka_conf_set_log_cb(config.get(), &OnLog);
  return config;
}

Status ClientConfig::Set(const std::string& name, const std::string& value) {
  std::array<char, 512> text{};
  const auto result =
      rd_kafka_conf_set(conf_.get(), name.c_str(), value.c_str(), text.data(), text.size());
  if (result == RD_KAFKA_CONF_OK) return {};
  return Status::Invalid(StrCat("kafka.properties: ", name, ": ", text.data()));
}

Status ClientConfig::SetUnlessGiven(std::span<const KafkaSetting> settings,
                                    const KafkaLogOptions& options) {
  for (const KafkaSetting& setting : settings) {
    if (options.properties.count(setting.name) != 0) continue;
    TM_RETURN_IF_ERROR(Set(setting.name, setting.value));
  }
  return {};
}

Result<ClientHandle> ClientConfig::Create(rd_kafka_type_t type) && {
  std::array<char, 512> text{};
  rd_kafka_t* client = rd_kafka_new(type, conf_.get(), text.data(), text.size());
  if (client == nullptr) return Status::Invalid(StrCat("no Kafka client: ", text.data()));
  (void)conf_.release();  // now the client's
  return ClientHandle(client);
}

}  // namespace tidemark
