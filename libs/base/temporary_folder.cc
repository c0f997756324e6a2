#include "base/temporary_folder.h"

#include <stdlib.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/text.h"

namespace tidemark {

Result<std::unique_ptr<TemporaryFolder>> TemporaryFolder::Create() {
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::temp_directory_path(error);
  // mkdtemp replaces the six X at the end.
  std::string path = (parent / ("tidemark-" + std::string(6, 'X'))).string();
  if (error || mkdtemp(path.data()) == nullptr) {
    return Status(
        StatusCode::kUnavailable,
        StrCat("no working folder ", path, ": ", error ? error.message() : std::strerror(errno),
               "; let TMPDIR name a folder that can be written"),
        Blame::kUser);
  }
  return std::unique_ptr<TemporaryFolder>(new TemporaryFolder(std::move(path)));
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!kept_) std::filesystem::remove_all(path_, ignored);
}

}  // namespace tidemark
