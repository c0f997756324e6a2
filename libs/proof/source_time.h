// The watermark of one source partition, record by record.
#pragma once

#include <cstdint>
#include <optional>

#include "proof/batch.h"

namespace tidemark::proof {

class SourceTime {
 public:
  SourceTime(const TimeRules& rules, const InputPartition& partition)
      : rules_(rules), control_(partition.control), next_(control_.begin()) {}

  // Takes the control watermarks that apply to a record at this offset.
  void AdvanceTo(std::int64_t offset);
  // Takes all that are left.
  void AdvanceToEnd();
  bool IsValid(std::int64_t event_time_ms) const;
  bool IsFromTheFuture(std::int64_t event_time_ms, std::int64_t timestamp_ms) const;
  // After the record was judged. REQUIRES: IsValid and not IsFromTheFuture.
  void Observe(std::int64_t event_time_ms, std::int64_t timestamp_ms);
  std::optional<std::int64_t> watermark_ms() const { return watermark_; }

 private:
  bool IsGuard(std::int64_t timestamp_ms) const { return timestamp_ms >= rules_.min_event_time_ms; }
  void Raise(std::int64_t watermark_ms);

  const TimeRules& rules_;
  const std::vector<ControlWatermark>& control_;
  std::vector<ControlWatermark>::const_iterator next_;
  std::optional<std::int64_t> largest_;
  std::optional<std::int64_t> watermark_;
};

}  // namespace tidemark::proof
