#include "cli/progress_line.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/text.h"
#include "cli/demo_panel.h"

namespace tidemark {

ProgressLine::ProgressLine(std::string what, std::uint64_t total)
    : what_(std::move(what)),
      total_(total),
      terminal_(isatty(STDERR_FILENO) != 0),
      begun_(clock_.Now()),
      printed_(begun_) {}

void ProgressLine::Update(std::uint64_t done) {
  const MonotonicTime now = clock_.Now();
  if (now - printed_ < (terminal_ ? Duration(250) : Duration(10'000))) return;
  Print(done, now);
}

void ProgressLine::Finish(std::uint64_t done) {
  Print(done, clock_.Now());
  if (terminal_) std::fputc('\n', stderr);
}

void ProgressLine::Print(std::uint64_t done, MonotonicTime now) {
  printed_ = now;
  const std::int64_t elapsed_ms = std::max<std::int64_t>(1, (now - begun_).count());
  const std::uint64_t per_s = done * 1'000 / static_cast<std::uint64_t>(elapsed_ms);
  std::string line = WithThousands(done);
  if (total_ > 0) line += StrCat(" of ", WithThousands(total_));
  line += StrCat(" ", what_, ", ", WithThousands(per_s), "/s");
  if (total_ > done && per_s > 0) line += StrCat(", ", (total_ - done) / per_s, " s left");
  std::fprintf(stderr, terminal_ ? "\r\x1b[K%s" : "%s\n", line.c_str());
  std::fflush(stderr);
}

}  // namespace tidemark
