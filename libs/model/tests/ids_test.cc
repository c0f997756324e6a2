#include "model/ids.h"

#include <catch2/catch.hpp>

namespace tidemark {
namespace {

TEST_CASE("names of a pipeline carry its cluster and incarnation") {
  const PipelineNames names{"demo", "voice", Incarnation::Parse("0a1b2c3d").value()};
  CHECK(names.TransactionalId(TaskId::Of(Lane(3))) == "tidemark.demo.voice.0a1b2c3d.lane-3");
  CHECK(names.ShuffleTopic() == "__tidemark.demo.voice.0a1b2c3d.shuffle");
  CHECK(PipelineNames::ProgressPartition(TaskId::Of(ShufflePartition(5)), 4) == Partition(9));
}

TEST_CASE("a task name parses back and nothing else does") {
  CHECK(TaskId::Parse("merge-5").value() == TaskId::Of(ShufflePartition(5)));
  for (const char* bad : {"merge-", "lane-x", "lane-1x", "lan-1", ""})
    CHECK_FALSE(TaskId::Parse(bad).ok());
}

TEST_CASE("an incarnation has eight characters of [0-9a-z]") {
  CHECK(Incarnation::Parse(Incarnation::FromBits(~0ULL).text()).ok());
  for (const char* bad : {"", "0a1b2c3", "0a1b2c3d4", "0A1b2c3d"})
    CHECK_FALSE(Incarnation::Parse(bad).ok());
}

}  // namespace
}  // namespace tidemark
