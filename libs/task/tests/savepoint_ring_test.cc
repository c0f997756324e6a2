#include "task/savepoint_ring.h"

#include <catch2/catch.hpp>

namespace tidemark {
namespace {

Savepoint At(std::int64_t frame) {
  Savepoint savepoint;
  savepoint.next_frame = Offset(frame);
  return savepoint;
}

TEST_CASE("the newest savepoint not after a frame is chosen") {
  SavepointRing ring(8);
  for (const std::int64_t frame : {0, 10, 20}) ring.Add(At(frame));
  CHECK(ring.NewestNotAfter(Offset(std::int64_t{9})).next_frame == Offset(std::int64_t{0}));
  CHECK(ring.NewestNotAfter(Offset(std::int64_t{10})).next_frame == Offset(std::int64_t{10}));
  CHECK(ring.NewestNotAfter(Offset(std::int64_t{99})).next_frame == Offset(std::int64_t{20}));
}

TEST_CASE("a full ring gets coarser but keeps its oldest and its newest") {
  SavepointRing ring(8);
  for (std::int64_t frame = 0; frame <= 1'000; ++frame) {
    ring.Add(At(frame));
    CHECK(ring.size() <= 8);
    CHECK(ring.NewestNotAfter(Offset(std::int64_t{0})).next_frame == Offset(std::int64_t{0}));
    CHECK(ring.last() == Offset(frame));
  }
}

TEST_CASE("forgetting before a frame between savepoints keeps the one before it") {
  SavepointRing ring(8);
  for (const std::int64_t frame : {0, 10, 20}) ring.Add(At(frame));
  ring.ForgetBefore(Offset(std::int64_t{19}));
  CHECK(ring.NewestNotAfter(Offset(std::int64_t{19})).next_frame == Offset(std::int64_t{10}));
}

TEST_CASE("forgetting keeps the savepoint it names") {
  SavepointRing ring(8);
  for (const std::int64_t frame : {0, 10, 20}) ring.Add(At(frame));
  ring.ForgetBefore(Offset(std::int64_t{10}));
  CHECK(ring.size() == 2);
  CHECK(ring.NewestNotAfter(Offset(std::int64_t{10})).next_frame == Offset(std::int64_t{10}));
}

}  // namespace
}  // namespace tidemark
