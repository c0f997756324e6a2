#include "cli/child_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>
#include <utility>

#include "base/text.h"

namespace tidemark {
namespace {

constexpr int kCannotRun = 127;
constexpr Duration kPoll{5};

// Between fork and exec: only what may be called there.
[[noreturn]] void Become(const char* program, char* const* arguments, int log, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(kCannotRun);
  setpgid(0, 0);
  const int nothing = open("/dev/null", O_RDONLY);
  dup2(nothing, STDIN_FILENO);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  execv(program, arguments);
  _exit(kCannotRun);
}

}  // namespace

Result<std::unique_ptr<ChildProcess>> ChildProcess::Start(const Command& command) {
  const int log = open(command.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (log < 0)
    return Status::Unavailable(StrCat(command.log, " cannot be written: ", std::strerror(errno)));
  std::vector<std::string> words = {command.program};
  words.insert(words.end(), command.arguments.begin(), command.arguments.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) Become(command.program.c_str(), arguments.data(), log, parent);
  const int why = errno;
  close(log);
  if (pid < 0)
    return Status::Unavailable(StrCat(command.program, " cannot be started: ", std::strerror(why)));
  return std::unique_ptr<ChildProcess>(new ChildProcess(pid, command.log));
}

ChildProcess::~ChildProcess() { Kill(); }

bool ChildProcess::Runs() {
  if (!ended_ && waitpid(pid_, &status_, WNOHANG) == pid_) ended_ = true;
  return !ended_;
}

std::string ChildProcess::End() {
  if (Runs()) return "runs";
  if (WIFSIGNALED(status_)) return StrCat("was killed by signal ", WTERMSIG(status_));
  return StrCat("ended with ", WEXITSTATUS(status_));
}

bool ChildProcess::EndedWell() {
  return !Runs() && WIFEXITED(status_) && WEXITSTATUS(status_) == 0;
}

void ChildProcess::Kill() {
  if (!Runs()) return;
  kill(pid_, SIGKILL);
  while (!ended_) ended_ = waitpid(pid_, &status_, 0) == pid_ || errno != EINTR;
}

void ChildProcess::Stop() {
  if (!Runs()) return;
  kill(pid_, SIGSTOP);
  siginfo_t info{};
  while (waitid(P_PID, static_cast<id_t>(pid_), &info, WSTOPPED | WEXITED | WNOWAIT) != 0 &&
         errno == EINTR) {
  }
}

void ChildProcess::Continue() {
  if (Runs()) kill(pid_, SIGCONT);
}

void ChildProcess::Terminate() {
  if (!Runs()) return;
  kill(pid_, SIGTERM);
  kill(pid_, SIGCONT);
}

bool ChildProcess::WaitForEnd(Duration timeout) {
  const SteadyClock clock;
  const MonotonicTime begun = clock.Now();
  while (Runs() && clock.Now() - begun < timeout) std::this_thread::sleep_for(kPoll);
  return !Runs();
}

}  // namespace tidemark
