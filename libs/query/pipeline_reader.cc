#include <algorithm>
#include <array>

#include "base/text.h"
#include "query/pipeline_file.h"

namespace tidemark {
namespace {

constexpr Duration kDay{86'400'000};

void ReadPipelineName(MappingReader& reader, PipelineFile& file) {
  reader.Text("pipeline", file.plan.name);
  if (reader.Find("pipeline") == nullptr) return reader.Require("pipeline", "pipeline: voice");
  if (IsPlainName(file.plan.name, '-')) return;
  reader.sink().Add(reader.Find("pipeline")->range,
                    {"BAD_NAME", StrCat("\"", file.plan.name, "\" cannot name a pipeline"),
                     "use at most 63 of a-z, 0-9 and -, beginning with a letter"});
}

void ReadShuffle(MappingReader reader, PipelineFile& file) {
  constexpr std::int64_t kMaxLanes = 1'024;
  constexpr std::int64_t kMaxPartitions = 1'024;
  std::int64_t lanes = file.plan.lanes;
  std::int64_t partitions = file.plan.shuffle_partitions;
  reader.Integer("lanes", 0, kMaxLanes, lanes);
  reader.Integer("partitions", 1, kMaxPartitions, partitions);
  reader.RefuseUnknown();
  file.plan.lanes = static_cast<std::uint32_t>(lanes);
  file.plan.shuffle_partitions = static_cast<std::uint32_t>(partitions);
}

void ReadSideTopic(MappingReader reader, SideTopicOptions& options) {
  static constexpr std::array<std::string_view, 2> kPayloads = {"none", "full"};
  std::size_t payload = options.full_payload ? 1 : 0;
  reader.Choice("payload", kPayloads, payload);
  reader.Span("retention", Duration(60'000), 3'650 * kDay, options.retention);
  reader.RefuseUnknown();
  options.full_payload = payload == 1;
}

void ReadTopics(MappingReader reader, TopicOptions& options) {
  std::int64_t replication = options.replication_factor;
  std::int64_t partitions = options.partitions;
  reader.Boolean("create", options.create);
  reader.Integer("replication_factor", 1, 100, replication);
  reader.Integer("partitions", 1, 10'000, partitions);
  reader.RefuseUnknown();
  options.replication_factor = static_cast<std::int16_t>(replication);
  options.partitions = static_cast<std::int32_t>(partitions);
}

}  // namespace

bool IsPlainName(std::string_view name, char inner) {
  constexpr std::size_t kMaxName = 63;
  const auto allowed = [inner](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == inner;
  };
  return !name.empty() && name.size() <= kMaxName && name.front() >= 'a' && name.front() <= 'z' &&
         std::all_of(name.begin(), name.end(), allowed);
}

bool CheckTopicName(const RangedText& topic, DiagnosticSink& sink) {
  constexpr std::size_t kMaxTopic = 249;
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  const std::string& name = topic.text;
  const bool legal = !name.empty() && name.size() <= kMaxTopic && name != "." && name != ".." &&
                     std::all_of(name.begin(), name.end(), allowed);
  if (!legal) {
    sink.Add(topic.range, {"BAD_TOPIC", StrCat("\"", name, "\" cannot name a topic"),
                           "use at most 249 of a-z, A-Z, 0-9, '.', '_' and '-'"});
  } else if (name.starts_with("__")) {
    sink.Add(topic.range, {"BAD_TOPIC", "topics that begin with __ are kept for internal use",
                           "choose another name"});
  } else {
    return true;
  }
  return false;
}

void RefuseKey(MappingReader& reader, std::string_view key) {
  const YamlNode* value = reader.Find(key);
  if (value == nullptr || (value->kind == YamlNode::Kind::kSequence && value->items.empty()))
    return;
  reader.sink().Add(reader.KeyRange(key),
                    {"NOT_SUPPORTED_YET", StrCat(reader.Name(key), " is not supported yet"),
                     StrCat("remove ", key)});
}

PipelineFile ReadPipelineFile(const YamlNode& root, DiagnosticSink& sink) {
  PipelineFile file;
  MappingReader reader(&root, "", sink);
  static constexpr std::array<std::string_view, 1> kVersions = {"1"};
  std::size_t version = 0;
  reader.Choice("version", kVersions, version);
  reader.Require("version", "version: 1");
  ReadPipelineName(reader, file);
  reader.Require("source", "source: {topics: [call-metrics], event_time: event_time_ms}");
  ReadSource(reader.Find("source"), sink, file);
  ReadShuffle({reader.Find("shuffle"), "shuffle", sink}, file);
  RefuseKey(reader, "views");
  RefuseKey(reader, "functions");
  ReadSideTopic({reader.Find("late"), "late", sink}, file.plan.late);
  ReadSideTopic({reader.Find("dead_letter"), "dead_letter", sink}, file.plan.dead_letter);
  ReadTopics({reader.Find("topics"), "topics", sink}, file.plan.sink_topics);
  reader.Require("queries", "at least one query");
  ReadQueries(reader.Find("queries"), sink, file);
  reader.RefuseUnknown();
  return file;
}

}  // namespace tidemark
