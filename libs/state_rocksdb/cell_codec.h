// The bytes of cells on disk (docs/formats/cell.md).
//
// Keys are big-endian with the sign of times flipped, so that byte order is the order of (slice
// end, instance, tag, key hash, key), and all cells of one (slice end, instance) are one range.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "state/cell_store.h"

namespace tidemark {

inline constexpr std::uint8_t kCellFormat = 1;
// First byte of every cell's key. Below it lie the identity and the mark.
inline constexpr char kCellPrefix = 1;

std::string EncodeCellKey(const CellKey& key);
// The result's key is a view into `bytes`; nullopt if they are no cell key.
std::optional<CellKey> DecodeCellKey(std::string_view bytes);

std::string EncodeCellValue(Offset stamp, std::string_view states);
struct CellValue {
  Offset stamp;
  std::string_view states;
};
// The result's states are a view into `bytes`; nullopt if they are no cell value of this format.
std::optional<CellValue> DecodeCellValue(std::string_view bytes);

// The keys [begin, end) of every cell of one slice.
struct CellRange {
  std::string begin;
  std::string end;
};
CellRange RangeOfSlice(const CellStore::ExpiredSlice& slice);

// What a store belongs to, with the version of all its formats.
std::string EncodeIdentity(const StoreIdentity& identity);

}  // namespace tidemark
