// What fires next: the decisions of a closing, without any effect.
//
// Triggers fire in the order (time, query instance, window end), keys within one by (hash, key).
// The trigger at T takes exactly the partials with tag < T of its window's slices. A key is
// published at a trigger if it has a partial that the window's trigger before did not take; sinks
// that want only final rows get every key at the FINAL one. The revision of a content is its
// ordinal among the contents of that key and window, read off the tags present, so nothing about a
// row depends on anything but the partitions' records (protocol 1.8, 3.4).
//
// The cells must not change between Begin and the last Next. Thread: owned by one task thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "shuffle/progress.h"
#include "task/merge_query.h"
#include "task/open_cells.h"

namespace tidemark {

enum class Finality : std::uint8_t { kOnTime, kFinal };
std::string_view FinalityName(Finality finality);  // "ON_TIME", "FINAL"

// One key to be published. Valid until the next call of Closing::Next.
struct Emission {
  const MergeQuery* query = nullptr;
  Trigger trigger;
  Finality finality = Finality::kFinal;
  std::uint64_t hash = 0;
  std::string_view key;
  std::vector<const Cell*> cells;  // to be united, at least one
  std::uint32_t revision = 0;
  bool changed = false;  // has a content that the trigger before did not
};

// Every trigger in (after, through] that may publish something of the open slices, in order.
// `after`: kNoWatermark if none has fired.
std::vector<Trigger> DueTriggers(const MergeQueries& queries, const std::map<SliceId, Slice>& open,
                                 std::int64_t after, std::int64_t through);
Finality FinalityOf(const MergeQuery& query, const Trigger& trigger);
ClosingCursor CursorAt(const Emission& emission);
Trigger TriggerOf(const ClosingCursor& cursor);

class Closing {
 public:
  // Both outlive it.
  Closing(const MergeQueries& queries, const OpenCells& cells) : queries_(queries), cells_(cells) {}

  // Begins what fires in (after, through]; with a cursor, what comes behind it.
  void Begin(std::optional<Watermark> after, Watermark through,
             const std::optional<ClosingCursor>& cursor);
  // The next key to be published, nullptr when everything has been.
  const Emission* Next();
  // Bytes held from the system, also between closings.
  std::size_t held() const {
    return (entries_.capacity() + unsorted_.capacity()) * sizeof(Entry) +
           places_.capacity() * sizeof(std::uint32_t);
  }

 private:
  struct Entry {
    std::uint64_t hash = 0;
    const Cell* cell = nullptr;
    bool changed = false;
  };

  bool NextTrigger();
  void Gather(const Trigger& trigger);
  void SkipPublished(const ClosingCursor& cursor);
  void SortEntries();
  void FetchAhead() const;
  bool TakeKey();

  const MergeQueries& queries_;
  const OpenCells& cells_;
  std::vector<Trigger> due_;
  std::size_t next_trigger_ = 0;
  std::optional<ClosingCursor> cursor_;
  std::vector<Entry> entries_;  // of the trigger at hand, by (hash, key)
  std::vector<Entry> unsorted_;
  std::vector<std::uint32_t> places_;
  std::size_t next_entry_ = 0;
  bool every_key_ = false;  // some sink gets unchanged keys too
  Emission emission_;
};

}  // namespace tidemark
