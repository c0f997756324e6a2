// Reads committed rows of result topics, partition by partition, for one who follows them.
//
// Thread: one.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "control/admin_answers.h"
#include "log/log.h"

namespace tidemark {

class RowReader {
 public:
  static constexpr std::size_t kMostRows = 500;  // of one answer

  enum class Begin : std::uint8_t { kEarliest, kNow };
  // Waits up to ten seconds for the log service. `resume`: where to begin instead, by partition; a
  // position that the log does not hold any more is FAILED_PRECONDITION at the first read.
  static Result<std::unique_ptr<RowReader>> Open(Log* log, const Clock& clock,
                                                 const std::string& topic, Begin begin,
                                                 const std::map<Partition, Offset>& resume);

  // What is there now; empty rows: nothing. `query`: rows of other queries in the topic are left
  // out.
  Result<admin::v1::TailQueryResponse> Read(const std::string& query);

 private:
  RowReader(std::string topic, std::unique_ptr<Consumer> consumer)
      : topic_(std::move(topic)), consumer_(std::move(consumer)) {}

  std::string topic_;
  std::unique_ptr<Consumer> consumer_;
  std::map<Partition, Offset> positions_;
};

}  // namespace tidemark
