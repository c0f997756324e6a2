#include "log/log.h"

#include <array>
#include <cstring>

#include "base/text.h"

namespace tidemark {

std::string TopicPartition::ToString() const { return StrCat(topic, "/", partition); }

std::string_view LogErrorName(LogError error) {
  static constexpr std::array<std::string_view, 14> kNames = {
      "NONE",          "PENDING",      "CONFLICT",         "FENCED",
      "ABORTABLE",     "FATAL",        "RETRIABLE",        "OUT_OF_RANGE",
      "UNKNOWN_TOPIC", "TOPIC_EXISTS", "RECORD_TOO_LARGE", "INVALID_TIMESTAMP",
      "UNAUTHORIZED",  "INVALID"};
  return kNames.at(static_cast<std::size_t>(error));
}

bool IsRecordPermanent(LogError error) {
  return error == LogError::kRecordTooLarge || error == LogError::kInvalidTimestamp ||
         error == LogError::kUnauthorized || error == LogError::kUnknownTopic ||
         error == LogError::kInvalid;
}

Partition PartitionOfKey(std::string_view key, std::int32_t partitions) {
  constexpr std::uint32_t kMultiplier = 0x5bd1e995;
  std::uint32_t hash = 0x9747b28cU ^ static_cast<std::uint32_t>(key.size());
  std::size_t at = 0;
  for (; at + 4 <= key.size(); at += 4) {
    std::uint32_t word = 0;
    std::memcpy(&word, key.data() + at, sizeof word);
    word *= kMultiplier;
    word = (word ^ (word >> 24)) * kMultiplier;
    hash = (hash * kMultiplier) ^ word;
  }
  const std::size_t rest = key.size() - at;
  for (std::size_t i = rest; i > 0; --i) {
    hash ^= static_cast<std::uint32_t>(static_cast<std::uint8_t>(key[at + i - 1])) << (8 * (i - 1));
  }
  if (rest > 0) hash *= kMultiplier;
  hash = (hash ^ (hash >> 13)) * kMultiplier;
  hash ^= hash >> 15;
  return Partition(
      static_cast<std::int32_t>((hash & 0x7fffffffU) % static_cast<std::uint32_t>(partitions)));
}

}  // namespace tidemark
