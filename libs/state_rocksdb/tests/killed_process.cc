// A process of its own for the writes that are cut off by kill -9. It is this test program again,
// run for its one hidden test: a fork alone would lack the database's threads.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "state_rocksdb/tests/disks.h"

namespace tidemark {

void RocksDbDisk::RunAndKill(std::uint64_t seed, std::size_t count, std::size_t acknowledged) {
  stores_.reset();
  std::array<int, 2> pipe_ends{};
  REQUIRE(pipe(pipe_ends.data()) == 0);
  setenv("TIDEMARK_TEST_STATE_DIR", folder_->path().c_str(), 1);
  setenv("TIDEMARK_TEST_SEED", std::to_string(seed).c_str(), 1);
  setenv("TIDEMARK_TEST_COUNT", std::to_string(count).c_str(), 1);
  setenv("TIDEMARK_TEST_PIPE", std::to_string(pipe_ends[1]).c_str(), 1);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    execl("/proc/self/exe", "killed", "writes until it is killed", static_cast<char*>(nullptr));
    _exit(1);
  }
  unsetenv("TIDEMARK_TEST_STATE_DIR");
  close(pipe_ends[1]);
  std::size_t seen = 0;
  for (char done = 0; seen < acknowledged && read(pipe_ends[0], &done, 1) == 1;) ++seen;
  kill(child, SIGKILL);
  close(pipe_ends[0]);
  REQUIRE(waitpid(child, nullptr, 0) == child);
  REQUIRE(seen == acknowledged);
}

namespace {

TEST_CASE("writes until it is killed", "[.]") {
  const char* directory = std::getenv("TIDEMARK_TEST_STATE_DIR");
  if (directory == nullptr) return;
  const auto stores = RocksDbCellStores::Create({.state_dir = directory}).value();
  const auto store = stores->Open(TestIdentity()).value();
  const int out = std::atoi(std::getenv("TIDEMARK_TEST_PIPE"));
  const auto script = MakeScript(std::strtoull(std::getenv("TIDEMARK_TEST_SEED"), nullptr, 10),
                                 std::strtoull(std::getenv("TIDEMARK_TEST_COUNT"), nullptr, 10));
  for (std::size_t i = 0; i < script.size(); ++i) {
    if (!Apply(script[i], i, *store).ok() || write(out, ".", 1) != 1) _exit(1);
  }
  pause();
}

}  // namespace
}  // namespace tidemark
