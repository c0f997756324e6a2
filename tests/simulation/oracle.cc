#include "simulation/oracle.h"

#include <algorithm>
#include <ctime>

#include "base/text.h"

namespace tidemark::simulation {
namespace {

constexpr std::int64_t kNone = INT64_MIN;

std::int64_t FloorTo(std::int64_t value, std::int64_t step) {
  std::int64_t rest = value % step;
  if (rest < 0) rest += step;
  return value - rest;
}

struct Accepted {
  std::int64_t judged_with = kNone;  // W of its partition before it
  std::int64_t duration = 0;
};
struct CellId {
  std::size_t query;
  std::int64_t end;
  int account;
  friend auto operator<=>(const CellId&, const CellId&) = default;
};

struct Counts {
  std::uint64_t aggregated = 0;
  std::uint64_t filtered = 0;
  std::uint64_t late = 0;
};

struct Oracle {
  const Scenario& scenario;
  Output out;
  std::map<CellId, std::vector<Accepted>> cells;
  std::map<std::pair<std::size_t, std::size_t>, Counts> counts;  // (query, partition)

  void Read(std::size_t partition, const SimInput& input, std::int64_t& watermark);
  void ReadEvent(std::size_t partition, const SimRecord& record, std::int64_t watermark);
  void Publish(std::int64_t combined);
  void PublishCell(const CellId& id, const std::vector<Accepted>& content, std::int64_t combined);
  void CountUp();
};

bool Passes(SimQuery::Filter filter, const SimRecord& record) {
  switch (filter) {
    case SimQuery::Filter::kNone:
      return true;
    case SimQuery::Filter::kLongCalls:
      return record.duration >= kLongCallMs;
    case SimQuery::Filter::kNotFirstAccount:
      return record.account != 0;
  }
  return true;
}

std::string Place(std::size_t partition, const SimRecord& record) {
  return StrCat("calls/", partition, "@", record.offset);
}

void Oracle::ReadEvent(std::size_t partition, const SimRecord& record, std::int64_t watermark) {
  std::string late_for;
  for (std::size_t q = 0; q < scenario.queries.size(); ++q) {
    const SimQuery& query = scenario.queries[q];
    Counts& count = counts[{q, partition}];
    if (!Passes(query.filter, record)) {
      ++count.filtered;
      continue;
    }
    bool anywhere = false;
    const std::int64_t last_start = FloorTo(record.event_time, query.slide);
    for (std::int64_t start = last_start; start + query.size > record.event_time;
         start -= query.slide) {
      const std::int64_t end = start + query.size;
      if (watermark != kNone && watermark >= end + query.lateness) continue;
      anywhere = true;
      cells[{q, end, record.account}].push_back({watermark, record.duration});
    }
    ++(anywhere ? count.aggregated : count.late);
    if (!anywhere) late_for += StrCat(late_for.empty() ? "" : ",", query.name);
  }
  if (!late_for.empty()) out.late[Place(partition, record)].push_back(late_for);
}

void Oracle::Read(std::size_t partition, const SimInput& input, std::int64_t& watermark) {
  std::int64_t largest = kNone;
  const auto& advances = input.idle_advances[partition];
  auto advance = advances.begin();
  const auto advance_to = [&](std::int64_t offset) {
    for (; advance != advances.end() && advance->to <= offset; ++advance) {
      watermark = std::max(watermark, advance->watermark);
    }
  };
  for (const SimRecord& record : input.partitions[partition]) {
    advance_to(record.offset);
    if (record.kind == SimRecord::Kind::kTombstone) continue;
    std::string dead;
    if (record.kind == SimRecord::Kind::kGarbage) dead = "DECODE_FAILED";
    if (record.kind == SimRecord::Kind::kNoEventTime) dead = "INVALID_EVENT_TIME";
    if (dead.empty() && record.event_time > record.timestamp + scenario.future_skew) {
      dead = "FUTURE_TIMESTAMP";
    }
    if (!dead.empty()) {
      out.dead[Place(partition, record)].push_back(dead);
      continue;
    }
    ReadEvent(partition, record, watermark);
    largest = std::max(largest, std::min(record.event_time, record.timestamp));
    watermark = std::max(watermark, largest - scenario.out_of_orderness);
  }
  advance_to(INT64_MAX);
}

std::string Values(const std::vector<Accepted>& content, std::int64_t before) {
  std::int64_t calls = 0;
  std::int64_t total = 0;
  std::int64_t longest = 0;
  for (const Accepted& record : content) {
    if (record.judged_with != kNone && record.judged_with >= before) continue;
    ++calls;
    total += record.duration;
    longest = std::max(longest, record.duration);
  }
  return StrCat(calls, " ", total, " ", longest);
}

void Oracle::PublishCell(const CellId& id, const std::vector<Accepted>& content,
                         std::int64_t combined) {
  const SimQuery& query = scenario.queries[id.query];
  const auto late = [&](const Accepted& record) {
    return record.judged_with != kNone && record.judged_with >= id.end;
  };
  const bool changed = std::any_of(content.begin(), content.end(), late);
  const bool on_time = !std::all_of(content.begin(), content.end(), late);
  const auto publish = [&](const std::optional<std::string>& topic, const char* finality,
                           int revision, std::int64_t before) {
    if (!topic) return;
    const std::string key =
        StrCat(*topic, " ", TimeText(id.end - query.size), " ", TimeText(id.end), " a", id.account,
               " ", finality, " ", revision);
    out.rows[key].push_back(Values(content, before));
  };
  const std::int64_t final_at = id.end + query.lateness;
  if (query.lateness > 0 && combined >= id.end && on_time) {
    publish(query.all_topic, "ON_TIME", 0, id.end);
  }
  if (combined < final_at) return;
  const int revision = on_time && changed ? 1 : 0;
  if (query.lateness == 0 || changed) publish(query.all_topic, "FINAL", revision, final_at);
  publish(query.final_topic, "FINAL", revision, final_at);
}

void Oracle::Publish(std::int64_t combined) {
  if (combined == kNone) return;
  for (const auto& [id, content] : cells) PublishCell(id, content, combined);
}

void Oracle::CountUp() {
  for (const auto& [id, count] : counts) {
    const auto& [q, partition] = id;
    const std::string& name = scenario.queries[q].name;
    out.ledger[StrCat(name, " calls ", partition)] =
        StrCat(count.aggregated + count.filtered + count.late, " = ", count.aggregated, " + ",
               count.filtered, " + ", count.late);
    out.received[name] += count.aggregated;
  }
}

void Describe(Difference& difference, const std::string& what, const std::string& key) {
  if (std::count(difference.first.begin(), difference.first.end(), '\n') < 12) {
    difference.first += StrCat(what, ": ", key, "\n");
  }
}

using Lists = std::map<std::string, std::vector<std::string>>;

void CompareLists(const std::string& kind, const Lists& expected, const Lists& actual,
                  Difference& difference) {
  for (const auto& [key, values] : expected) {
    const auto found = actual.find(key);
    if (found == actual.end()) {
      ++difference.missing;
      Describe(difference, kind + " missing", key + " -> " + values.front());
    } else if (found->second.size() > 1) {
      ++difference.twice;
      Describe(difference, kind + " twice", key);
    } else if (found->second != values) {
      ++difference.unequal;
      Describe(difference, kind + " unequal",
               key + " expected " + values.front() + " got " + found->second.front());
    }
  }
  for (const auto& [key, values] : actual) {
    if (expected.contains(key)) continue;
    ++difference.extra;
    Describe(difference, kind + " extra", key + " -> " + values.front());
  }
}

Lists AsLists(const std::map<std::string, std::string>& map) {
  Lists lists;
  for (const auto& [key, value] : map) lists[key] = {value};
  return lists;
}

}  // namespace

Output ExpectedOutput(const Scenario& scenario, const SimInput& input) {
  Oracle oracle{scenario, {}, {}, {}};
  std::int64_t combined = INT64_MAX;
  for (std::size_t p = 0; p < input.partitions.size(); ++p) {
    std::int64_t watermark = kNone;
    oracle.Read(p, input, watermark);
    for (std::size_t q = 0; q < scenario.queries.size(); ++q) oracle.counts[{q, p}];
    combined = std::min(combined, watermark);
  }
  oracle.Publish(combined);
  oracle.CountUp();
  return std::move(oracle.out);
}

Difference Compare(const Output& expected, const Output& actual) {
  Difference difference;
  CompareLists("row", expected.rows, actual.rows, difference);
  CompareLists("late record", expected.late, actual.late, difference);
  CompareLists("dead letter", expected.dead, actual.dead, difference);
  CompareLists("ledger", AsLists(expected.ledger), AsLists(actual.ledger), difference);
  for (const auto& [query, received] : expected.received) {
    const auto found = actual.received.find(query);
    const std::uint64_t got = found == actual.received.end() ? 0 : found->second;
    if (got == received) continue;
    ++difference.unequal;
    Describe(difference, "received", StrCat(query, " aggregated ", received, " received ", got));
  }
  return difference;
}

std::string TimeText(std::int64_t ms) {
  const std::int64_t millis = ms - FloorTo(ms, 1'000);
  const std::time_t seconds = FloorTo(ms, 1'000) / 1'000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[40];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::string out = text;
  if (millis != 0) {
    const std::string digits = std::to_string(1'000 + millis);
    out += "." + digits.substr(1);
  }
  return out + "Z";
}

}  // namespace tidemark::simulation
