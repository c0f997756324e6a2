#include "task/assign.h"

#include <algorithm>

namespace tidemark {

Assigner::Assigner(const WindowSpec& window, Duration allowed_lateness,
                   std::optional<EventTime> start)
    : math_(window, allowed_lateness) {
  if (!start) return;
  // The first window that begins at or after the start: window starts lie at offset + k * slide.
  const std::int64_t begin = AlignDown(start->value() - 1, math_.slide, math_.offset) + math_.slide;
  first_published_end_ = begin + math_.size;
}

std::int64_t Assigner::FirstOpenEnd(std::int64_t time) const {
  return std::max(math_.FirstWindowEnd(time), first_published_end_);
}

void Assigner::Enter(std::int64_t time) {
  slice_end_ = math_.SliceEnd(time);
  slice_begin_ = slice_end_ - math_.width;
  first_end_ = FirstOpenEnd(time);
  last_end_ = math_.LastWindowEnd(time);
  const bool withheld = first_end_ > last_end_;
  calm_until_ = withheld ? kNoWatermark : std::min(first_end_ + math_.lateness, slice_end_);
}

AssignedSlice Assigner::AssignRare(std::int64_t before) const {
  if (first_end_ > last_end_) return {slice_end_, 0, Fate::kWithheld};
  if (math_.IsLate(last_end_, before)) return {slice_end_, 0, Fate::kLate};
  const Fate fate = math_.IsLate(first_end_, before) ? Fate::kPartlyLate : Fate::kAccepted;
  return {slice_end_, math_.Tag(slice_end_, before), fate};
}

std::vector<std::int64_t> Assigner::WindowEnds(EventTime time) const {
  std::vector<std::int64_t> ends;
  const std::int64_t last = math_.LastWindowEnd(time.value());
  for (std::int64_t end = FirstOpenEnd(time.value()); end <= last; end += math_.slide)
    ends.push_back(end);
  return ends;
}

}  // namespace tidemark
