#include "cli/demo_panel.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/text.h"

namespace tidemark {
namespace {

constexpr std::size_t kEventLines = 4;
constexpr std::size_t kSeriesLines = 6;

std::string Padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

std::string Number(double value, const char* format) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

std::string Painted(const std::string& text, const char* code, Colour colour) {
  return colour == Colour::kAnsi ? StrCat("\x1b[", code, "m", text, "\x1b[0m") : text;
}

std::string TimeOfDay(std::optional<Watermark> watermark) {
  return watermark ? FormatTime(watermark->value()).substr(11, 8) : "none yet";
}

std::string WorkerText(const DemoSnapshot::WorkerLine& worker, Colour colour) {
  const bool well = worker.state == "running";
  return StrCat(worker.id, " ", Painted(worker.state, well ? "32" : "31;1", colour), " (",
                worker.lanes, " lanes, ", worker.merges, " merges)");
}

std::string PartitionText(const DemoSnapshot::PartitionLine& partition) {
  return StrCat(Padded(partition.name, 16), Padded(TimeOfDay(partition.watermark), 10),
                Padded(partition.state, 14), WithThousands(partition.behind), " behind");
}

// The last closed minute against the mean of those before it.
std::string Trend(const DemoSnapshot::Series& series, Colour colour) {
  double sum = 0;
  int count = 0;
  for (std::size_t i = 0; i + 1 < series.percent.size(); ++i) {
    if (series.percent[i]) {
      sum += *series.percent[i];
      ++count;
    }
  }
  if (count == 0 || series.percent.empty() || !series.percent.back()) return " ";
  const double change = *series.percent.back() - sum / count;
  if (change < -15) return Painted(StrCat("down ", Number(-change, "%.0f")), "31;1", colour);
  if (change > 15) return Painted(StrCat("up ", Number(change, "%.0f")), "32", colour);
  return "steady";
}

std::string SeriesText(const DemoSnapshot::Series& series, Colour colour) {
  std::string line = Padded(series.carrier, 12) + Padded(series.country, 4);
  for (std::size_t i = series.percent.size(); i < kPanelMinutes; ++i) line += "     ";
  for (const std::optional<double>& percent : series.percent) {
    line += percent ? Number(*percent, "%5.0f") : "    -";
  }
  return line + "  " + Trend(series, colour);
}

std::vector<std::string> Head(const DemoSnapshot& snapshot, Colour colour) {
  const auto worker_text = [&](const auto& worker) { return WorkerText(worker, colour); };
  return {StrCat(Painted("Tidemark demo", "1", colour), "  ", MinutesAndSeconds(snapshot.elapsed_s),
                 " of ", MinutesAndSeconds(snapshot.total_s),
                 "   event time runs 60 times faster   seed ", snapshot.seed),
          StrCat("records    ", WithThousands(snapshot.records), " read (",
                 WithThousands(snapshot.records_per_s), "/s)   rows ", WithThousands(snapshot.rows),
                 "   late ", WithThousands(snapshot.late), "   dead letters ",
                 WithThousands(snapshot.dead_letters)),
          "workers    " + Join(snapshot.workers, "   ", worker_text),
          StrCat("watermark  ", TimeOfDay(snapshot.combined), "   ", snapshot.why)};
}

}  // namespace

std::string MinutesAndSeconds(std::uint64_t seconds) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%02u:%02u", static_cast<unsigned>(seconds / 60 % 100),
                static_cast<unsigned>(seconds % 60));
  return text.data();
}

std::string WithThousands(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ',');
  return digits;
}

std::vector<std::string> RenderPanel(const DemoSnapshot& snapshot, std::size_t width,
                                     Colour colour) {
  std::vector<std::string> lines = Head(snapshot, colour);
  for (const auto& partition : snapshot.partitions)
    lines.push_back("  " + PartitionText(partition));
  lines.push_back(
      Painted("answered calls in percent, per closed minute, newest right", "1", colour));
  for (std::size_t i = 0; i < std::min(kSeriesLines, snapshot.series.size()); ++i) {
    lines.push_back("  " + SeriesText(snapshot.series[i], colour));
  }
  const std::size_t events = std::min(kEventLines, snapshot.events.size());
  for (std::size_t i = snapshot.events.size() - events; i < snapshot.events.size(); ++i) {
    lines.push_back("> " + snapshot.events[i]);
  }
  if (lines.size() > kPanelLines) lines.resize(kPanelLines);
  for (std::string& line : lines) {
    if (colour == Colour::kNever && line.size() > width) line.resize(width);
  }
  return lines;
}

}  // namespace tidemark
