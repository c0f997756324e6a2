#include "state_rocksdb/directory_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/text.h"

namespace tidemark {
namespace {

constexpr const char* kAdvice = "name a directory that this user may write";

std::string LastError() { return std::error_code(errno, std::generic_category()).message(); }

// The content of the lock file: the owner's process id.
std::string ReadOwner(int file) {
  std::array<char, 32> text{};
  const ssize_t size = pread(file, text.data(), text.size(), 0);
  return size > 0 ? std::string(text.data(), static_cast<std::size_t>(size)) : "unknown";
}

// Only for the message of whoever comes second: a failure is of no matter.
void WriteOwner(int file) {
  const std::string owner = std::to_string(getpid());
  if (ftruncate(file, 0) == 0) static_cast<void>(!pwrite(file, owner.data(), owner.size(), 0));
}

}  // namespace

Result<std::unique_ptr<DirectoryLock>> DirectoryLock::Acquire(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) {
    return Status::FailedPrecondition(StrCat("cannot create the state directory ", directory, ": ",
                                             error.message(), ": ", kAdvice));
  }
  const std::string path = directory + "/LOCK";
  const int file = open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
  if (file < 0) {
    return Status::FailedPrecondition(
        StrCat("cannot open ", path, ": ", LastError(), ": ", kAdvice));
  }
  std::unique_ptr<DirectoryLock> lock(new DirectoryLock(file));
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    return Status::FailedPrecondition(StrCat("the state directory ", directory,
                                             " is in use by process ", ReadOwner(file),
                                             ": give each worker a worker.state_dir of its own"));
  }
  WriteOwner(file);
  return lock;
}

DirectoryLock::~DirectoryLock() { close(file_); }

}  // namespace tidemark
