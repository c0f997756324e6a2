// Shows a demo as it runs: a panel redrawn in place on a terminal, a log of events and of the state
// every five seconds otherwise. Thread: one.
#pragma once

#include <string>

#include "cli/demo_panel.h"

namespace tidemark {

class DemoShow {
 public:
  DemoShow();
  // `at_s`: seconds since the start of the show.
  void Tell(std::uint64_t at_s, const std::string& event);
  // Redraws, or prints a line when one is due.
  void Draw(DemoSnapshot& snapshot);
  // Leaves the panel on the screen; what follows is printed below it.
  void End();

 private:
  bool terminal_;
  Colour colour_;
  std::size_t width_;
  std::size_t drawn_lines_ = 0;
  std::uint64_t next_line_s_ = 5;
  std::deque<std::string> events_;
};

}  // namespace tidemark
