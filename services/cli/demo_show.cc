#include "cli/demo_show.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/text.h"

namespace tidemark {
namespace {

constexpr std::size_t kEventsKept = 16;
constexpr std::uint64_t kLineEveryS = 5;

std::size_t TerminalWidth() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 100;
}

}  // namespace

DemoShow::DemoShow()
    : terminal_(isatty(STDOUT_FILENO) != 0),
      colour_(terminal_ && std::getenv("NO_COLOR") == nullptr ? Colour::kAnsi : Colour::kNever),
      width_(TerminalWidth()) {}

void DemoShow::Tell(std::uint64_t at_s, const std::string& event) {
  events_.push_back(StrCat(MinutesAndSeconds(at_s), "  ", event));
  if (events_.size() > kEventsKept) events_.pop_front();
  if (!terminal_) std::printf("%s\n", events_.back().c_str());
  std::fflush(stdout);
}

void DemoShow::Draw(DemoSnapshot& snapshot) {
  if (!terminal_) {
    if (snapshot.elapsed_s < next_line_s_) return;
    next_line_s_ = snapshot.elapsed_s + kLineEveryS;
    std::printf("%s  %s records read (%s/s), %s rows, %s late, %s dead letters; watermark %s, %s\n",
                MinutesAndSeconds(snapshot.elapsed_s).c_str(),
                WithThousands(snapshot.records).c_str(),
                WithThousands(snapshot.records_per_s).c_str(), WithThousands(snapshot.rows).c_str(),
                WithThousands(snapshot.late).c_str(), WithThousands(snapshot.dead_letters).c_str(),
                snapshot.combined ? FormatTime(snapshot.combined->value()).c_str() : "none yet",
                snapshot.why.c_str());
    std::fflush(stdout);
    return;
  }
  snapshot.events = events_;
  if (drawn_lines_ > 0) std::printf("\x1b[%zuA", drawn_lines_);
  const auto lines = RenderPanel(snapshot, width_, colour_);
  for (const std::string& line : lines) std::printf("\x1b[K%s\n", line.c_str());
  std::printf("\x1b[J");
  drawn_lines_ = lines.size();
  std::fflush(stdout);
}

void DemoShow::End() { drawn_lines_ = 0; }

}  // namespace tidemark
