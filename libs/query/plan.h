// The validated plan of a pipeline: all that tasks need to know, with every name resolved.
// Immutable once built.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aggregate/aggregate.h"
#include "expression/expression.h"
#include "model/ids.h"
#include "model/time.h"
#include "record/decoder.h"
#include "window/window.h"

namespace tidemark {

struct GroupColumn {
  std::string name;        // of the result column
  std::size_t column = 0;  // of the decoded rows
  Type type;
};

// One state of every cell of a query. State 0 is always the event count: function "count", no
// argument, no filter.
struct StateColumn {
  BoundState state;
  std::vector<ExpressionPtr>
      arguments;         // the columns it is fed from; most are plain column references
  ExpressionPtr filter;  // nullptr: every row
};

struct OutputColumn {
  enum class Source : std::uint8_t { kGroup, kState };
  std::string name;
  Source source = Source::kGroup;
  std::size_t index = 0;  // of the group column or the state
  // For kState:
  FinishFunction finish = nullptr;
  std::vector<Value> literals;
  Type argument;
  Type result;
  std::string aggregate;  // its name, for `query schema`
};

struct SinkPlan {
  enum class Revisions : std::uint8_t { kAll, kFinal };
  std::string topic;
  Revisions revisions = Revisions::kAll;
};

struct QueryPlan {
  std::string name;
  InstanceId instance;
  std::string sql;
  WindowSpec window;
  Duration allowed_lateness{0};
  ExpressionPtr where;  // nullptr: every row
  std::vector<GroupColumn> group;
  std::vector<StateColumn> states;
  std::vector<OutputColumn> outputs;  // in the order of the SELECT list
  std::vector<SinkPlan> sinks;
};

struct WatermarkOptions {
  Duration max_out_of_orderness{30'000};
  Duration idle_after{60'000};
  Duration max_future_skew{300'000};
  std::optional<Duration> close_after;  // all_idle: close_after; nullopt: hold
  bool trusted_time_required = false;
};

struct StartPosition {
  enum class Kind : std::uint8_t { kEarliest, kLatest, kTime };
  Kind kind = Kind::kEarliest;
  EventTime time;  // of kTime
};

struct SideTopicOptions {
  bool full_payload = true;  // false: headers only
  Duration retention{3 * 86'400'000LL};
};

struct TopicOptions {
  bool create = true;
  std::int16_t replication_factor = 1;
  std::int32_t partitions = 4;
};

struct PipelinePlan {
  std::string name;
  PlanVersion version{std::uint64_t{1}};
  std::vector<std::string> topics;
  StartPosition start;
  DecodeSpec decode;  // fields are the union of what all queries read
  WatermarkOptions watermark;
  std::uint32_t lanes = 0;  // 0 = min(input partitions, 16), resolved when the pipeline is created
  std::uint32_t shuffle_partitions = 8;
  std::vector<QueryPlan> queries;
  SideTopicOptions late;
  SideTopicOptions dead_letter;
  TopicOptions sink_topics;
  std::vector<std::string> warnings;  // for `plan` and `describe`
};

}  // namespace tidemark
