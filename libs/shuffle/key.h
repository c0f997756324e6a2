// Canonical key bytes (protocol 11.3), their hash and their shuffle partition (11.2).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/int128.h"
#include "base/status.h"
#include "model/column.h"
#include "model/ids.h"
#include "model/value.h"

namespace tidemark {

inline constexpr std::size_t kMaxKeyBytes = 4096;

// The partition of the shuffle topic that owns a key.
inline ShufflePartition ShufflePartitionOf(std::uint64_t key_hash, std::uint32_t partitions) {
  return ShufflePartition(static_cast<std::uint32_t>(((key_hash >> 32) * partitions) >> 32));
}

// Room that WriteKey asks for.
inline constexpr std::size_t kKeyRoom = 2 * kMaxKeyBytes + 64;

// Writes the key of a row at `out`: its grouping id, then tag and value of each group column.
// Returns where it ends; nullptr: it has more than kMaxKeyBytes. REQUIRES: room for kKeyRoom bytes;
// no column of doubles, lists or objects.
char* WriteKey(std::uint64_t grouping_id, std::span<const Column* const> columns, std::uint32_t row,
               char* out);

struct DecodedKey {
  std::uint64_t grouping_id = 0;
  std::vector<Value> parts;  // enums as their short names or UNKNOWN(n), timestamps as times
};
// Decodes a canonical key whose group columns have these types. Malformed bytes are DATA_LOSS.
Result<DecodedKey> DecodeKey(std::string_view key, std::span<const Type> types);
// Appends the JSON of each group column to `out`, one behind another, and to `ends` where each
// ends in it. Malformed bytes are DATA_LOSS; `out` and `ends` are then unspecified.
Status AppendKeyJson(std::string_view key, std::span<const Type> types, std::string& out,
                     std::vector<std::size_t>& ends);

}  // namespace tidemark
