#include "simulation/scenario.h"

#include "base/text.h"

namespace tidemark::simulation {
namespace {

SimQuery DrawQuery(Random& random, int index) {
  SimQuery query;
  query.name = StrCat("q", index);
  static constexpr std::int64_t kSlides[] = {250, 500, 1'000, 2'000};
  query.slide = kSlides[random.Below(4)];
  query.size = query.slide;
  if (random.Below(2) == 0)
    query.size = query.slide * random.Between(1, 4) + (query.slide / 2) * random.Between(0, 1);
  static constexpr std::int64_t kLateness[] = {0, 0, 250, 700, 2'000};
  query.lateness = kLateness[random.Below(5)];
  query.filter = static_cast<SimQuery::Filter>(random.Below(3));
  const std::uint64_t sinks = random.Below(3);
  if (sinks != 1) query.all_topic = StrCat("r", index, "-all");
  if (sinks != 0) query.final_topic = StrCat("r", index, "-final");
  return query;
}

void DrawTroubles(Random& random, Scenario& scenario) {
  const auto one_in = [&](std::int64_t low, std::int64_t high) {
    return random.Below(4) == 0 ? 0 : static_cast<std::uint64_t>(random.Between(low, high));
  };
  scenario.log_fault_in = one_in(100, 3'000);
  scenario.message_fault_in = one_in(2, 20);
  scenario.kill_in = one_in(200, 1'500);
  scenario.pause_in = one_in(200, 1'500);
  scenario.coordinator_kill_in = one_in(300, 1'500);
  scenario.move_in = one_in(200, 1'000);
  scenario.has_disks = random.Below(4) != 0;
}

std::string FilterText(SimQuery::Filter filter) {
  switch (filter) {
    case SimQuery::Filter::kNone:
      return "";
    case SimQuery::Filter::kLongCalls:
      return StrCat(" WHERE summary.connect_duration_ms >= ", kLongCallMs);
    case SimQuery::Filter::kNotFirstAccount:
      return " WHERE account_sid <> 'a0'";
  }
  return "";
}

std::string WindowText(const SimQuery& query) {
  if (query.size == query.slide) return StrCat("tumble('", query.size, "ms')");
  return StrCat("hop(size => '", query.size, "ms', slide => '", query.slide, "ms')");
}

std::string QueryYaml(const SimQuery& query) {
  std::string sinks;
  if (query.all_topic) {
    sinks += StrCat("      - {topic: ", *query.all_topic, ", revisions: all, format: json}\n");
  }
  if (query.final_topic) {
    sinks += StrCat("      - {topic: ", *query.final_topic, ", revisions: final, format: json}\n");
  }
  return StrCat("  - name: ", query.name, "\n    sql: |\n",
                "      SELECT account_sid, count(*) AS calls,\n",
                "             sum(summary.connect_duration_ms) AS total,\n",
                "             max(summary.connect_duration_ms) AS longest\n", "      FROM calls",
                FilterText(query.filter), "\n      GROUP BY ", WindowText(query),
                ", account_sid\n    allowed_lateness: ", query.lateness, "ms\n    sinks:\n", sinks);
}

}  // namespace

Scenario Scenario::FromSeed(std::uint64_t seed) {
  Random random(seed);
  Scenario scenario{.seed = seed};
  const std::int64_t queries = random.Between(1, 3);
  for (int i = 0; i < queries; ++i) scenario.queries.push_back(DrawQuery(random, i));
  scenario.out_of_orderness = random.Between(0, 4) * 150;
  scenario.source_partitions = static_cast<int>(random.Between(1, 5));
  scenario.lanes = static_cast<int>(random.Between(1, scenario.source_partitions));
  scenario.merges = static_cast<int>(random.Between(1, 4));
  scenario.workers = static_cast<int>(random.Between(1, 4));
  scenario.accounts = static_cast<int>(random.Between(1, 12));
  scenario.uses_idle = random.Below(3) == 0;
  if (scenario.uses_idle) scenario.idle_after = random.Between(1'000, 2'000);
  DrawTroubles(random, scenario);
  return scenario;
}

std::string Scenario::Yaml() const {
  std::string yaml =
      StrCat("version: 1\npipeline: sim\nsource:\n  name: calls\n  topics: [calls]\n",
             "  message: tidemark.events.v1.CallMetric\n  event_time: event_time_ms\n",
             "  watermark: {max_out_of_orderness: ", out_of_orderness,
             "ms, idle_after: ", idle_after, "ms, max_future_skew: ", future_skew,
             "ms}\nshuffle: {lanes: ", lanes, ", partitions: ", merges, "}\nqueries:\n");
  for (const SimQuery& query : queries) yaml += QueryYaml(query);
  return yaml + "topics: {create: true, partitions: 2}\n";
}

}  // namespace tidemark::simulation
