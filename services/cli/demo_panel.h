// The demo's panel: what a terminal shows, redrawn in place. Pure: a snapshot goes in, lines come
// out.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "model/time.h"

namespace tidemark {

struct DemoSnapshot {
  struct WorkerLine {
    std::string id;
    std::string state;  // "running", "KILLED", "STOPPED", "draining"
    std::size_t lanes = 0;
    std::size_t merges = 0;
  };
  struct PartitionLine {
    std::string name;  // "calls/3"
    std::optional<Watermark> watermark;
    std::string state;         // LIVE, IDLE, ...
    std::uint64_t behind = 0;  // records not yet read
  };
  // Answer-seizure ratio of one carrier and country per closed minute, oldest first; nullopt: no
  // calls.
  struct Series {
    std::string carrier;
    std::string country;
    std::uint64_t calls = 0;
    std::deque<std::optional<double>> percent;
  };
  std::uint64_t elapsed_s = 0;
  std::uint64_t total_s = 0;
  std::uint64_t seed = 0;
  std::uint64_t records = 0;
  std::uint64_t records_per_s = 0;
  std::uint64_t rows = 0;
  std::uint64_t late = 0;
  std::uint64_t dead_letters = 0;
  std::optional<Watermark> combined;
  std::string why;  // which partition holds the watermark, and why
  std::vector<WorkerLine> workers;
  std::vector<PartitionLine> partitions;
  std::vector<Series> series;
  std::deque<std::string> events;  // newest last
};

enum class Colour : std::uint8_t { kNever, kAnsi };

inline constexpr std::size_t kPanelLines = 24;
inline constexpr std::size_t kPanelMinutes = 8;  // of each series

// At most kPanelLines lines of at most `width` columns.
std::vector<std::string> RenderPanel(const DemoSnapshot& snapshot, std::size_t width,
                                     Colour colour);

// "01:05"
std::string MinutesAndSeconds(std::uint64_t seconds);
// "12,345,678"
std::string WithThousands(std::uint64_t number);

}  // namespace tidemark
