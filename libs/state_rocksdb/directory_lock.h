// One process owns a state directory.
#pragma once

#include <memory>
#include <string>

#include "base/status.h"

namespace tidemark {

class DirectoryLock {
 public:
  // Creates the directory if missing and locks it until destruction. FAILED_PRECONDITION names the
  // directory and the process that holds it.
  static Result<std::unique_ptr<DirectoryLock>> Acquire(const std::string& directory);
  ~DirectoryLock();
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

 private:
  explicit DirectoryLock(int file) : file_(file) {}
  int file_;
};

}  // namespace tidemark
