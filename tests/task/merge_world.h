// A small world for whole-task tests of the merge side: disordered records, the frames that lanes
// would write of them in any cut and interleaving, and an oracle that never heard of slices, tags
// or frames.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/random.h"
#include "task/tests/merge_fixture.h"
#include "window/window.h"

namespace tidemark::merge_world {

using merge_fixture::Partial;

struct Record {
  std::uint32_t source = 0;
  std::int64_t time = 0;
  std::string account;
  std::int64_t amount = 0;
};

inline constexpr std::int64_t kOutOfOrderness = 20'000;
inline constexpr std::int64_t kMinutes = 8;
// Every window of these worlds is final then.
inline constexpr std::int64_t kEnd = merge_fixture::kDay0 + 60 * merge_fixture::kMinute;

// Records of each source in offset order: time goes on, with disorder beyond the allowed one now
// and then.
inline std::vector<std::vector<Record>> DrawRecords(Random& random, std::uint32_t sources,
                                                    std::size_t each) {
  std::vector<std::vector<Record>> records(sources);
  for (std::uint32_t s = 0; s < sources; ++s) {
    for (std::size_t i = 0; i < each; ++i) {
      const std::int64_t front = merge_fixture::kDay0 + static_cast<std::int64_t>(i) * kMinutes *
                                                            merge_fixture::kMinute /
                                                            static_cast<std::int64_t>(each);
      const std::int64_t delay =
          random.Below(4) == 0 ? random.Between(0, 150'000) : random.Between(0, 15'000);
      const std::string account = "account-" + std::to_string(random.Below(6));
      records[s].push_back(
          {s, std::max(merge_fixture::kDay0, front - delay), account, random.Between(-50, 100)});
    }
  }
  return records;
}

// W_s of one source partition.
class SourceClock {
 public:
  std::int64_t watermark() const { return watermark_; }
  void See(std::int64_t time) { watermark_ = std::max(watermark_, time - kOutOfOrderness); }

 private:
  std::int64_t watermark_ = kNoWatermark;
};

// One shuffle record, with the lane it is of.
struct Sent {
  std::uint32_t lane = 0;
  std::vector<std::string> parts;
};

// The frames of one shuffle partition: each lane cuts its records where `random` says, lanes come
// in any order.
class Lanes {
 public:
  Lanes(const TaskContext& context, const std::vector<std::vector<Record>>& records,
        ShufflePartition merge)
      : context_(context),
        records_(records),
        merge_(merge),
        clocks_(records.size()),
        positions_(records.size()),
        sequences_(context.lanes()) {}

  std::vector<Sent> Draw(Random& random) {
    std::vector<Sent> sent;
    std::vector<std::uint32_t> open;
    for (std::uint32_t lane = 0; lane < context_.lanes(); ++lane) open.push_back(lane);
    while (!open.empty()) {
      const std::size_t pick = random.Below(open.size());
      sent.push_back(Commit(open[pick], random));
      if (Finished(open[pick])) open.erase(open.begin() + static_cast<std::ptrdiff_t>(pick));
    }
    for (std::uint32_t lane = 0; lane < context_.lanes(); ++lane) sent.push_back(End(lane));
    return sent;
  }

 private:
  bool Finished(std::uint32_t lane) const {
    for (std::size_t s = lane; s < records_.size(); s += context_.lanes()) {
      if (positions_[s] < records_[s].size()) return false;
    }
    return true;
  }

  Sent Commit(std::uint32_t lane, Random& random) {
    std::map<std::tuple<InstanceId, std::int64_t, std::int64_t, std::string>,
             std::vector<std::int64_t>>
        table;
    std::vector<Section> sections;
    for (std::size_t s = lane; s < records_.size(); s += context_.lanes()) {
      const std::size_t from = positions_[s];
      const std::size_t to = std::min(records_[s].size(), from + random.Below(12));
      for (; positions_[s] < to; ++positions_[s]) Take(records_[s][positions_[s]], table);
      sections.push_back(SectionOf(s, from, to));
    }
    std::vector<Partial> partials;
    for (const auto& [key, amounts] : table) {
      const auto& [instance, slice_end, tag, account] = key;
      partials.push_back({instance, slice_end, tag, account, amounts});
    }
    return {lane, merge_fixture::FrameOf(*context_.plan, Header(lane, sections), partials)};
  }

  Sent End(std::uint32_t lane) {
    std::vector<Section> sections;
    for (std::size_t s = lane; s < records_.size(); s += context_.lanes()) {
      sections.push_back(SectionOf(s, positions_[s], positions_[s]));
      sections.back().watermark = Watermark(kEnd);
    }
    return {lane, merge_fixture::FrameOf(*context_.plan, Header(lane, sections), {})};
  }

  Section SectionOf(std::size_t source, std::size_t from, std::size_t to) const {
    Section section = merge_fixture::SectionOf(static_cast<std::uint32_t>(source),
                                               static_cast<std::int64_t>(from),
                                               static_cast<std::int64_t>(to), std::nullopt);
    section.watermark = FromColumn(clocks_[source].watermark());
    section.counters.records = to;
    return section;
  }

  FrameHeader Header(std::uint32_t lane, std::vector<Section> sections) {
    return merge_fixture::HeaderOf(lane, ++sequences_[lane], std::move(sections));
  }

  template <class Table>
  void Take(const Record& record, Table& table) {
    const std::int64_t watermark = clocks_[record.source].watermark();
    clocks_[record.source].See(record.time);
    const std::string key = merge_fixture::KeyOf(record.account);
    if (ShufflePartitionOf(Hash64(key), context_.merges()) != merge_) return;
    for (const QueryPlan& query : context_.plan->queries) {
      const WindowMath math(query.window, query.allowed_lateness);
      if (math.IsLate(math.LastWindowEnd(record.time), watermark)) continue;
      const std::int64_t slice_end = math.SliceEnd(record.time);
      table[{query.instance, slice_end, math.Tag(slice_end, watermark), record.account}].push_back(
          record.amount);
    }
  }

  const TaskContext& context_;
  const std::vector<std::vector<Record>>& records_;
  ShufflePartition merge_;
  std::vector<SourceClock> clocks_;
  std::vector<std::size_t> positions_;
  std::vector<std::uint64_t> sequences_;
};

struct Content {
  std::int64_t calls = 0;
  std::int64_t total = 0;
};

inline std::string RowText(const QueryPlan& query, std::int64_t window_end,
                           const std::string& account, const Content& content,
                           const std::string& finality, int revision) {
  return "{\"window_start\":\"" + FormatTime(window_end - query.window.size.count()) +
         "\",\"window_end\":\"" + FormatTime(window_end) + "\",\"account\":\"" + account +
         "\",\"calls\":" + std::to_string(content.calls) +
         ",\"total\":" + std::to_string(content.total) + ",\"finality\":\"" + finality +
         "\",\"revision\":" + std::to_string(revision) + "}";
}

// Every row that must be published, as "topic value", from nothing but the records: an event is in
// the ON_TIME content of a window if its partition's watermark had not reached the window's end, in
// the FINAL one if not its end and A.
inline std::multiset<std::string> Oracle(const PipelinePlan& plan,
                                         const std::vector<std::vector<Record>>& records) {
  std::multiset<std::string> rows;
  for (const QueryPlan& query : plan.queries) {
    std::map<std::pair<std::int64_t, std::string>, std::pair<Content, Content>> windows;
    const std::int64_t slide = query.window.slide.count();
    const std::int64_t lateness = query.allowed_lateness.count();
    for (const auto& source : records) {
      SourceClock clock;
      for (const Record& record : source) {
        const std::int64_t last = FloorDiv(record.time, slide) * slide + query.window.size.count();
        for (std::int64_t end = last; end > record.time; end -= slide) {
          auto& [on_time, final] = windows[{end, record.account}];
          if (clock.watermark() < end) on_time = {on_time.calls + 1, on_time.total + record.amount};
          if (clock.watermark() < end + lateness)
            final = {final.calls + 1, final.total + record.amount};
        }
        clock.See(record.time);
      }
    }
    for (const auto& entry : windows) {
      const std::pair<std::int64_t, std::string>& key = entry.first;
      const auto& [on_time, final] = entry.second;
      const auto text = [&](const Content& content, const std::string& finality, int revision) {
        return RowText(query, key.first, key.second, content, finality, revision);
      };
      const bool changed = final.calls > on_time.calls;
      for (const SinkPlan& sink : query.sinks) {
        const bool all = sink.revisions == SinkPlan::Revisions::kAll;
        if (all && lateness > 0 && on_time.calls > 0)
          rows.insert(sink.topic + " " + text(on_time, "ON_TIME", 0));
        const bool final_row = lateness == 0 || !all ? final.calls > 0 : changed;
        const int revision = changed && on_time.calls > 0 ? 1 : 0;
        if (final_row) rows.insert(sink.topic + " " + text(final, "FINAL", revision));
      }
    }
  }
  return rows;
}

}  // namespace tidemark::merge_world
