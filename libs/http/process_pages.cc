#include "http/process_pages.h"

#include <utility>

#include "base/text.h"

namespace tidemark {
namespace {

constexpr int kUnavailable = 503;

}  // namespace

ProcessPages::ProcessPages(const Clock& clock) : clock_(clock), published_(clock.Now()) {
  state_.not_ready = "starting";
}

void ProcessPages::Publish(ProcessState state) {
  const std::lock_guard lock(mutex_);
  state_ = std::move(state);
  published_ = clock_.Now();
}

std::map<std::string, HttpHandler> ProcessPages::Handlers() {
  return {{"/metrics", [this](const HttpRequest&) { return Metrics(); }},
          {"/healthz", [this](const HttpRequest&) { return Health(); }},
          {"/readyz", [this](const HttpRequest&) { return Readiness(); }}};
}

HttpResponse ProcessPages::Metrics() const {
  const std::lock_guard lock(mutex_);
  return {.body = state_.metrics, .type = "text/plain; version=0.0.4; charset=utf-8"};
}

HttpResponse ProcessPages::Health() const {
  const std::lock_guard lock(mutex_);
  const Duration silent = clock_.Now() - published_;
  if (silent < kStuckAfter) return {.body = "ok\n"};
  return {.status = kUnavailable,
          .body = StrCat("the main loop has not come round for ", silent.count() / 1'000,
                         " s: see the log, restart the process\n")};
}

HttpResponse ProcessPages::Readiness() const {
  const std::lock_guard lock(mutex_);
  if (state_.not_ready.empty()) return {.body = "ok\n"};
  return {.status = kUnavailable, .body = StrCat("not ready: ", state_.not_ready, "\n")};
}

}  // namespace tidemark
