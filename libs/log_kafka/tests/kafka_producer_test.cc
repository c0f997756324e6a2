// Transactions on a running Apache Kafka beyond what every adapter of the port must do:
// TIDEMARK_TEST_KAFKA names its bootstrap servers.
#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <thread>

#include "base/text.h"
#include "log_kafka/client.h"
#include "log_kafka/kafka_log.h"
#include "log_kafka/tests/broker_world.h"

namespace tidemark {
namespace {

constexpr Duration kStep = BrokerWorld::kStep;
constexpr Duration kLong = BrokerWorld::kLong;

template <class Call>
LogStatus Awaited(const Call& call) {
  LogStatus status;
  BrokerWorld::WaitUntil([&] {
    status = call();
    return status.error != LogError::kPending;
  });
  return status;
}

LogStatus Init(Producer& producer) {
  return Awaited([&] { return producer.InitTransactions(kStep); });
}
LogStatus Commit(Producer& producer) {
  return Awaited([&] { return producer.Commit(kStep); });
}

Duration Since(std::chrono::steady_clock::time_point begun) {
  return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - begun);
}

// The broker of the tests stands still while this lives: its connections stay, nothing answers.
class StandStill {
 public:
  StandStill() {
    const char* data = std::getenv("TIDEMARK_TEST_KAFKA_DATA");
    REQUIRE(data != nullptr);
    std::ifstream(StrCat(data, "/../pid")) >> broker_;
    REQUIRE(broker_ > 1);
    REQUIRE(kill(broker_, SIGSTOP) == 0);
    // Its threads stop one by one, and until then they answer.
    REQUIRE(BrokerWorld::WaitUntil([this] { return Stopped(); }));
  }
  ~StandStill() { kill(broker_, SIGCONT); }

 private:
  bool Stopped() const {
    const std::filesystem::path threads = StrCat("/proc/", broker_, "/task");
    for (const auto& thread : std::filesystem::directory_iterator(threads)) {
      std::string status;
      std::getline(std::ifstream(thread.path() / "stat"), status);
      const std::size_t name_end = status.rfind(") ");
      if (name_end == std::string::npos || status[name_end + 2] != 'T') return false;
    }
    return true;
  }

  pid_t broker_ = 0;
};

// Standard error is a pipe that nobody reads while this lives: it takes `room` bytes, whoever
// writes more waits.
class JammedStandardError {
 public:
  explicit JammedStandardError(std::size_t room) {
    constexpr int kSize = 4'096;
    REQUIRE(pipe(ends_.data()) == 0);
    REQUIRE(fcntl(ends_[1], F_SETPIPE_SZ, kSize) == kSize);
    const std::string filling(kSize - room, ' ');
    REQUIRE(write(ends_[1], filling.data(), filling.size()) ==
            static_cast<ssize_t>(filling.size()));
    REQUIRE(dup2(ends_[1], STDERR_FILENO) >= 0);
    close(ends_[1]);
  }
  ~JammedStandardError() {
    // Whoever waits goes on with a failed write.
    dup2(before_, STDERR_FILENO);
    close(ends_[0]);
    close(before_);
    signal(SIGPIPE, signal_before_);
  }

 private:
  const int before_ = dup(STDERR_FILENO);
  void (*const signal_before_)(int) = signal(SIGPIPE, SIG_IGN);
  std::array<int, 2> ends_{};
};

struct World {
  std::unique_ptr<KafkaLog> log = KafkaLog::Open(BrokerWorld::Options()).value();
  std::unique_ptr<Admin> admin = log->NewAdmin();
  std::string topic = BrokerWorld::Unique("producer");
  explicit World(int partitions = 1) {
    REQUIRE(admin->CreateTopic({.name = topic, .partitions = partitions}, kLong).ok());
  }

  // An open transaction with one record, which has reached the broker.
  std::unique_ptr<Producer> InTransaction(const std::string& id, Duration transaction_timeout) {
    auto producer =
        log->NewProducer({.transactional_id = id, .transaction_timeout = transaction_timeout});
    REQUIRE(Init(*producer).ok());
    REQUIRE(producer->Begin().ok());
    REQUIRE(producer->Produce({.topic = topic, .partition = Partition(0), .value = "open"}).ok());
    REQUIRE(BrokerWorld::WaitUntil([this] { return Ends().high_watermark == Offset(1); }));
    return producer;
  }
  PartitionEnds Ends(int partition = 0) {
    const auto ends = admin->Ends({topic, Partition(partition)}, kLong);
    REQUIRE(ends.ok());
    return *ends.value;
  }
};

TEST_CASE("one EndTxn request ends a transaction however many steps the commit takes") {
  World world;
  const auto producer = world.log->NewProducer({.transactional_id = BrokerWorld::Unique("id")});
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

TEST_CASE("calls in steps shorter than the client's threads need are answered all the same") {
  World world;
  const Duration none(0);
  const auto producer = world.log->NewProducer({.transactional_id = BrokerWorld::Unique("id")});
  REQUIRE(Awaited([&] { return producer->InitTransactions(none); }).ok());
  constexpr int kTransactions = 30;
  for (int transaction = 0; transaction < kTransactions; ++transaction) {
    for (const bool commits : {false, true}) {
      REQUIRE(producer->Begin().ok());
      REQUIRE(
          producer->Produce({.topic = world.topic, .partition = Partition(0), .value = "x"}).ok());
      const LogStatus ended =
          Awaited([&] { return commits ? producer->Commit(none) : producer->Abort(none); });
      INFO(LogErrorName(ended.error) << ": " << ended.message);
      REQUIRE(ended.ok());
      CHECK(producer->end_transaction_requests() == 1);
    }
  }
  // Each of them is a record and a marker.
  CHECK(BrokerWorld::WaitUntil(
      [&] { return world.Ends().last_stable == Offset(4 * kTransactions); }));
}

TEST_CASE("a pending commit admits no other call") {
  World world;
  const auto producer = world.log->NewProducer({.transactional_id = BrokerWorld::Unique("id")});
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
  const std::string id = BrokerWorld::Unique("id");
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
  for (const LogError again : {zombie->Begin().error, zombie->Produce(record).error,
                               zombie->Commit(kStep).error, zombie->Abort(kStep).error}) {
    CHECK(again == LogError::kFenced);
  }
  REQUIRE(successor->Begin().ok());
  CHECK(Commit(*successor).ok());
}

// Destroys a fenced producer while its thread waits between two refused batches, of each of which
// it tells; false if there was no second one by then.
bool DestroyedBetweenRefusals() {
  constexpr int kBatches = 20;
  World world(kBatches);
  const std::string id = BrokerWorld::Unique("id");
  auto zombie = world.log->NewProducer({.transactional_id = id});
  REQUIRE(Init(*zombie).ok());
  const auto write_to_all = [&] {
    LogStatus status;
    for (int i = 0; i < kBatches && status.ok(); ++i) {
      status = zombie->Produce({.topic = world.topic, .partition = Partition(i), .value = "x"});
    }
    return status.error;
  };
  // Its partitions are in the transaction, so that the next records go to them at once.
  REQUIRE(zombie->Begin().ok());
  REQUIRE(write_to_all() == LogError::kNone);
  for (int i = 0; i < kBatches; ++i) {
    REQUIRE(BrokerWorld::WaitUntil([&] { return world.Ends(i).high_watermark == Offset(1); }));
  }
  const auto successor = world.log->NewProducer({.transactional_id = id});
  REQUIRE(Init(*successor).ok());
  bool waited = false;
  {
    const JammedStandardError jam(600);  // for one line, not for two
    REQUIRE(BrokerWorld::WaitUntil([&] { return write_to_all() == LogError::kFenced; }));
    zombie.reset();
    waited = !WaitForDestroyedClients(Duration(200));
  }
  REQUIRE(WaitForDestroyedClients(kLong));
  return waited;
}

// A busy machine may hold it there.
TEST_CASE("a fenced producer is destroyed only when no answer of a broker is being read") {
  bool waited = false;
  for (int round = 0; round < 10 && !waited; ++round) waited = DestroyedBetweenRefusals();
  CHECK(waited);
}

TEST_CASE("a destroyed producer leaves its transaction open, and does so at once") {
  World world;
  const std::string id = BrokerWorld::Unique("id");
  auto crashed = world.InTransaction(id, kLong);
  const auto begun = std::chrono::steady_clock::now();
  crashed.reset();
  CHECK(Since(begun) < Duration(200));
  CHECK(world.Ends().high_watermark == Offset(1));
  CHECK(world.Ends().last_stable == Offset(0));
  const auto successor = world.log->NewProducer({.transactional_id = id});
  REQUIRE(Init(*successor).ok());
}

TEST_CASE(
    "a commit at a broker that stands still is pending in steps, and comes through after it") {
  World world;
  const auto producer = world.InTransaction(BrokerWorld::Unique("id"), kLong);
  {
    const StandStill broker;
    for (int step = 0; step < 20; ++step) {
      const auto begun = std::chrono::steady_clock::now();
      CHECK(producer->Commit(kStep).error == LogError::kPending);
      CHECK(Since(begun) < Duration(1'000));
    }
    CHECK(producer->end_transaction_requests() == 1);
  }
  CHECK(Commit(*producer).ok());
  CHECK(producer->end_transaction_requests() == 1);
}

TEST_CASE("a second EndTxn request of a transaction is counted") {
  World world;
  // An unanswered request is repeated after the transaction's timeout less 100 ms.
  const Duration timeout{1'500};
  const auto producer = world.InTransaction(BrokerWorld::Unique("id"), timeout);
  const auto begun = std::chrono::steady_clock::now();
  {
    const StandStill broker;
    while (Since(begun) < 2 * timeout) (void)producer->Commit(kStep);
  }
  const LogStatus status = Commit(*producer);
  INFO(LogErrorName(status.error) << ": " << status.message);
  CHECK(producer->end_transaction_requests() >= 2);
}

TEST_CASE("a producer goes at once while the broker stands still") {
  World world;
  auto producer = world.InTransaction(BrokerWorld::Unique("id"), kLong);
  const StandStill broker;
  CHECK(producer->Commit(kStep).error == LogError::kPending);
  const auto begun = std::chrono::steady_clock::now();
  producer.reset();
  CHECK(Since(begun) < Duration(500));
}

TEST_CASE("a topic that is not there is said within seconds instead of hanging the commit") {
  World world;
  const auto producer = world.log->NewProducer({.transactional_id = BrokerWorld::Unique("id")});
  REQUIRE(Init(*producer).ok());
  REQUIRE(producer->Begin().ok());
  const auto begun = std::chrono::steady_clock::now();
  LogStatus status =
      producer->Produce({.topic = BrokerWorld::Unique("missing"), .key = "k", .value = "x"});
  if (status.ok()) status = Commit(*producer);
  CHECK(status.error == LogError::kUnknownTopic);
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(5));
}

TEST_CASE("a topic created after it was missed takes the next transaction") {
  World world;
  const std::string topic = BrokerWorld::Unique("late");
  const auto producer = world.log->NewProducer({.transactional_id = BrokerWorld::Unique("id")});
  const OutgoingRecord record{.topic = topic, .partition = Partition(0), .value = "x"};
  REQUIRE(Init(*producer).ok());
  REQUIRE(producer->Begin().ok());
  LogStatus status = producer->Produce(record);
  if (status.ok()) status = Commit(*producer);
  CHECK(status.error == LogError::kUnknownTopic);
  CHECK(Awaited([&] { return producer->Abort(kStep); }).ok());
  REQUIRE(world.admin->CreateTopic({.name = topic}, kLong).ok());
  REQUIRE(producer->Begin().ok());
  status = producer->Produce(record);
  if (status.ok()) status = Commit(*producer);
  INFO(LogErrorName(status.error) << ": " << status.message);
  CHECK(status.ok());
}

TEST_CASE("records dropped by an abort cost the next transaction nothing") {
  World world;
  const auto producer = world.log->NewProducer({.transactional_id = BrokerWorld::Unique("id")});
  REQUIRE(Init(*producer).ok());
  const OutgoingRecord record{.topic = world.topic, .partition = Partition(0), .value = "x"};
  for (int round = 0; round < 10; ++round) {
    REQUIRE(producer->Begin().ok());
    for (int i = 0; i < 100; ++i) REQUIRE(producer->Produce(record).ok());
    LogStatus status = Awaited([&] { return producer->Abort(kStep); });
    INFO(round << ": " << LogErrorName(status.error) << ": " << status.message);
    REQUIRE(status.ok());
    REQUIRE(producer->Begin().ok());
    REQUIRE(producer->Produce(record).ok());
    status = Commit(*producer);
    INFO("then " << LogErrorName(status.error) << ": " << status.message);
    REQUIRE(status.ok());
  }
}

TEST_CASE("a frame of 900 KiB passes in a transaction") {
  World world;
  const auto producer = world.log->NewProducer({.transactional_id = BrokerWorld::Unique("id")});
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
