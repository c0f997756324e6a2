// A folder of its own under TMPDIR (default /tmp), removed with this object and all that is in it.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "base/status.h"

namespace tidemark {

class TemporaryFolder {
 public:
  // UNAVAILABLE if none can be made there.
  static Result<std::unique_ptr<TemporaryFolder>> Create();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  // It stays after this object, for somebody to look at.
  void Keep() { kept_ = true; }
  const std::string& path() const { return path_; }
  std::string Sub(const std::string& name) const { return path_ + "/" + name; }

 private:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}

  std::string path_;
  bool kept_ = false;
};

}  // namespace tidemark
