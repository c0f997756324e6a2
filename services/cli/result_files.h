// Writes what a run publishes to files: DIR/<sink topic>.ndjson with one result value per line, and
// the late and dead-letter records, if any, with their headers and their bytes in base64. Thread:
// one.
#pragma once

#include <cstdint>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "log/log.h"

namespace tidemark {

class ResultFiles {
 public:
  enum class Form : std::uint8_t { kRows, kSideRecords };
  struct Topic {
    std::string name;
    Form form = Form::kRows;
  };
  // `log` outlives it.
  ResultFiles(Log& log, std::string folder);

  // The topic exists. Files of result topics are created at once, the others with their first
  // record.
  Status Add(const Topic& topic, std::int32_t partitions);
  // Writes what is there and deletes it from the log.
  Status Drain();
  // Flushes and closes.
  Status Close();
  std::uint64_t written(const std::string& topic) const;

 private:
  struct Source {
    Topic topic;
    Partition partition;
  };
  struct File {
    std::ofstream stream;
    std::string path;
    std::uint64_t lines = 0;
  };

  Status DrainPartition(const Source& source);
  Status Write(const Topic& topic, const RecordView& record);
  Status Open(const std::string& topic);

  std::string folder_;
  std::unique_ptr<Consumer> consumer_;
  std::unique_ptr<Admin> admin_;
  std::vector<Source> sources_;
  std::map<std::string, File> files_;
  std::string line_;
};

}  // namespace tidemark
