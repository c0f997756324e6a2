#include "log_memory/topic.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>

#include "base/check.h"

namespace tidemark {
namespace {

enum class ConfigKind : std::uint8_t { kNumber, kBoolean, kChoice, kList, kText };

struct ConfigRule {
  std::string_view name;
  std::string_view standard;
  ConfigKind kind = ConfigKind::kNumber;
  std::int64_t least = 0;       // of kNumber
  std::string_view words = {};  // of kChoice and kList, comma separated
};

constexpr std::string_view kForever = "9223372036854775807";
constexpr std::string_view kCompressions = "uncompressed,zstd,lz4,snappy,gzip,producer";

constexpr std::array kRules = {
    ConfigRule{"cleanup.policy", "delete", ConfigKind::kList, 0, "compact,delete"},
    ConfigRule{"compression.gzip.level", "-1", ConfigKind::kNumber, -1},
    ConfigRule{"compression.lz4.level", "9", ConfigKind::kNumber, 1},
    ConfigRule{"compression.type", "producer", ConfigKind::kChoice, 0, kCompressions},
    ConfigRule{"compression.zstd.level", "3", ConfigKind::kNumber, -131'072},
    ConfigRule{"delete.retention.ms", "86400000"},
    ConfigRule{"file.delete.delay.ms", "60000"},
    ConfigRule{"flush.messages", kForever, ConfigKind::kNumber, 1},
    ConfigRule{"flush.ms", kForever},
    ConfigRule{"follower.replication.throttled.replicas", "", ConfigKind::kText},
    ConfigRule{"index.interval.bytes", "4096"},
    ConfigRule{"leader.replication.throttled.replicas", "", ConfigKind::kText},
    ConfigRule{"local.retention.bytes", "-2", ConfigKind::kNumber, -2},
    ConfigRule{"local.retention.ms", "-2", ConfigKind::kNumber, -2},
    ConfigRule{"max.compaction.lag.ms", kForever, ConfigKind::kNumber, 1},
    ConfigRule{"max.message.bytes", "1048588"},
    ConfigRule{"message.timestamp.after.max.ms", "3600000"},
    ConfigRule{"message.timestamp.before.max.ms", kForever},
    ConfigRule{"message.timestamp.type", "CreateTime", ConfigKind::kChoice, 0,
               "CreateTime,LogAppendTime"},
    ConfigRule{"min.cleanable.dirty.ratio", "0.5", ConfigKind::kText},
    ConfigRule{"min.compaction.lag.ms", "0"},
    ConfigRule{"min.insync.replicas", "1", ConfigKind::kNumber, 1},
    ConfigRule{"preallocate", "false", ConfigKind::kBoolean},
    ConfigRule{"remote.log.copy.disable", "false", ConfigKind::kBoolean},
    ConfigRule{"remote.log.delete.on.disable", "false", ConfigKind::kBoolean},
    ConfigRule{"remote.storage.enable", "false", ConfigKind::kBoolean},
    ConfigRule{"retention.bytes", "-1", ConfigKind::kNumber, -1},
    ConfigRule{"retention.ms", "604800000", ConfigKind::kNumber, -1},
    ConfigRule{"segment.bytes", "1073741824", ConfigKind::kNumber, 1'048'576},
    ConfigRule{"segment.index.bytes", "10485760", ConfigKind::kNumber, 4},
    ConfigRule{"segment.jitter.ms", "0"},
    ConfigRule{"segment.ms", "604800000", ConfigKind::kNumber, 1},
    ConfigRule{"unclean.leader.election.enable", "false", ConfigKind::kBoolean},
};

std::optional<std::int64_t> ParseNumber(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Calls `visit` with each comma separated word; stops at its first false.
template <class Visit>
bool EachWord(std::string_view list, Visit visit) {
  while (true) {
    const std::size_t comma = list.find(',');
    if (!visit(list.substr(0, comma))) return false;
    if (comma == std::string_view::npos) return true;
    list.remove_prefix(comma + 1);
  }
}

bool HasWord(std::string_view list, std::string_view word) {
  return !EachWord(list, [&](std::string_view one) { return one != word; });
}

bool Takes(const ConfigRule& rule, std::string_view value) {
  switch (rule.kind) {
    case ConfigKind::kNumber: {
      const auto number = ParseNumber(value);
      return number && *number >= rule.least;
    }
    case ConfigKind::kBoolean:
      return value == "true" || value == "false";
    case ConfigKind::kChoice:
      return HasWord(rule.words, value);
    case ConfigKind::kList:
      return EachWord(value, [&](std::string_view word) { return HasWord(rule.words, word); });
    case ConfigKind::kText:
      return true;
  }
  return false;
}

const ConfigRule* FindRule(std::string_view name) {
  const auto* rule = std::find_if(kRules.begin(), kRules.end(),
                                  [&](const ConfigRule& one) { return one.name == name; });
  return rule == kRules.end() ? nullptr : rule;
}

std::int64_t NumberOf(const std::map<std::string, std::string>& configs, const std::string& name) {
  const auto number = ParseNumber(configs.at(name));
  TM_CHECK(number.has_value(), "configs are checked before a topic is made");
  return *number;
}

// Values near the end of int64 are "for ever": differences are compared without overflow.
bool FurtherThan(std::int64_t from, std::int64_t to, std::int64_t allowed) {
  std::int64_t distance = 0;
  if (__builtin_sub_overflow(to, from, &distance)) return to > from;
  return distance > allowed;
}

}  // namespace

std::map<std::string, std::string> EffectiveConfigs(
    const std::map<std::string, std::string>& given) {
  std::map<std::string, std::string> all = given;
  for (const ConfigRule& rule : kRules) all.emplace(rule.name, rule.standard);
  return all;
}

LogStatus CheckConfigs(const std::map<std::string, std::string>& given) {
  for (const auto& [name, value] : given) {
    const ConfigRule* rule = FindRule(name);
    if (rule == nullptr) return {LogError::kInvalid, "unknown topic config " + name};
    if (!Takes(*rule, value)) {
      return {LogError::kInvalid, "invalid value " + value + " for topic config " + name};
    }
  }
  return {};
}

LogStatus CheckTopicName(std::string_view name) {
  constexpr std::size_t kLengthMax = 249;
  const auto legal = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  if (name.empty() || name.size() > kLengthMax || name == "." || name == ".." ||
      !std::all_of(name.begin(), name.end(), legal)) {
    return {LogError::kInvalid, "a topic is named by 1 to 249 of [a-zA-Z0-9._-]"};
  }
  return {};
}

Topic::Topic(const TopicSpec& spec) : configs_(EffectiveConfigs(spec.configs)) {
  for (std::int32_t i = 0; i < spec.partitions; ++i) {
    partitions_.push_back(std::make_shared<PartitionLog>());
  }
  compacted_ = HasWord(configs_.at("cleanup.policy"), "compact");
  append_time_ = configs_.at("message.timestamp.type") == "LogAppendTime";
  message_bytes_max_ = NumberOf(configs_, "max.message.bytes");
  timestamp_before_max_ms_ = NumberOf(configs_, "message.timestamp.before.max.ms");
  timestamp_after_max_ms_ = NumberOf(configs_, "message.timestamp.after.max.ms");
  constexpr std::int64_t kCenturyMs = 3'153'600'000'000;  // keeps sums with the clock in range
  delete_retention_ = Duration(std::min(NumberOf(configs_, "delete.retention.ms"), kCenturyMs));
}

const std::shared_ptr<PartitionLog>* Topic::Find(Partition partition) const {
  const auto index = static_cast<std::size_t>(partition.value());
  if (partition.value() < 0 || index >= partitions_.size()) return nullptr;
  return &partitions_[index];
}

LogStatus Topic::Admit(LogRecord& record, std::int64_t wall_ms) const {
  if (compacted_ && !record.key) {
    return {LogError::kInvalid, "a compacted topic takes no record without key"};
  }
  if (EncodedSize(record) > static_cast<std::uint64_t>(message_bytes_max_)) {
    return {LogError::kRecordTooLarge, "a record of " + std::to_string(EncodedSize(record)) +
                                           " bytes, max.message.bytes is " +
                                           std::to_string(message_bytes_max_)};
  }
  if (append_time_) {
    record.timestamp_ms = wall_ms;
    return {};
  }
  const std::int64_t time = record.timestamp_ms;
  if (time == RecordView::kNoTimestamp) return {};
  if (FurtherThan(wall_ms, time, timestamp_after_max_ms_) ||
      FurtherThan(time, wall_ms, timestamp_before_max_ms_)) {
    return {LogError::kInvalidTimestamp, "timestamp " + std::to_string(time) +
                                             " is too far from now, " + std::to_string(wall_ms)};
  }
  return {};
}

}  // namespace tidemark
