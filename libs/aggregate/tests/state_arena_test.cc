#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <set>

#include "aggregate/aggregate.h"
#include "base/random.h"

namespace tidemark {
namespace {

TEST_CASE("an arena holds nothing until its first block") {
  StateArena arena;
  CHECK(arena.bytes() == 0);
  CHECK(arena.Allocate(1) != nullptr);
  CHECK(arena.bytes() > 0);
}

TEST_CASE("blocks are aligned to 16") {
  StateArena arena;
  for (const std::size_t size : {1U, 31U, 32U, 33U, 100U, 5'000U, 2'000'000U}) {
    CHECK(reinterpret_cast<std::uintptr_t>(arena.Allocate(size)) % 16 == 0);
  }
}

TEST_CASE("a block given back is handed out again for any size of its class, and only for those") {
  StateArena arena;
  std::byte* block = arena.Allocate(33);
  arena.Free(block, 33);
  CHECK(arena.Allocate(65) != block);
  CHECK(arena.Allocate(64) == block);
}

TEST_CASE("reset reuses the memory it holds, big blocks included") {
  StateArena arena;
  for (int i = 0; i < 100; ++i) arena.Allocate(4'000);
  arena.Allocate(3'000'000);
  const std::size_t held = arena.bytes();
  for (int round = 0; round < 3; ++round) {
    arena.Reset();
    for (int i = 0; i < 100; ++i) arena.Allocate(4'000);
    arena.Allocate(3'000'000);
  }
  CHECK(arena.bytes() == held);
}

TEST_CASE("live blocks never overlap") {
  CHECK(rc::check([] {
    struct Block {
      std::byte* data;
      std::size_t size;
      unsigned char mark;
    };
    Random random(*rc::gen::arbitrary<std::uint64_t>());
    StateArena arena;
    std::vector<Block> live;
    for (int step = 0; step < 500; ++step) {
      if (!live.empty() && random.Below(3) == 0) {
        std::swap(live[random.Below(live.size())], live.back());
        arena.Free(live.back().data, live.back().size);
        live.pop_back();
        continue;
      }
      const std::size_t size = 1 + random.Below(random.Below(10) == 0 ? 20'000 : 200);
      const auto mark = static_cast<unsigned char>(step);
      live.push_back({arena.Allocate(size), size, mark});
      std::memset(live.back().data, mark, size);
    }
    for (const Block& block : live) {
      for (std::size_t i = 0; i < block.size; ++i) {
        RC_ASSERT(static_cast<unsigned char>(block.data[i]) == block.mark);
      }
    }
  }));
}

}  // namespace
}  // namespace tidemark
