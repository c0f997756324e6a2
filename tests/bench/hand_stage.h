// The rest of a source stage written by hand: a table (key of five parts; count, three sums, least,
// most and a histogram), and packing what it holds into frames. Rows instead of columns, no late,
// dead or future events, no counters, no transaction.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/hash.h"

namespace tidemark::by_hand {

inline constexpr std::size_t kGroup = 32;

struct Row {
  std::array<std::string_view, 5> key;
  std::uint64_t time = 0;
  std::array<std::uint64_t, 3> summed{};
  std::uint64_t value = 0;  // of the histogram
  bool has_value = false;
};

// Four buckets an octave.
inline std::size_t BucketOf(std::uint64_t value) {
  if (value < 4) return value;
  const auto octave = static_cast<unsigned>(std::bit_width(value)) - 1;
  return 4 * (octave - 1) + ((value >> (octave - 2)) & 3U);
}

struct State {
  std::uint64_t count = 0;
  std::array<std::uint64_t, 3> sums{};
  std::uint64_t least = ~std::uint64_t{0};
  std::uint64_t most = 0;
  std::array<std::uint16_t, 128> buckets{};
};

struct Cell {
  std::uint64_t hash = 0;
  std::uint64_t minute = 0;
  std::string key;
  State state;
};

class Table {
 public:
  Table() : slots_(1U << 18U) {}

  // REQUIRES: at most kGroup rows.
  void Take(std::span<const Row> rows) {
    std::array<Probe, kGroup> probes;
    char* at = keys_.data();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      char* const begin = at;
      for (const std::string_view part : rows[i].key) {
        *at++ = static_cast<char>(part.size());
        at = std::copy_n(part.data(), part.size(), at);
      }
      Probe& probe = probes[i];
      probe.key = {begin, static_cast<std::size_t>(at - begin)};
      probe.minute = rows[i].time / 60'000;
      probe.hash = Hash64(probe.key) + probe.minute * 0x9E3779B97F4A7C15U;
      __builtin_prefetch(&slots_[probe.hash & (slots_.size() - 1)]);
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const Slot& slot = slots_[probes[i].hash & (slots_.size() - 1)];
      __builtin_prefetch(slot.cell, 1);
      __builtin_prefetch(reinterpret_cast<const char*>(slot.cell) + 64, 1);
    }
    for (std::size_t i = 0; i < rows.size(); ++i) Update(Find(probes[i]).state, rows[i]);
  }

  // Appends every cell to the frame of its partition, and forgets it.
  void Flush(std::array<std::string, 8>& frames) {
    for (Slot& slot : slots_) {
      if (slot.cell == nullptr) continue;
      Write(*slot.cell, frames[slot.cell->hash >> 61U]);
      slot.cell = nullptr;
    }
    cells_ = 0;
  }

  std::size_t cells() const { return cells_; }
  // Calls take(cell) for each cell since the last Flush.
  template <class Take>
  void ForEachCell(Take take) const {
    for (std::size_t i = 0; i < cells_; ++i) take(*store_[i]);
  }

 private:
  struct Probe {
    std::uint64_t hash;
    std::uint64_t minute;
    std::string_view key;
  };
  struct Slot {
    std::uint64_t hash = 0;
    Cell* cell = nullptr;
  };

  Cell& Find(const Probe& probe) {
    for (std::size_t at = probe.hash & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
      Slot& slot = slots_[at];
      if (slot.cell == nullptr) {
        slot = {probe.hash, NewCell(probe)};
        return *slot.cell;
      }
      const Cell& cell = *slot.cell;
      if (slot.hash == probe.hash && cell.minute == probe.minute && cell.key == probe.key)
        return *slot.cell;
    }
  }

  Cell* NewCell(const Probe& probe) {
    TM_CHECK(cells_ < slots_.size() / 2, "the table by hand does not grow");
    if (cells_ == store_.size()) store_.push_back(std::make_unique<Cell>());
    Cell& cell = *store_[cells_++];
    cell.hash = probe.hash;
    cell.minute = probe.minute;
    cell.key = probe.key;
    cell.state = {};
    return &cell;
  }

  static void Update(State& state, const Row& row) {
    ++state.count;
    for (std::size_t i = 0; i < state.sums.size(); ++i) state.sums[i] += row.summed[i];
    if (!row.has_value) return;
    state.least = std::min(state.least, row.value);
    state.most = std::max(state.most, row.value);
    ++state.buckets[BucketOf(row.value)];
  }

  static void WriteVarint(std::uint64_t value, std::string& out) {
    for (; value >= 0x80; value >>= 7U) out += static_cast<char>(value | 0x80U);
    out += static_cast<char>(value);
  }

  static void Write(const Cell& cell, std::string& out) {
    WriteVarint(cell.minute, out);
    WriteVarint(cell.key.size(), out);
    out += cell.key;
    const State& state = cell.state;
    for (const std::uint64_t value :
         {state.count, state.sums[0], state.sums[1], state.sums[2], state.least, state.most})
      WriteVarint(value, out);
    for (std::size_t i = 0; i < state.buckets.size(); ++i) {
      if (state.buckets[i] == 0) continue;
      WriteVarint(i, out);
      WriteVarint(state.buckets[i], out);
    }
  }

  std::vector<Slot> slots_;
  std::vector<std::unique_ptr<Cell>> store_;
  std::size_t cells_ = 0;
  std::array<char, kGroup * 5 * 128> keys_{};
};

}  // namespace tidemark::by_hand
