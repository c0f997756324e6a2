// A pipeline file as it was read: values checked one by one, names not yet resolved, SQL not yet
// parsed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "query/mapping_reader.h"
#include "query/plan.h"
#include "yaml/source_file.h"
#include "yaml/yaml_tree.h"

namespace tidemark {

struct RangedText {
  std::string text;
  TextRange range;
};

struct SourceSection {
  std::string name = "events";
  RangedText message{.text = "tidemark.events.v1.CallMetric"};
  RangedText descriptor_set;  // the file's name; empty: built in
  RangedText unnest;          // empty: the record is the event
  RangedText event_time;
  std::optional<TimeUnit> unit;  // nullopt: by the type of the field
  EventTime min_event_time = kMinEventTimeDefault;
};

struct SinkSection {
  SinkPlan plan;
  TextRange topic;
};

struct QuerySection {
  RangedText name;
  MappedText sql;
  TextRange sql_range;
  Duration allowed_lateness{0};
  TextRange lateness_range;
  std::vector<SinkSection> sinks;
};

struct PipelineFile {
  PipelinePlan plan;  // all but `decode` and `queries`
  SourceSection source;
  std::vector<QuerySection> queries;
};

// Reads the whole tree; everything that is wrong goes to `sink`.
PipelineFile ReadPipelineFile(const YamlNode& root, DiagnosticSink& sink);

// Its parts.
void ReadSource(const YamlNode* node, DiagnosticSink& sink, PipelineFile& file);
void ReadQueries(const YamlNode* node, DiagnosticSink& sink, PipelineFile& file);

// Kafka's rule: 1 to 249 of [a-zA-Z0-9._-], not "." or "..". Reports and returns false otherwise;
// names that begin with "__" are kept for internal topics.
bool CheckTopicName(const RangedText& topic, DiagnosticSink& sink);
// [a-z][a-z0-9 and `inner`]{0,62}
bool IsPlainName(std::string_view name, char inner);
// Refuses a key that has a value other than an empty list, as not supported yet.
void RefuseKey(MappingReader& reader, std::string_view key);

}  // namespace tidemark
