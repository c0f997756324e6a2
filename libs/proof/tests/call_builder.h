// Call metrics for tests, as bytes and as input records.
#pragma once

#include <optional>
#include <string>

#include "proof/batch.h"
#include "tidemark/events/v1/call_metric.pb.h"

namespace tidemark::proof {

// 2025-11-25T10:00:00Z
inline constexpr std::int64_t kTen = 1'764'064'800'000;

struct CallSpec {
  std::int64_t time_ms = kTen;
  std::string account = "AC1";
  std::string country = "US";
  std::string carrier = "CR1";
  events::v1::CallState state = events::v1::CALL_STATE_COMPLETED;
  std::uint32_t sip = 200;
  std::optional<std::uint32_t> pdd_ms = std::nullopt;
  std::uint64_t connect_ms = 0;
};

inline events::v1::CallMetric MakeMetric(const CallSpec& spec) {
  events::v1::CallMetric metric;
  metric.set_event_time_ms(spec.time_ms);
  metric.set_account_sid(spec.account);
  metric.mutable_dims()->set_to_country(spec.country);
  metric.mutable_dims()->set_carrier_sid(spec.carrier);
  metric.mutable_summary()->set_state(spec.state);
  metric.mutable_summary()->set_last_sip_response(spec.sip);
  if (spec.pdd_ms) metric.mutable_summary()->set_pdd_ms(*spec.pdd_ms);
  metric.mutable_summary()->set_connect_duration_ms(spec.connect_ms);
  return metric;
}

inline std::string Bytes(const events::v1::CallMetric& metric) {
  return metric.SerializeAsString();
}
inline std::string Bytes(const CallSpec& spec) { return Bytes(MakeMetric(spec)); }

// Appends a record that reached the log at the time of its event, or at `timestamp_ms`.
inline void Append(InputPartition& partition, std::optional<std::string> value,
                   std::int64_t timestamp_ms = -1) {
  partition.records.push_back({.offset = static_cast<std::int64_t>(partition.records.size()),
                               .timestamp_ms = timestamp_ms,
                               .value = std::move(value)});
}
inline void Append(InputPartition& partition, const CallSpec& spec) {
  Append(partition, Bytes(spec));
}

}  // namespace tidemark::proof
