// A program that runs beside this one and never outlives it: the kernel kills it when this process
// ends, however that happens. A terminal's ^C does not reach it; whoever started it ends it.
//
// Thread: one, the same for all calls; children die with it.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"

namespace tidemark {

class ChildProcess {
 public:
  struct Command {
    std::string program;  // a path
    std::vector<std::string> arguments;
    std::string log;  // the file that both its outputs are appended to
  };
  // UNAVAILABLE: the log cannot be written, or there is no process to be had. A program that cannot
  // be run ends with 127.
  static Result<std::unique_ptr<ChildProcess>> Start(const Command& command);
  // Kills it.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  bool Runs();
  // "ended with 1", "was killed by signal 9", "runs".
  std::string End();
  bool EndedWell();  // by itself, with 0

  void Kill();       // -9, and waits for its end
  void Stop();       // SIGSTOP, and waits until it stands still
  void Continue();   // SIGCONT
  void Terminate();  // SIGTERM, also to a stopped one
  bool WaitForEnd(Duration timeout);

  const std::string& log() const { return log_; }

 private:
  ChildProcess(pid_t pid, std::string log) : pid_(pid), log_(std::move(log)) {}

  const pid_t pid_;
  const std::string log_;
  bool ended_ = false;
  int status_ = 0;  // of waitpid, once ended
};

}  // namespace tidemark
