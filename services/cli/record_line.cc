#include "cli/record_line.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/text.h"
#include "model/time.h"
#include "model/value.h"
#include "proof/json.h"

namespace tidemark {
namespace {

constexpr std::size_t kTableKey = 24;
constexpr std::size_t kTableValue = 100;

// Control characters would break lines and terminals; a row of ours has none.
bool IsPlainObject(std::string_view text) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
  return !text.empty() && text.front() == '{' &&
         std::none_of(text.begin(), text.end(), is_control) && IsUtf8(text) &&
         proof::ParseFields(text).has_value();
}

// Headers may repeat, so they are a list.
std::string HeadersJson(std::span<const HeaderView> headers) {
  const auto text = [](const HeaderView& header) {
    return StrCat("{\"name\":", BytesJson(header.name), ",\"value\":", BytesJson(header.value),
                  "}");
  };
  return StrCat("[", Join(headers, ",", text), "]");
}

std::string TimeOf(const RecordView& record) {
  return record.timestamp_ms < 0 ? std::string() : FormatTime(record.timestamp_ms);
}

std::string Cut(std::string text, std::size_t width) {
  constexpr std::string_view kMore = "...";
  if (text.size() > width) text = text.substr(0, width - kMore.size()).append(kMore);
  return text;
}

std::string Row(const std::array<std::string, 5>& cells) {
  std::array<char, 256> line{};
  const int size =
      std::snprintf(line.data(), line.size(), "%9s  %12s  %-24s  %-24s  ", cells[0].c_str(),
                    cells[1].c_str(), cells[2].c_str(), cells[3].c_str());
  return std::string(line.data(), static_cast<std::size_t>(size)) + cells[4] + "\n";
}

}  // namespace

std::string BytesJson(std::optional<std::string_view> bytes) {
  if (!bytes) return "null";
  if (IsPlainObject(*bytes)) return std::string(*bytes);
  std::string text;
  if (IsUtf8(*bytes)) {
    AppendJsonString(*bytes, text);
  } else {
    text = "{\"base64\":";
    AppendJson(Value{Value::Bytes{std::string(*bytes)}}, text);
    text += "}";
  }
  return text;
}

std::string TableHead() { return Row({"PARTITION", "OFFSET", "TIME", "KEY", "VALUE"}); }

std::string RecordLine(const TopicPartition& partition, const RecordView& record,
                       AdminOutput output) {
  const std::string value = BytesJson(record.value);
  const std::string key = BytesJson(record.key);
  const std::string time = TimeOf(record);
  const auto place = partition.partition.value();
  const auto offset = record.offset.value();
  switch (output) {
    case AdminOutput::kNdjson:
      return value + "\n";
    case AdminOutput::kTable:
      return Row({std::to_string(place), std::to_string(offset), time, Cut(key, kTableKey),
                  Cut(value, kTableValue)});
    case AdminOutput::kJson:
      break;
  }
  return StrCat("{\"partition\":", place, ",\"offset\":", offset,
                ",\"timestamp\":", time.empty() ? "null" : StrCat("\"", time, "\""),
                ",\"key\":", key, ",\"headers\":", HeadersJson(record.headers),
                ",\"value\":", value, "}\n");
}

}  // namespace tidemark
