// Result rows as users read them (contract 4, result topics): JSON value and key, partition,
// headers.
//
// value {window_start, window_end, the selected columns in order, finality, revision}; key
// {window_start, window_end, group columns}. The partition is murmur2 of the key without its
// window, so all windows of a series lie in one partition, in window order. Thread: owned by one
// task thread.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "task/closing.h"
#include "task/outbox.h"
#include "task/task.h"

namespace tidemark {

class RowWriter {
 public:
  // Both outlive it.
  RowWriter(const TaskContext& context, const MergeQueries& queries);

  // Appends the emission's records, one for each sink that wants it, and returns their number. A
  // sink whose partition count is not known is FAILED_PRECONDITION.
  Result<std::uint64_t> Write(const Emission& emission, Outbox& out);

 private:
  static constexpr std::size_t kHeaders = 5;
  using Headers = std::array<HeaderView, kHeaders>;
  struct Query {
    std::vector<Type> group_types;
    std::vector<std::string> group_names;           // `"country":`, as they stand in the key
    std::vector<std::string> output_names;          // `,"calls":`
    std::vector<FinishContext> finish;              // by output column
    std::array<std::array<Headers, 2>, 2> headers;  // by finality and revision
    std::vector<std::int32_t> partitions;           // by sink; 0: not known
  };

  Query Prepare(const TaskContext& context, const QueryPlan& plan) const;
  const std::byte* Unite(const Emission& emission);
  void BeginTrigger(const Emission& emission);
  Status WriteGroup(const Query& query, std::string_view key);
  std::string_view Part(std::size_t column) const;
  void WriteValue(const Emission& emission, const Query& query, const std::byte* states);

  std::map<InstanceId, Query> queries_;
  std::vector<std::byte> united_;
  StateArena arena_;
  std::string parts_;              // JSON of the group columns, one behind another
  std::vector<std::size_t> ends_;  // of each in it
  std::string window_;             // `"window_start":"..","window_end":".."`
  Trigger window_of_;
  const MergeQuery* query_of_ = nullptr;
  const Query* query_ = nullptr;  // the same, as prepared here
  std::string series_;            // key without window
  std::string key_;
  std::string value_;
};

}  // namespace tidemark
