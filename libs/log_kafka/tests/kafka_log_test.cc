// What needs no broker: configuration, and a broker that is not there.
#include "log_kafka/kafka_log.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <string>

namespace tidemark {
namespace {

// Nothing listens on the discard port of loopback.
KafkaLogOptions Nowhere() {
  KafkaLogOptions options;
  options.bootstrap_servers = "127.0.0.1:9";
  return options;
}

Duration Taken(std::chrono::steady_clock::time_point begun) {
  return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - begun);
}

TEST_CASE("a property that librdkafka does not know is refused by its name") {
  KafkaLogOptions options = Nowhere();
  options.properties["fetch.max.wates"] = "5";
  const auto log = KafkaLog::Open(options);
  REQUIRE_FALSE(log.ok());
  CHECK(log.status().code() == StatusCode::kInvalidArgument);
  CHECK(log.status().message().find("fetch.max.wates") != std::string::npos);
}

TEST_CASE("a value that librdkafka refuses is refused with its name") {
  KafkaLogOptions options = Nowhere();
  options.properties["socket.timeout.ms"] = "soon";
  const auto log = KafkaLog::Open(options);
  REQUIRE_FALSE(log.ok());
  CHECK(log.status().message().find("socket.timeout.ms") != std::string::npos);
}

TEST_CASE("properties that decide about exactness cannot be passed through") {
  for (const char* name :
       {"isolation.level", "enable.idempotence", "transactional.id", "auto.offset.reset", "acks",
        "request.required.acks", "enable.auto.commit", "partitioner", "allow.auto.create.topics"}) {
    KafkaLogOptions options = Nowhere();
    options.properties[name] = "x";
    const auto log = KafkaLog::Open(options);
    INFO(name);
    REQUIRE_FALSE(log.ok());
    CHECK(log.status().message().find(name) != std::string::npos);
    CHECK(IsOwnKafkaProperty(name));
  }
  CHECK_FALSE(IsOwnKafkaProperty("compression.type"));
}

TEST_CASE("without a broker every call returns in time and says that it may pass") {
  const auto log = KafkaLog::Open(Nowhere());
  REQUIRE(log.ok());
  constexpr Duration kStep{50};
  constexpr Duration kLate{1'500};  // a busy machine's share included
  const auto producer = (*log)->NewProducer({.transactional_id = "nobody"});
  const auto begun = std::chrono::steady_clock::now();
  CHECK(producer->InitTransactions(kStep).error == LogError::kPending);
  CHECK(producer->Begin().error == LogError::kConflict);
  CHECK(producer->InitTransactions(kStep).error == LogError::kPending);
  const auto ends = (*log)->NewAdmin()->Ends({"topic", Partition(0)}, kStep);
  CHECK((ends.error == LogError::kPending || ends.error == LogError::kRetriable));
  const auto consumer = (*log)->NewConsumer(Isolation::kReadCommitted);
  REQUIRE(consumer->Assign({"topic", Partition(0)}, Offset(0)).ok());
  const auto fetched = consumer->Fetch({"topic", Partition(0)}, {}, kStep);
  CHECK((fetched.ok() || fetched.error == LogError::kRetriable));
  CHECK(Taken(begun) < kLate);
}

// What a process writes to standard error while it waits for a broker, up to the first line.
std::string FirstWordOf(const KafkaLogOptions& options) {
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    dup2(ends[1], STDERR_FILENO);
    const auto log = KafkaLog::Open(options);
    for (;;) pause();
  }
  close(ends[1]);
  std::string line;
  char byte = 0;
  while (read(ends[0], &byte, 1) == 1 && byte != '\n') line.push_back(byte);
  close(ends[0]);
  kill(child, SIGKILL);
  REQUIRE(waitpid(child, nullptr, 0) == child);
  return line;
}

TEST_CASE("a broker that is not there is named within ten seconds, with the reason") {
  const auto begun = std::chrono::steady_clock::now();
  const std::string line = FirstWordOf(Nowhere());
  CHECK(Taken(begun) < Duration(10'000));
  INFO(line);
  CHECK(line.find("no broker of 127.0.0.1:9 has answered") != std::string::npos);
  CHECK(line.find("Connection refused") != std::string::npos);
  CHECK(line.find("kafka.bootstrap_servers") != std::string::npos);
}

}  // namespace
}  // namespace tidemark
