// A folder for the checkpoints and logs of a cluster that the command runs, removed with it.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "base/status.h"
#include "base/text.h"

namespace tidemark {

class WorkingFolder {
 public:
  WorkingFolder() = default;
  ~WorkingFolder() {
    std::error_code ignored;
    if (!path_.empty() && !kept_) std::filesystem::remove_all(path_, ignored);
  }
  WorkingFolder(const WorkingFolder&) = delete;
  WorkingFolder& operator=(const WorkingFolder&) = delete;

  // UNAVAILABLE if no folder can be made under TMPDIR (default /tmp).
  Status Make() {
    std::error_code error;
    const std::filesystem::path parent = std::filesystem::temp_directory_path(error);
    std::string pattern = (parent / "tidemark-XXXXXX").string();
    if (error || mkdtemp(pattern.data()) == nullptr) {
      return {StatusCode::kUnavailable,
              StrCat("no working folder ", pattern, ": ",
                     error ? error.message() : std::strerror(errno),
                     "; let TMPDIR name a folder that can be written"),
              Blame::kUser};
    }
    path_ = pattern;
    return {};
  }

  // It stays after this object, for somebody to look at.
  void Keep() { kept_ = true; }
  std::string path() const { return path_.string(); }  // "" before Make()
  // REQUIRES: Make() succeeded.
  std::string Sub(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
  bool kept_ = false;
};

}  // namespace tidemark
