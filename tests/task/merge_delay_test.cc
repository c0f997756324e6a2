// How long results take, as a merge task measures it.
#include <catch2/catch.hpp>
#include <numeric>

#include "merge_frames.h"

namespace tidemark {
namespace {

using merge_fixture::kDay0;
using merge_fixture::kMinute;
using merge_fixture::Partial;
using merge_frames::Frames;
using merge_frames::OneQuery;
using merge_frames::P;
using merge_frames::Rest;
using merge_frames::Walk;

std::uint64_t Observations(const HistogramValue& value) {
  return std::accumulate(value.counts.begin(), value.counts.end(), std::uint64_t{0});
}

// Answers commits only after they were asked for so many times.
class SlowCommits final : public FaultHook {
 public:
  explicit SlowCommits(int pending) : pending_(pending) {}
  Fault Before(const LogCall& call) override {
    if (call.kind != LogCallKind::kCommit || ++asked_ % (pending_ + 1) == 0) return {};
    return {.kind = FaultKind::kPending};
  }

 private:
  int pending_;
  int asked_ = 0;
};

TEST_CASE(
    "the delay of a window lasts from the frame that lets it close to the end of its commit") {
  const auto context = OneQuery();
  MergeHost host(context);
  Frames frames(*context);
  host.Start({});
  // A second window stays open, and is no result yet.
  host.Append(frames.Next(
      kDay0, {P(kMinute, "a", {1}), P(kMinute, "b", {1}), P(2 * kMinute, "a", {1})})[0]);
  Rest(host);
  for (int i = 0; i < 1'000; ++i) Walk(host);
  CHECK(Observations(host.Counts().result_delay) == 0);
  SlowCommits slow(20);
  host.SetFaults(&slow);
  host.Append(frames.Next(kDay0 + kMinute)[0]);
  Rest(host);
  CHECK(Observations(host.Counts().result_delay) == 1);
  // One step takes the frame in, one writes the rows, and 21 ask for the commit, 7 ms each.
  CHECK(host.Counts().result_delay.sum == Approx(0.007 * 22));
}

TEST_CASE("frames that were taken in together are measured from then, one by one") {
  const auto context = OneQuery();
  MergeHost host(context);
  Frames frames(*context);
  SlowCommits slow(20);
  for (int window = 1; window <= 3; ++window)
    host.Append(frames.Next(kDay0 + window * kMinute, {P((window + 1) * kMinute, "a", {1})})[0]);
  host.Append(frames.Next(kDay0 + 4 * kMinute)[0]);
  host.Start({});
  host.SetFaults(&slow);
  Rest(host);
  CHECK(Observations(host.Counts().result_delay) == 3);
  // The second and the third wait for the commits before theirs.
  CHECK(host.Counts().result_delay.sum > 0.007 * 21 * (1 + 2 + 3));
  CHECK(host.Counts().result_delay.sum < 0.007 * 30 * (1 + 2 + 3));
}

TEST_CASE("a window cut into several commits counts once, whoever ends it") {
  for (const bool killed : {false, true}) {
    const auto context = OneQuery();
    MergeHost host(context);
    Frames frames(*context);
    std::vector<Partial> partials;
    for (int i = 0; i < 10; ++i)
      partials.push_back(P(kMinute, "account-" + std::to_string(i), {1}));
    host.Append(frames.Next(kDay0, partials)[0]);
    host.Append(frames.Next(kDay0 + kMinute)[0]);
    const MergeTaskOptions cut{.close_records = 1};
    host.Start(cut);
    for (int step = 0; step < 10'000 && host.Rows().size() < 5; ++step) Walk(host);
    REQUIRE(host.Rows().size() == 5);
    CHECK(Observations(host.Counts().result_delay) == 0);
    if (killed) {
      host.Kill();
      host.Start(cut);
    }
    Rest(host);
    CHECK(host.Rows().size() == 10);
    CHECK(Observations(host.Counts().result_delay) == 1);
  }
}

}  // namespace
}  // namespace tidemark
