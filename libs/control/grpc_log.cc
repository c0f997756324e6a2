#include "control/grpc_log.h"

#include <grpc/support/log.h>

#include <atomic>
#include <map>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/log_line.h"
#include "base/text.h"
#include "control/connection_trouble.h"

namespace tidemark {
namespace {

constexpr Duration kQuiet{60'000};
constexpr std::size_t kMostTexts = 32;

std::atomic<bool> warn_of_handshakes{false};

// True if the same was not said for a while.
bool IsNews(const std::string& text) {
  static std::mutex mutex;
  static std::map<std::string, MonotonicTime> said;
  const MonotonicTime now = SteadyClock().Now();
  const std::lock_guard lock(mutex);
  if (const auto found = said.find(text); found != said.end() && now - found->second < kQuiet) {
    return false;
  }
  if (said.size() >= kMostTexts) said.clear();
  said[text] = now;
  return true;
}

void TakeLine(gpr_log_func_args* line) {
  const std::string explained = ExplainHandshake(line->message);
  if (!explained.empty() && warn_of_handshakes.load()) {
    if (IsNews(explained)) LogWarning(StrCat(explained, " (", line->message, ")"));
    return;
  }
  LogDebug(StrCat("gRPC: ", line->message));
}

}  // namespace

void TakeOverGrpcLog(GrpcSide side) {
  if (side == GrpcSide::kServer) warn_of_handshakes = true;
  gpr_set_log_function(&TakeLine);
}

}  // namespace tidemark
