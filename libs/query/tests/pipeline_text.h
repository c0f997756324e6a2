// Pipeline files for tests: a whole file around the part that a test is about.
#pragma once

#include <string>
#include <string_view>

#include "query/planner.h"

namespace tidemark {

inline constexpr std::string_view kHead =
    "version: 1\n"
    "pipeline: voice\n"
    "source: {name: calls, topics: [call-metrics], event_time: event_time_ms}\n"
    "queries:\n";

// A pipeline of one query; `sql` may have several lines.
inline std::string PipelineOf(std::string_view sql, std::string_view more = "") {
  std::string out(kHead);
  out += "  - name: q\n    sql: |\n      ";
  for (const char c : sql) {
    out += c;
    if (c == '\n') out += "      ";
  }
  out += "\n    sinks: [{topic: results}]\n";
  out += more;
  return out;
}

inline PlanResult PlanText(std::string text) {
  return PlanPipeline({.file = "voice.yaml", .text = std::move(text)});
}

inline PlanResult PlanSql(std::string_view sql, std::string_view more = "") {
  return PlanText(PipelineOf(sql, more));
}

// The messages, one per line: what a failed test shows.
inline std::string Messages(const PlanResult& result) {
  std::string out;
  for (const Diagnostic& d : result.diagnostics) out += d.message + "\n";
  return out;
}

}  // namespace tidemark
