// A pipeline file for tests that need one that runs, whatever it computes.
#pragma once

#include <string>

#include "base/text.h"

namespace tidemark {

// Of topic calls, with as many lanes as partitions, two merge tasks and one query.
inline std::string CallsByAccount(const std::string& pipeline = "voice") {
  return StrCat("version: 1\npipeline: ", pipeline, R"(
source:
  name: calls
  topics: [calls]
  message: tidemark.events.v1.CallMetric
  event_time: event_time_ms
shuffle: {lanes: 0, partitions: 2}
queries:
  - name: calls_by_account
    sql: SELECT account_sid, count(*) AS calls FROM calls GROUP BY tumble('1m'), account_sid
    sinks: [{topic: )",
                pipeline, "-rows, revisions: all, format: json}]\n");
}

}  // namespace tidemark
