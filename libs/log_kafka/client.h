// A librdkafka client instance with our settings, and what all uses of it have in common: building
// the configuration, log lines, bounded destruction, classes of errors.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "log_kafka/kafka_log.h"

namespace tidemark {

// Destroys the client on a thread of its own, since destruction may hang and must not hold a task:
// what was not sent is dropped, no answer is waited for, and an open transaction stays open, as
// after a crash. `kept` is what callbacks from the client's threads point to; it lives as long as
// they do.
struct ClientDeleter {
  std::shared_ptr<void> kept;
  void operator()(rd_kafka_t* client) const;
};
using ClientHandle = std::unique_ptr<rd_kafka_t, ClientDeleter>;

// A client that is to be destroyed, from then until it is.
class DyingClient {
 public:
  DyingClient();
  ~DyingClient();
  DyingClient(const DyingClient&) = delete;
  DyingClient& operator=(const DyingClient&) = delete;
};

// Waits until every dying client is destroyed; false if one is not by then. For an orderly end of
// the process.
bool WaitForDestroyedClients(Duration timeout);

struct KafkaSetting {
  const char* name;
  const char* value;
};

// A configuration under construction. Set() answers what librdkafka says about a bad name or value.
class ClientConfig {
 public:
  // With bootstrap servers, the passed-through properties and what every client of ours sets
  // (README.md).
  static Result<ClientConfig> Common(const KafkaLogOptions& options);

  Status Set(const std::string& name, const std::string& value);
  // Sets those that `options` does not pass through.
  Status SetUnlessGiven(std::span<const KafkaSetting> settings, const KafkaLogOptions& options);
  rd_kafka_conf_t* get() { return conf_.get(); }
  // Consumes the configuration.
  Result<ClientHandle> Create(rd_kafka_type_t type) &&;

 private:
  struct Deleter {
    void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
  };
  std::unique_ptr<rd_kafka_conf_t, Deleter> conf_;
};

// The class of an error outside of transactions, as README.md lists them.
LogError LogErrorOf(rd_kafka_resp_err_t error);
// "`doing`: what librdkafka says". kNone for no error.
LogStatus LogStatusOf(rd_kafka_resp_err_t error, std::string_view doing);
// Of an error object; takes it. Not for transactional calls, whose flags decide
// (kafka_producer.cc).
LogStatus LogStatusOf(rd_kafka_error_t* error, std::string_view doing);

}  // namespace tidemark
