#include "metrics/metrics_page.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

namespace tidemark {
namespace {

TEST_CASE("a page has help, type, labels and values, in the order of the table") {
  MetricsPage page;
  page.Add(Metric::kBuildInfo, {"1.2.3"}, 1);
  page.Add(Metric::kSourceLag, {"voice", "calls", "0"}, 7);
  page.Add(Metric::kQueryEvents, {"voice", "a\"b\\c\nd", "late"}, 12'345'678);
  CHECK(
      page.Text() ==
      "# HELP tidemark_source_lag_records Offsets between what was read and the partition's end, "
      "as last seen.\n"
      "# TYPE tidemark_source_lag_records gauge\n"
      "tidemark_source_lag_records{pipeline=\"voice\",topic=\"calls\",partition=\"0\"} 7\n"
      "# HELP tidemark_query_events_total Events that lanes committed since this process began by "
      "what became of them: "
      "aggregated, filtered, late. Each event counts once for each query.\n"
      "# TYPE tidemark_query_events_total counter\n"
      "tidemark_query_events_total{pipeline=\"voice\",query=\"a\\\"b\\\\c\\nd\",outcome=\"late\"} "
      "12345678\n"
      "# HELP tidemark_build_info 1.\n"
      "# TYPE tidemark_build_info gauge\n"
      "tidemark_build_info{version=\"1.2.3\"} 1\n");
}

TEST_CASE("values under the same labels add up, under others they do not") {
  MetricsPage page;
  page.Add(Metric::kCellsOpen, {"a"}, 2);
  page.Add(Metric::kCellsOpen, {"a"}, 3);
  page.Add(Metric::kCellsOpen, {"b"}, 4);
  const std::string text = page.Text();
  CHECK(text.find("tidemark_cells_open{pipeline=\"a\"} 5\n") != std::string::npos);
  CHECK(text.find("tidemark_cells_open{pipeline=\"b\"} 4\n") != std::string::npos);
}

TEST_CASE("large counts and times lose no digit") {
  MetricsPage page;
  page.Add(Metric::kSourceRecords, {"p", "t", "0"}, 9'007'199'254'740'991.0);
  page.Add(Metric::kSourceWatermark, {"p", "t", "0"}, 1'764'115'200.123);
  const std::string text = page.Text();
  CHECK(text.find("} 9007199254740991\n") != std::string::npos);
  const std::size_t at = text.find("watermark_timestamp_seconds{");
  REQUIRE(at != std::string::npos);
  CHECK(std::stod(text.substr(text.find("} ", at) + 2)) == 1'764'115'200.123);
}

TEST_CASE(
    "buckets are cumulative, a bound belongs to the bucket it ends, and nothing is lost above") {
  const auto bounds = InfoOf(Metric::kCommitDuration).bounds;
  HistogramValue value = EmptyHistogram(bounds);
  for (const double seconds : {0.005, 0.0051, 10.0, 11.0}) Observe(bounds, seconds, value);
  MetricsPage page;
  page.Add(Metric::kCommitDuration, {"merge"}, value);
  const std::string text = page.Text();
  INFO(text);
  const auto has = [&](const std::string& line) {
    return text.find(line + "\n") != std::string::npos;
  };
  CHECK(has("tidemark_commit_duration_seconds_count{kind=\"merge\"} 4"));
  CHECK(has("tidemark_commit_duration_seconds_bucket{kind=\"merge\",le=\"0.005\"} 1"));
  CHECK(has("tidemark_commit_duration_seconds_bucket{kind=\"merge\",le=\"0.01\"} 2"));
  CHECK(has("tidemark_commit_duration_seconds_bucket{kind=\"merge\",le=\"5\"} 2"));
  CHECK(has("tidemark_commit_duration_seconds_bucket{kind=\"merge\",le=\"10\"} 3"));
  CHECK(has("tidemark_commit_duration_seconds_bucket{kind=\"merge\",le=\"+Inf\"} 4"));
}

TEST_CASE("the table keeps Prometheus' rules for names") {
  std::set<std::string_view> names;
  for (const MetricInfo& info : Metrics()) {
    INFO(info.name);
    CHECK(&InfoOf(info.metric) == &info);
    CHECK(names.insert(info.name).second);
    CHECK(info.name.starts_with("tidemark_"));
    CHECK(info.name.ends_with("_total") == (info.type == MetricType::kCounter));
    CHECK(info.bounds.empty() == (info.type != MetricType::kHistogram));
    CHECK(info.help.ends_with('.'));
  }
}

// TIDEMARK_WRITE_DOCS=1 metrics_test "docs/metrics.md*" writes the file anew.
TEST_CASE("docs/metrics.md is made from the table of metrics") {
  const std::string path = "docs/metrics.md";
  if (std::getenv("TIDEMARK_WRITE_DOCS") != nullptr)
    std::ofstream(path, std::ios::binary) << MetricsDocument();
  std::ifstream in(path, std::ios::binary);
  std::stringstream stored;
  stored << in.rdbuf();
  INFO("stale: run TIDEMARK_WRITE_DOCS=1 metrics_test \"docs/metrics.md*\" in the source folder");
  CHECK(stored.str() == MetricsDocument());
}

}  // namespace
}  // namespace tidemark
