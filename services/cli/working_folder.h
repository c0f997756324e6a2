// A folder for the checkpoints of a cluster in this process, removed with it.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace tidemark {

class WorkingFolder {
 public:
  WorkingFolder() : path_(std::filesystem::temp_directory_path() / "tidemark-XXXXXX") {
    std::string pattern = path_.string();
    if (mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~WorkingFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  WorkingFolder(const WorkingFolder&) = delete;
  WorkingFolder& operator=(const WorkingFolder&) = delete;

  std::string Sub(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace tidemark
