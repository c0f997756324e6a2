// One call metric as the queries see it, read from the record's bytes with the generated classes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::proof {

// nullopt is SQL's NULL.
struct Call {
  std::int64_t event_time_ms = 0;
  std::string account_sid;
  std::optional<std::string> to_country;
  std::optional<std::string> carrier_sid;
  bool has_summary = false;
  // Of the summary, if there is one:
  int state = 0;  // 0 = NULL
  std::uint32_t last_sip_response = 0;
  std::optional<std::uint32_t> pdd_ms;
  std::uint64_t connect_duration_ms = 0;
  std::vector<int> tags;  // without number 0
};

struct ReadCall {
  // The outermost level is broken: there is not even an event time.
  bool framed = true;
  std::int64_t event_time_ms = 0;
  // nullopt: a level or a text that the queries read is broken.
  std::optional<Call> call;
};

// Levels that are read: the record, dims and summary. Damage elsewhere is not looked for.
ReadCall ReadCallMetric(std::string_view value);

// "COMPLETED", or "UNKNOWN(17)".
std::string TagName(int tag);

}  // namespace tidemark::proof
