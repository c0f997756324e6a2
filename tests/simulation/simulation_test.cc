// Whole clusters under seeds. SEED=n runs one seed and says what it is; SIMULATION_SEEDS=n runs
// that many.
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <thread>

#include "base/log_line.h"
#include "base/text.h"
#include "simulation/sim.h"

namespace tidemark::simulation {
namespace {

constexpr std::uint64_t kDefaultSeeds = 2'000;

std::uint64_t NumberFromEnv(const char* name, std::uint64_t absent) {
  const char* text = std::getenv(name);
  return text == nullptr ? absent : std::strtoull(text, nullptr, 10);
}

// Empty: the run's output is what the oracle says.
std::string RunSeed(std::uint64_t seed) {
  Sim sim(Scenario::FromSeed(seed));
  sim.RunInput();
  if (!sim.RunUntilQuiet()) return sim.failure();
  const Difference difference = sim.Compare();
  if (difference.none()) return "";
  return StrCat("rows missing ", difference.missing, ", extra ", difference.extra, ", twice ",
                difference.twice, ", unequal ", difference.unequal, "\n", difference.first);
}

TEST_CASE("whatever fails in between, the output is that of the oracle") {
  SetUpLogging(LogLevel::kOff, LogFormat::kText);
  const std::uint64_t first = NumberFromEnv("SEED", 1);
  const bool single = std::getenv("SEED") != nullptr;
  const std::uint64_t count = single ? 1 : NumberFromEnv("SIMULATION_SEEDS", kDefaultSeeds);
  if (single) SetUpLogging(LogLevel::kInfo, LogFormat::kText);
  std::atomic<std::uint64_t> next{first};
  std::mutex mutex;
  std::uint64_t failed = 0;
  const auto run = [&] {
    for (std::uint64_t seed = next++; seed < first + count; seed = next++) {
      const std::string failure = RunSeed(seed);
      if (failure.empty()) continue;
      const std::lock_guard lock(mutex);
      ++failed;
      std::cerr << "SEED=" << seed << " fails (replay: SEED=" << seed << " simulation_test)\n"
                << failure << "\n";
    }
  };
  std::thread other(run);
  run();
  other.join();
  CHECK(failed == 0);
}

TEST_CASE("the same seed gives the same run") {
  SetUpLogging(LogLevel::kOff, LogFormat::kText);
  const auto fingerprint = [] {
    Sim sim(Scenario::FromSeed(7));
    sim.RunInput();
    sim.RunUntilQuiet();
    return sim.Fingerprint();
  };
  CHECK(fingerprint() == fingerprint());
}

}  // namespace
}  // namespace tidemark::simulation
