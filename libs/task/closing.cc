#include "task/closing.h"

#include <algorithm>
#include <bit>
#include <tuple>

namespace tidemark {
namespace {

// Appends the triggers of the ends in (after, through], `delay` after each end.
void AppendTriggers(const MergeQuery& query, const SliceId& slice, std::int64_t delay,
                    std::pair<std::int64_t, std::int64_t> range, std::vector<Trigger>& out) {
  const std::int64_t slide = query.time().slide;
  const std::int64_t last = query.LastWindowEnd(slice.slice_end);
  std::int64_t end = query.FirstWindowEnd(slice.slice_end);
  if (end + delay <= range.first) end = AlignDown(range.first - delay, slide, end) + slide;
  for (; end <= last && end + delay <= range.second; end += slide) {
    out.push_back({end + delay, slice.instance, end});
  }
}

// Cells in the order of hashes lie anywhere in memory: as many keys ahead their cells are fetched.
constexpr std::size_t kFetchAhead = 8;
constexpr std::size_t kLineBytes = 64;
constexpr std::size_t kLinesAhead = 3;

bool HasSink(const MergeQuery& query, SinkPlan::Revisions revisions) {
  const auto& sinks = query.plan().sinks;
  return std::any_of(sinks.begin(), sinks.end(),
                     [&](const SinkPlan& sink) { return sink.revisions == revisions; });
}

}  // namespace

std::string_view FinalityName(Finality finality) {
  return finality == Finality::kFinal ? "FINAL" : "ON_TIME";
}

Finality FinalityOf(const MergeQuery& query, const Trigger& trigger) {
  return trigger.time == trigger.window_end + query.time().lateness ? Finality::kFinal
                                                                    : Finality::kOnTime;
}

ClosingCursor CursorAt(const Emission& emission) {
  return {emission.trigger.time, emission.trigger.instance, emission.trigger.window_end,
          emission.hash, std::string(emission.key)};
}

Trigger TriggerOf(const ClosingCursor& cursor) {
  return {cursor.trigger_time, cursor.instance, cursor.window_end};
}

std::vector<Trigger> DueTriggers(const MergeQueries& queries, const std::map<SliceId, Slice>& open,
                                 std::int64_t after, std::int64_t through) {
  std::vector<Trigger> due;
  // Far below every trigger, and safe to subtract a lateness from.
  const std::int64_t from = std::max(after, kNoWatermark / 2);
  for (const auto& [id, slice] : open) {
    const MergeQuery& query = queries.at(id.instance);
    AppendTriggers(query, id, query.time().lateness, {from, through}, due);
    if (query.time().lateness > 0) AppendTriggers(query, id, 0, {from, through}, due);
  }
  std::sort(due.begin(), due.end());
  due.erase(std::unique(due.begin(), due.end()), due.end());
  return due;
}

void Closing::Begin(std::optional<Watermark> after, Watermark through,
                    const std::optional<ClosingCursor>& cursor) {
  cursor_ = cursor;
  // All that fired before the cursor is published, its trigger itself only in part.
  const std::int64_t from = cursor ? cursor->trigger_time - 1 : ToColumn(after);
  due_ = DueTriggers(queries_, cells_.open(), from, through.value());
  if (cursor)
    due_.erase(due_.begin(), std::lower_bound(due_.begin(), due_.end(), TriggerOf(*cursor)));
  next_trigger_ = 0;
  entries_.clear();
  next_entry_ = 0;
}

const Emission* Closing::Next() {
  while (true) {
    while (next_entry_ < entries_.size()) {
      if (TakeKey()) return &emission_;
    }
    if (!NextTrigger()) return nullptr;
  }
}

bool Closing::NextTrigger() {
  entries_.clear();
  next_entry_ = 0;
  if (next_trigger_ == due_.size()) {
    due_.clear();
    next_trigger_ = 0;
    return false;
  }
  const Trigger& trigger = due_[next_trigger_++];
  const MergeQuery& query = queries_.at(trigger.instance);
  if (query.Withheld(trigger.window_end)) return true;
  emission_.query = &query;
  emission_.trigger = trigger;
  emission_.finality = FinalityOf(query, trigger);
  every_key_ =
      emission_.finality == Finality::kFinal && HasSink(query, SinkPlan::Revisions::kFinal);
  if (every_key_ || HasSink(query, SinkPlan::Revisions::kAll)) Gather(trigger);
  if (cursor_ && TriggerOf(*cursor_) == trigger) SkipPublished(*cursor_);
  return true;
}

void Closing::Gather(const Trigger& trigger) {
  const MergeQuery& query = *emission_.query;
  const bool revises = trigger.time > trigger.window_end;
  bool any_changed = false;
  for (std::int64_t end = trigger.window_end - query.time().size + query.time().width;
       end <= trigger.window_end; end += query.time().width) {
    const auto slice = cells_.open().find({trigger.instance, end});
    if (slice == cells_.open().end()) continue;
    for (const auto& [tag, pane] : slice->second.panes) {
      if (tag >= trigger.time) break;
      const bool changed = !revises || tag >= trigger.window_end;
      any_changed = any_changed || changed;
      for (const CellTable::Slot& slot : pane.cells.slots()) {
        if (slot.cell != nullptr) entries_.push_back({slot.hash, slot.cell, changed});
      }
    }
  }
  if (!any_changed && !every_key_) return entries_.clear();
  SortEntries();
}

// Hashes are spread evenly, so that one pass by their high bits leaves runs of a few entries.
void Closing::SortEntries() {
  if (entries_.empty()) return;
  const auto by_hash = [](const Entry& a, const Entry& b) { return a.hash < b.hash; };
  const auto [least, most] = std::minmax_element(entries_.begin(), entries_.end(), by_hash);
  const std::uint64_t low = least->hash;
  const auto wanted = static_cast<int>(std::bit_width(entries_.size() / 2));
  const int shift = std::max(0, static_cast<int>(std::bit_width(most->hash - low)) - wanted);
  places_.assign(((most->hash - low) >> shift) + 2, 0);
  for (const Entry& entry : entries_) ++places_[((entry.hash - low) >> shift) + 1];
  for (std::size_t i = 1; i < places_.size(); ++i) places_[i] += places_[i - 1];
  unsorted_.swap(entries_);
  entries_.resize(unsorted_.size());
  for (const Entry& entry : unsorted_) entries_[places_[(entry.hash - low) >> shift]++] = entry;
  const auto by_key = [](const Entry& a, const Entry& b) {
    if (a.hash != b.hash) return a.hash < b.hash;
    return a.cell->key() < b.cell->key();
  };
  std::size_t begin = 0;
  for (const std::uint32_t end : places_) {
    if (end - begin > 1) {
      std::sort(entries_.begin() + static_cast<std::ptrdiff_t>(begin),
                entries_.begin() + static_cast<std::ptrdiff_t>(end), by_key);
    }
    begin = end;
  }
}

void Closing::FetchAhead() const {
  const std::size_t ahead = next_entry_ + kFetchAhead;
  if (ahead >= entries_.size()) return;
  const auto* cell = reinterpret_cast<const char*>(entries_[ahead].cell);
  for (std::size_t line = 0; line < kLinesAhead; ++line)
    __builtin_prefetch(cell + line * kLineBytes);
}

void Closing::SkipPublished(const ClosingCursor& cursor) {
  while (next_entry_ < entries_.size()) {
    const Entry& entry = entries_[next_entry_];
    if (std::tuple(entry.hash, entry.cell->key()) >
        std::tuple(cursor.key_hash, std::string_view(cursor.key))) {
      return;
    }
    ++next_entry_;
  }
}

bool Closing::TakeKey() {
  FetchAhead();
  const Entry first = entries_[next_entry_];
  emission_.hash = first.hash;
  emission_.key = first.cell->key();
  emission_.cells.clear();
  bool before = false;
  emission_.changed = false;
  for (; next_entry_ < entries_.size(); ++next_entry_) {
    const Entry& entry = entries_[next_entry_];
    if (entry.hash != first.hash || entry.cell->key() != emission_.key) break;
    emission_.cells.push_back(entry.cell);
    emission_.changed = emission_.changed || entry.changed;
    before = before || !entry.changed;
  }
  emission_.revision = before && emission_.changed ? 1 : 0;
  return emission_.changed || every_key_;
}

}  // namespace tidemark
