#include "log_kafka/blocking_calls.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <set>
#include <thread>

namespace tidemark {
namespace {

constexpr Duration kLong{10'000};

TEST_CASE("calls one after the other share a thread") {
  BlockingCalls calls(8);
  std::set<std::thread::id> threads;
  for (int i = 0; i < 100; ++i) {
    REQUIRE(calls.Start([&] { threads.insert(std::this_thread::get_id()); })->WaitFor(kLong));
  }
  CHECK(threads.size() == 1);
}

TEST_CASE("as many calls as there are threads run together, and the next waits for one of them") {
  BlockingCalls calls(2);
  std::promise<void> gate;
  const std::shared_future<void> open(gate.get_future());
  std::atomic<int> running{0};
  const auto held = [&, open] {
    ++running;
    open.wait();
  };
  const auto first = calls.Start(held);
  const auto second = calls.Start(held);
  const auto third = calls.Start([] {});
  while (running < 2) std::this_thread::yield();
  CHECK_FALSE(third->WaitFor(Duration(10)));
  gate.set_value();
  CHECK(third->WaitFor(kLong));
  CHECK(first->WaitFor(kLong));
  CHECK(second->WaitFor(kLong));
}

}  // namespace
}  // namespace tidemark
