#include "worker/takeover_decision.h"

#include <catch2/catch.hpp>

namespace tidemark {
namespace {

PartitionEnds Ends(std::int64_t last_stable, std::int64_t high_watermark) {
  return {Offset(std::int64_t{0}), Offset(last_stable), Offset(high_watermark)};
}

OwnerEpoch Epoch(int value) { return OwnerEpoch(value); }

struct Row {
  const char* what;
  TakeoverFacts facts;
  TakeoverStep expected;
};

TEST_CASE("what take-over does next follows from what it has seen") {
  const Offset at10(10);
  const std::vector<Row> rows = {
      {"nothing seen: look, fence nobody", {.mine = Epoch(3)}, TakeoverStep::kLook},
      {"a newer owner met while looking: fence nobody",
       {.mine = Epoch(3), .recorded = Epoch(4)},
       TakeoverStep::kStale},
      {"looked, nobody newer: fence",
       {.mine = Epoch(3), .recorded = Epoch(2), .looked = true},
       TakeoverStep::kInitialise},
      {"looked, found nothing at all: fence",
       {.mine = Epoch(3), .looked = true},
       TakeoverStep::kInitialise},
      {"my own epoch recorded: it was our own timeout, take it again",
       {.mine = Epoch(3), .recorded = Epoch(3), .looked = true},
       TakeoverStep::kInitialise},
      {"fenced, but the end is not known yet",
       {.mine = Epoch(3), .looked = true, .initialised = true},
       TakeoverStep::kAskEnds},
      {"committed records lie before the end: read them before claiming",
       {Epoch(3), Epoch(2), true, true, Ends(12, 12), at10},
       TakeoverStep::kRead},
      {"an open transaction hides the end: wait, claim nothing",
       {Epoch(3), Epoch(2), true, true, Ends(10, 12), at10},
       TakeoverStep::kWaitForOpenTransaction},
      {"everything is read: claim",
       {Epoch(3), Epoch(2), true, true, Ends(10, 10), at10},
       TakeoverStep::kClaim},
      {"a newer owner committed just before I fenced it: stale",
       {Epoch(3), Epoch(4), true, true, Ends(10, 10), at10},
       TakeoverStep::kStale},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    CHECK(DecideTakeover(row.facts) == row.expected);
  }
}

}  // namespace
}  // namespace tidemark
