// Progress of long work on standard error: "12,000,000 of 40,000,000 records, 812,000/s, 34 s
// left". A terminal gets a line redrawn in place every quarter of a second, anything else a line
// every ten seconds.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"

namespace tidemark {

class ProgressLine {
 public:
  // `total` 0: not known. `what`: the plural noun that is counted.
  ProgressLine(std::string what, std::uint64_t total);
  void Update(std::uint64_t done);
  // Ends the line.
  void Finish(std::uint64_t done);

 private:
  void Print(std::uint64_t done, MonotonicTime now);

  std::string what_;
  std::uint64_t total_;
  bool terminal_;
  SteadyClock clock_;
  MonotonicTime begun_;
  MonotonicTime printed_;
};

}  // namespace tidemark
