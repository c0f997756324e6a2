// Feeds files of length-delimited protobuf into an input topic: each file is one partition, in the
// order given.
//
// The log is kept short: a partition is refilled when less than half of its stock is unread, and
// what its lane has committed is deleted. So a run needs memory for the stock, not for the files.
// Thread: one.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "base/status.h"
#include "log_memory/memory_log.h"

namespace tidemark {

class InputFeed {
 public:
  static constexpr std::int64_t kStockRecords = 20'000;  // of each partition

  // Opens every file and walks its framing once; a truncated record or a length beyond 64 MiB is an
  // error that names the file and the byte. `log` outlives the feed; `topic` exists with one
  // partition per file.
  static Result<InputFeed> Open(MemoryLog& log, std::string topic,
                                const std::vector<std::string>& files);

  // Appends what each partition has room for. `positions`: the next offset that each partition's
  // lane has committed.
  Status Refill(const std::vector<Offset>& positions, Admin& admin);
  // True once the last record of every file is in the log.
  bool ended() const;
  // The end of each partition so far.
  const std::vector<Offset>& ends() const { return ends_; }
  std::uint64_t total_records() const { return total_records_; }
  std::uint64_t appended() const { return appended_; }

 private:
  struct File {
    std::string path;
    std::ifstream stream;
    std::uint64_t records = 0;
    std::uint64_t appended = 0;
  };
  InputFeed(MemoryLog& log, std::string topic) : log_(&log), topic_(std::move(topic)) {}
  Status Append(std::size_t partition, std::int64_t room);

  MemoryLog* log_;
  std::string topic_;
  std::vector<File> files_;
  std::vector<Offset> ends_;
  std::vector<Offset> deleted_;
  std::uint64_t total_records_ = 0;
  std::uint64_t appended_ = 0;
  std::string value_;
};

// The files that paths and globs name, in name order, without repetition. A pattern that names none
// is an error.
Result<std::vector<std::string>> ExpandInputs(const std::vector<std::string>& patterns);

}  // namespace tidemark
