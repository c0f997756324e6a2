#include <catch2/catch.hpp>
#include <optional>
#include <string>

#include "log_memory/memory_log.h"

namespace tidemark {
namespace {

class DamageOneTopic final : public FaultHook {
 public:
  Fault Before(const LogCall&) override { return {}; }
  std::optional<std::string> Rewrite(std::string_view topic, std::string_view value) override {
    if (topic != "damaged") return std::nullopt;
    return std::string(value) + "!";
  }
};

std::string OnlyValue(const MemoryLog& log, const std::string& topic) {
  for (const DumpedRecord& record : log.Dump({topic, Partition(0)})) {
    if (record.value) return *record.value;
  }
  return "";
}

TEST_CASE("a hook damages the records of the topics it names and no others") {
  ManualClock clock;
  MemoryLog log(clock);
  const auto client = log.NewClient("c");
  const auto admin = client->NewAdmin();
  for (const char* topic : {"damaged", "whole"})
    REQUIRE(admin->CreateTopic({.name = topic}, Duration(0)).ok());
  DamageOneTopic hook;
  client->SetFaults(&hook);
  const auto producer = client->NewProducer({.transactional_id = "t"});
  REQUIRE(producer->InitTransactions(Duration(0)).ok());
  REQUIRE(producer->Begin().ok());
  for (const char* topic : {"damaged", "whole"})
    REQUIRE(producer->Produce({.topic = topic, .value = "v"}).ok());
  REQUIRE(producer->Commit(Duration(0)).ok());
  CHECK(OnlyValue(log, "damaged") == "v!");
  CHECK(OnlyValue(log, "whole") == "v");
}

}  // namespace
}  // namespace tidemark
