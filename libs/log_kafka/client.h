// A librdkafka client instance with our settings, and what is common to all uses of it: building the
// configuration, telling its log lines and broker trouble to our logger, bounded destruction.
#pragma once

#include <librdkafka/rdkafka.h>

#include <functional>
#include <memory>
#include <string>

#include "log_kafka/kafka_log.h"

namespace tidemark {

// Destroys the handle in the background of a bounded wait: destruction may hang in 2.0.2.
struct ClientDeleter {
  void operator()(rd_kafka_t* client) const;
};
using ClientHandle = std::unique_ptr<rd_kafka_t, ClientDeleter>;

// A configuration under construction. Set() answers what librdkafka says about a bad name or value.
class ClientConfig {
 public:
  // With bootstrap servers, the passed-through properties and what every client of ours sets
  // (protocol 6: allow.auto.create.topics=false, topic.metadata.propagation.max.ms=1000; nagle off, ...).
  static Result<ClientConfig> Common(const KafkaLogOptions& options);

  Status Set(const std::string& name, const std::string& value);
  rd_kafka_conf_t* get() { return conf_.get(); }
  // Consumes the configuration.
  Result<ClientHandle> Create(rd_kafka_type_t type) &&;

 private:
  struct Deleter {
    void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
  };
  std::unique_ptr<rd_kafka_conf_t, Deleter> conf_;
};

// The class of a librdkafka error outside of transactions; the table in README.md.
LogError LogErrorOf(rd_kafka_resp_err_t error);
LogStatus LogStatusOf(rd_kafka_resp_err_t error, std::string_view doing);
// Of an error object of the transactional calls; takes its ownership. kNone for nullptr.
LogStatus LogStatusOf(rd_kafka_error_t* error, std::string_view doing);

}  // namespace tidemark
