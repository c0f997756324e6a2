#include <algorithm>
#include <array>

#include "base/text.h"
#include "query/pipeline_file.h"

namespace tidemark {
namespace {

constexpr Duration kHour{3'600'000};
constexpr Duration kDay{24 * kHour};

void ReadRanged(MappingReader& reader, std::string_view key, RangedText& target) {
  reader.Text(key, target.text);
  if (const YamlNode* value = reader.Find(key)) target.range = value->range;
}

void ReadInputTopics(MappingReader& reader, PipelinePlan& plan) {
  constexpr std::size_t kMaxTopics = 100;
  const YamlNode* list = reader.Find("topics");
  if (list == nullptr) return reader.Require("topics", "topics: [call-metrics]");
  if (list->kind != YamlNode::Kind::kSequence || list->items.empty() ||
      list->items.size() > kMaxTopics) {
    return reader.sink().Add(list->range,
                             {"WRONG_TYPE", "source.topics must be a list of 1 to 100 topics",
                              "write topics: [call-metrics]"});
  }
  for (const YamlNode& item : list->items) {
    const RangedText topic{item.scalar.text, item.range};
    if (!CheckTopicName(topic, reader.sink())) continue;
    if (std::find(plan.topics.begin(), plan.topics.end(), topic.text) != plan.topics.end()) {
      reader.sink().Add(item.range,
                        {"DUPLICATE_TOPIC", StrCat("topic ", topic.text, " is listed twice")});
    }
    plan.topics.push_back(topic.text);
  }
}

void ReadStart(MappingReader& reader, StartPosition& start) {
  const YamlNode* value = reader.Find("start");
  if (value == nullptr) return;
  const std::string& text = value->scalar.text;
  if (text == "earliest" || text == "latest") {
    start.kind = text == "latest" ? StartPosition::Kind::kLatest : StartPosition::Kind::kEarliest;
  } else if (const auto time = ParseTime(text)) {
    start = {.kind = StartPosition::Kind::kTime, .time = *time};
  } else {
    reader.sink().Add(
        value->range,
        {"BAD_VALUE", StrCat("source.start must be earliest, latest or a time, not \"", text, "\""),
         "write a time as 2026-11-25T10:00:00Z"});
  }
}

void ReadMinEventTime(MappingReader& reader, EventTime& target) {
  const YamlNode* value = reader.Find("min_event_time");
  if (value == nullptr) return;
  const auto time = ParseTime(value->scalar.text);
  if (!time || time->value() <= 0) {
    reader.sink().Add(value->range,
                      {"BAD_VALUE",
                       StrCat("source.min_event_time must be a date after 1970-01-01, not \"",
                              value->scalar.text, "\""),
                       "write 2000-01-01 or 2026-11-25T10:00:00Z"});
    return;
  }
  target = *time;
}

void ReadEventTimeMapping(MappingReader reader, SourceSection& source) {
  static constexpr std::array<std::string_view, 3> kUnits = {"unix_ms", "unix_s", "rfc3339"};
  ReadRanged(reader, "field", source.event_time);
  std::size_t unit = 0;
  reader.Choice("as", kUnits, unit);
  if (unit == 2) {
    reader.sink().Add(reader.Find("as")->range,
                      {"NOT_SUPPORTED_YET", "event times as rfc3339 text are not supported yet",
                       "use an int64 field or a google.protobuf.Timestamp"});
  } else if (reader.Find("as") != nullptr) {
    source.unit = unit == 0 ? TimeUnit::kUnixMs : TimeUnit::kUnixSeconds;
  }
  reader.Require("field", "field: event_time_ms");
  reader.RefuseUnknown();
}

void ReadEventTime(MappingReader& reader, SourceSection& source) {
  const YamlNode* value = reader.Find("event_time");
  if (value == nullptr) return reader.Require("event_time", "event_time: event_time_ms");
  if (value->kind == YamlNode::Kind::kMapping) {
    return ReadEventTimeMapping({value, "source.event_time", reader.sink()}, source);
  }
  ReadRanged(reader, "event_time", source.event_time);
}

void ReadAllIdle(MappingReader& reader, WatermarkOptions& options) {
  const YamlNode* value = reader.Find("all_idle");
  if (value == nullptr || value->scalar.text == "hold") return;
  if (value->kind != YamlNode::Kind::kMapping) {
    return reader.sink().Add(
        value->range,
        {"BAD_VALUE", "source.watermark.all_idle must be hold or {close_after: 10m}"});
  }
  MappingReader inner(value, "source.watermark.all_idle", reader.sink());
  Duration close_after{600'000};
  inner.Span("close_after", Duration(1'000), 30 * kDay, close_after);
  inner.Require("close_after", "close_after: 10m");
  inner.RefuseUnknown();
  options.close_after = close_after;
}

void ReadWatermark(MappingReader reader, WatermarkOptions& options) {
  static constexpr std::array<std::string_view, 2> kTrust = {"warn", "required"};
  reader.Span("max_out_of_orderness", Duration(0), kDay, options.max_out_of_orderness);
  reader.Span("idle_after", Duration(1'000), kDay, options.idle_after);
  reader.Span("max_future_skew", Duration(0), 30 * kDay, options.max_future_skew);
  ReadAllIdle(reader, options);
  std::size_t trust = 0;
  reader.Choice("trusted_time", kTrust, trust);
  options.trusted_time_required = trust == 1;
  reader.RefuseUnknown();
}

void ReadFormat(MappingReader& reader) {
  static constexpr std::array<std::string_view, 2> kFormats = {"protobuf", "json"};
  std::size_t format = 0;
  reader.Choice("format", kFormats, format);
  if (format == 1) {
    reader.sink().Add(reader.Find("format")->range,
                      {"NOT_SUPPORTED_YET", "source.format: json is not supported yet",
                       "write format: protobuf"});
  }
}

void ReadMessage(MappingReader& reader, SourceSection& source) {
  const std::string built_in = source.message.text;
  ReadRanged(reader, "message", source.message);
  ReadRanged(reader, "descriptor_set", source.descriptor_set);
  if (!source.descriptor_set.text.empty())
    return reader.Require("message", "message: package.Message");
  if (source.message.text != built_in) {
    reader.sink().Add(
        source.message.range,
        {"UNKNOWN_MESSAGE", StrCat("message ", source.message.text, " is not built in"),
         StrCat("write ", built_in, ", or name a descriptor_set file that has it")});
  }
}

void ReadSourceName(MappingReader& reader, SourceSection& source) {
  reader.Text("name", source.name);
  if (IsPlainName(source.name, '_')) return;
  reader.sink().Add(reader.Find("name")->range,
                    {"BAD_NAME", StrCat("\"", source.name, "\" cannot name a table in SQL"),
                     "use at most 63 of a-z, 0-9 and _, beginning with a letter"});
}

}  // namespace

void ReadSource(const YamlNode* node, DiagnosticSink& sink, PipelineFile& file) {
  if (node == nullptr) return;
  MappingReader reader(node, "source", sink);
  ReadSourceName(reader, file.source);
  ReadInputTopics(reader, file.plan);
  ReadStart(reader, file.plan.start);
  ReadMessage(reader, file.source);
  ReadFormat(reader);
  ReadRanged(reader, "unnest", file.source.unnest);
  ReadEventTime(reader, file.source);
  ReadMinEventTime(reader, file.source.min_event_time);
  ReadWatermark({reader.Find("watermark"), "source.watermark", sink}, file.plan.watermark);
  RefuseKey(reader, "pii");
  RefuseKey(reader, "validate");
  reader.RefuseUnknown();
}

}  // namespace tidemark
