// The windows of one query: which calls are in which row.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "proof/batch.h"

namespace tidemark::proof {

class QueryWindows {
 public:
  explicit QueryWindows(const BatchQuery& query) : query_(query) {}

  enum class Fate { kFiltered, kKeyTooLarge, kLate, kAggregated };
  // Judges one call against the watermark of its partition as it was before it. `call` must outlive
  // this object.
  Fate Add(const Call& call, std::optional<std::int64_t> watermark_ms);
  // The rows whose time has come at the combined watermark, and the counts.
  QueryBatch Publish(std::optional<std::int64_t> combined_ms) const;

 private:
  using Group = std::vector<std::optional<std::string>>;
  struct Content {
    Calls on_time;
    Calls all;
  };

  bool IsKeyTooLarge(const Group& group) const;
  void PublishWindow(std::int64_t window_end, const Group& group, const Content& content,
                     bool is_final, QueryBatch& into) const;
  ExpectedRow MakeRow(std::int64_t window_end, const Group& group, const Calls& calls) const;

  const BatchQuery& query_;
  std::map<std::pair<std::int64_t, Group>, Content> windows_;  // (window end, group)
  QueryBatch counts_;
};

}  // namespace tidemark::proof
