#include "base/temporary_folder.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace tidemark {
namespace {

namespace fs = std::filesystem;

TEST_CASE("a temporary folder goes with its owner, and with all that is in it") {
  auto folder = TemporaryFolder::Create().value();
  const fs::path path = folder->path();
  CHECK(path.parent_path() == fs::temp_directory_path());
  REQUIRE(fs::is_directory(path));
  CHECK(folder->Sub("inner") == path / "inner");
  REQUIRE(fs::create_directory(folder->Sub("inner")));
  std::ofstream(folder->Sub("inner/file")) << "text";
  folder.reset();
  CHECK_FALSE(fs::exists(path));
}

TEST_CASE("two temporary folders are not the same") {
  CHECK(TemporaryFolder::Create().value()->path() != TemporaryFolder::Create().value()->path());
}

TEST_CASE("a temporary folder that is kept stays") {
  auto folder = TemporaryFolder::Create().value();
  const fs::path path = folder->path();
  folder->Keep();
  folder.reset();
  CHECK(fs::remove(path));
}

TEST_CASE("where no folder can be made, the error names TMPDIR") {
  const char* const before = std::getenv("TMPDIR");
  const std::string restored = before == nullptr ? "" : before;
  for (const char* parent : {"/nowhere", "/proc"}) {
    INFO(parent);
    setenv("TMPDIR", parent, 1);
    const Status status = TemporaryFolder::Create().status();
    CHECK(status.code() == StatusCode::kUnavailable);
    CHECK(status.message().find("TMPDIR") != std::string::npos);
  }
  before == nullptr ? unsetenv("TMPDIR") : setenv("TMPDIR", restored.c_str(), 1);
}

}  // namespace
}  // namespace tidemark
