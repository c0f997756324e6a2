// Draws one event about one call.
//
// Thread: owned by one thread.
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.h"
#include "generator/generator.h"
#include "generator/profile.h"

namespace tidemark::events::v1 {
class CallMetric;
}

namespace tidemark {

class CallDraw {
 public:
  CallDraw(const GeneratorOptions& options, Random random);

  // Replaces the content of `event` by a new one that happened at `event_time`. Returns the
  // account's index.
  std::size_t Draw(EventTime event_time, events::v1::CallMetric& event);
  const Profile& profile() const { return profile_; }

 private:
  struct Route;
  Route DrawRoute(EventTime event_time);
  void DrawDimensions(const Route& route, events::v1::CallMetric& event);
  void DrawSummary(const Route& route, events::v1::CallMetric& event);
  void DrawAnswered(events::v1::CallMetric& event);
  void DrawFailed(const Route& route, events::v1::CallMetric& event);
  void DrawTags(const Route& route, events::v1::CallMetric& event);
  void DrawSample(events::v1::CallMetric& event);
  void DrawProgress(events::v1::CallMetric& event);

  std::vector<Incident> incidents_;
  std::int64_t start_ms_;
  Profile profile_;
  WeightedChoice kinds_;
  Random random_;
  std::uint64_t calls_ = 0;
};

}  // namespace tidemark
