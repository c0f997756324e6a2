// Transactions on a running Apache Kafka beyond what every adapter of the port must do:
// TIDEMARK_TEST_KAFKA names its bootstrap servers.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>

#include "base/text.h"
#include "log_kafka/kafka_log.h"

namespace tidemark {
namespace {

constexpr Duration kStep{50};
constexpr Duration kLong{10'000};

std::string Unique(std::string_view stem) {
  static const std::uint32_t run = std::random_device{}();
  static int names = 0;
  return StrCat(stem, "-", run, "-", names++);
}

std::unique_ptr<KafkaLog> Open() {
  KafkaLogOptions options;
  const char* servers = std::getenv("TIDEMARK_TEST_KAFKA");
  options.bootstrap_servers = servers != nullptr ? servers : "127.0.0.1:19092";
  auto log = KafkaLog::Open(options);
  REQUIRE(log.ok());
  return std::move(log).value();
}

template <class Call>
LogStatus Awaited(const Call& call) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  LogStatus status = call();
  while (status.error == LogError::kPending && std::chrono::steady_clock::now() < deadline) {
    status = call();
  }
  return status;
}

LogStatus Init(Producer& producer) {
  return Awaited([&] { return producer.InitTransactions(kStep); });
}
LogStatus Commit(Producer& producer) {
  return Awaited([&] { return producer.Commit(kStep); });
}

struct World {
  std::unique_ptr<KafkaLog> log = Open();
  std::unique_ptr<Admin> admin = log->NewAdmin();
  std::string topic = Unique("producer");
  World() { REQUIRE(admin->CreateTopic({.name = topic}, kLong).ok()); }
};

TEST_CASE("one EndTxn request ends a transaction however many steps the commit takes") {
  World world;
  const auto producer = world.log->NewProducer({.transactional_id = Unique("id")});
  REQUIRE(Init(*producer).ok());
  for (int transaction = 0; transaction < 5; ++transaction) {
    REQUIRE(producer->Begin().ok());
    CHECK(producer->end_transaction_requests() == 0);
    REQUIRE(
        producer->Produce({.topic = world.topic, .partition = Partition(0), .value = "x"}).ok());
    REQUIRE(Awaited([&] { return producer->Commit(Duration(2)); }).ok());
    CHECK(producer->end_transaction_requests() == 1);
  }
}

TEST_CASE("a pending commit admits no other call") {
  World world;
  const auto producer = world.log->NewProducer({.transactional_id = Unique("id")});
  REQUIRE(Init(*producer).ok());
  REQUIRE(producer->Begin().ok());
  REQUIRE(producer->Produce({.topic = world.topic, .partition = Partition(0), .value = "x"}).ok());
  const LogStatus first = producer->Commit(Duration(0));
  REQUIRE(first.error == LogError::kPending);
  CHECK(producer->Abort(kStep).error == LogError::kConflict);
  CHECK(producer->Begin().error == LogError::kConflict);
  CHECK(producer->Produce({.topic = world.topic, .value = "y"}).error == LogError::kConflict);
  CHECK(Commit(*producer).ok());
}

TEST_CASE("a zombie is fenced at every point at which it may wake") {
  World world;
  const std::string id = Unique("id");
  const auto zombie = world.log->NewProducer({.transactional_id = id});
  REQUIRE(Init(*zombie).ok());
  const bool began = GENERATE(false, true);
  const bool produced = GENERATE(false, true);
  const OutgoingRecord record{.topic = world.topic, .partition = Partition(0), .value = "zombie"};
  if (began) REQUIRE(zombie->Begin().ok());
  if (began && produced) REQUIRE(zombie->Produce(record).ok());
  const auto successor = world.log->NewProducer({.transactional_id = id});
  REQUIRE(Init(*successor).ok());
  if (!began) REQUIRE(zombie->Begin().ok());
  LogStatus status = zombie->Produce(record);
  if (status.ok()) status = Commit(*zombie);
  // Some answers only say that the transaction is lost; the next call then says why.
  if (status.error == LogError::kAbortable) {
    status = Awaited([&] { return zombie->Abort(kStep); });
  }
  INFO(LogErrorName(status.error) << ": " << status.message);
  CHECK(status.error == LogError::kFenced);
  REQUIRE(successor->Begin().ok());
  CHECK(Commit(*successor).ok());
}

TEST_CASE("a destroyed producer leaves its transaction open, and does so at once") {
  World world;
  const std::string id = Unique("id");
  {
    const auto crashed = world.log->NewProducer({.transactional_id = id});
    REQUIRE(Init(*crashed).ok());
    REQUIRE(crashed->Begin().ok());
    REQUIRE(
        crashed->Produce({.topic = world.topic, .partition = Partition(0), .value = "open"}).ok());
    const auto written = [&] {
      const auto ends = world.admin->Ends({world.topic, Partition(0)}, kLong);
      return ends.ok() && ends.value->high_watermark > Offset(0);
    };
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!written() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  }
  const auto ends = world.admin->Ends({world.topic, Partition(0)}, kLong);
  REQUIRE(ends.ok());
  CHECK(ends.value->high_watermark == Offset(1));
  CHECK(ends.value->last_stable == Offset(0));
  const auto successor = world.log->NewProducer({.transactional_id = id});
  REQUIRE(Init(*successor).ok());
}

TEST_CASE("a topic that is not there is said within seconds instead of hanging the commit") {
  World world;
  const auto producer = world.log->NewProducer({.transactional_id = Unique("id")});
  REQUIRE(Init(*producer).ok());
  REQUIRE(producer->Begin().ok());
  const auto begun = std::chrono::steady_clock::now();
  LogStatus status = producer->Produce({.topic = Unique("missing"), .key = "k", .value = "x"});
  if (status.ok()) status = Commit(*producer);
  CHECK(status.error == LogError::kUnknownTopic);
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(5));
}

TEST_CASE("a frame of 900 KiB passes in a transaction") {
  World world;
  const auto producer = world.log->NewProducer({.transactional_id = Unique("id")});
  REQUIRE(Init(*producer).ok());
  REQUIRE(producer->Begin().ok());
  std::mt19937 random(1);
  std::string frame(900U << 10U, '\0');
  for (char& byte : frame) byte = static_cast<char>(random());
  REQUIRE(
      producer->Produce({.topic = world.topic, .partition = Partition(0), .value = frame}).ok());
  REQUIRE(
      producer->Produce({.topic = world.topic, .partition = Partition(0), .value = frame}).ok());
  CHECK(Commit(*producer).ok());
}

}  // namespace
}  // namespace tidemark
