#include "query/planner.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/text.h"
#include "query/pipeline_file.h"
#include "query/query_binder.h"
#include "yaml/source_file.h"
#include "yaml/yaml_tree.h"

namespace tidemark {
namespace {

std::string WithoutCarriageReturns(const std::string& text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r' || i + 1 == text.size() || text[i + 1] != '\n') out += text[i];
  }
  return out;
}

// The tree with ${NAME} expanded; nullopt after reporting.
std::optional<YamlNode> ReadTree(const SourceFile& file, const Environment& environment,
                                 DiagnosticSink& sink) {
  std::optional<YamlNode> tree = ParseYaml(file, sink);
  if (tree) ExpandEnvironment(environment, sink, *tree);
  return tree;
}

void Report(DiagnosticSink& sink, TextRange range, std::string code, const Status& status) {
  sink.Add(range, ToProblem(std::move(code), status));
}

std::shared_ptr<const MessageSchema> LoadSchema(const SourceSection& section,
                                                const std::string& descriptor_set,
                                                DiagnosticSink& sink) {
  if (section.descriptor_set.text.empty()) return MessageSchema::CallMetric();
  if (descriptor_set.empty()) {
    sink.Add(
        section.descriptor_set.range,
        {"DESCRIPTOR_SET",
         StrCat("the descriptor set ", section.descriptor_set.text, " is empty or was not read"),
         "make it with protoc --include_imports --descriptor_set_out"});
    return nullptr;
  }
  auto schema = MessageSchema::FromDescriptorSet(descriptor_set, section.message.text);
  if (!schema.ok()) {
    const bool no_message = schema.status().code() == StatusCode::kNotFound;
    Report(sink, no_message ? section.message.range : section.descriptor_set.range,
           "DESCRIPTOR_SET", schema.status());
    return nullptr;
  }
  const std::size_t size = (*schema)->closure().size();
  if (size <= kMostDescriptorBytes) return *schema;
  sink.Add(section.message.range,
           {"DESCRIPTOR_SET",
            StrCat("the descriptors of ", section.message.text, " and of what it refers to take ",
                   size, " bytes; at most ", kMostDescriptorBytes, " are stored"),
            "name a message that refers to fewer types"});
  return nullptr;
}

// Which unit the field has, or nullopt with the reason reported.
std::optional<TimeUnit> FindUnit(const SourceSection& section, const FieldPath& field,
                                 DiagnosticSink& sink) {
  const bool timestamp = field.type.kind == TypeKind::kTimestamp;
  const bool integer = field.type.kind == TypeKind::kInteger;
  if (timestamp && !section.unit) return TimeUnit::kTimestampMessage;
  if (integer) return section.unit.value_or(TimeUnit::kUnixMs);
  sink.Add(section.event_time.range,
           {"EVENT_TIME",
            timestamp ? "a Timestamp field has no unit: remove as:"
                      : StrCat("the event time cannot be read from a field of type ",
                               field.type.ToString()),
            "name an int64 field or a google.protobuf.Timestamp"});
  return std::nullopt;
}

std::string NearestSuggestion(const MessageSchema& schema, std::span<const std::int32_t> root,
                              const std::string& typed) {
  const std::vector<std::string> names = schema.FieldNames(root);
  const std::string_view nearest = Nearest(typed, names);
  return nearest.empty() ? "" : StrCat("did you mean ", nearest, "?");
}

void ResolveEventTime(const SourceSection& section, DecodeSpec& decode, DiagnosticSink& sink) {
  if (section.event_time.text.empty()) return;
  const Result<FieldPath> field = decode.schema->Resolve(section.event_time.text, decode.unnest);
  if (!field.ok()) {
    const bool unknown = field.status().code() == StatusCode::kNotFound;
    sink.Add(section.event_time.range,
             {"EVENT_TIME",
              unknown ? StrCat("there is no field \"", section.event_time.text, "\"")
                      : field.status().message(),
              NearestSuggestion(*decode.schema, decode.unnest, section.event_time.text)});
    return;
  }
  const auto unit = FindUnit(section, *field, sink);
  if (!unit) return;
  decode.event_time = *field;
  decode.time_unit = *unit;
}

// nullopt if there is no schema to bind names to.
std::optional<DecodeSpec> ResolveSource(const PipelineSource& source, const SourceSection& section,
                                        DiagnosticSink& sink) {
  DecodeSpec decode;
  decode.schema = LoadSchema(section, source.descriptor_set, sink);
  if (decode.schema == nullptr) return std::nullopt;
  decode.min_event_time = section.min_event_time;
  if (!section.unnest.text.empty()) {
    auto path = decode.schema->ResolveUnnest(section.unnest.text);
    if (!path.ok()) {
      Report(sink, section.unnest.range, "UNNEST", path.status());
      return std::nullopt;
    }
    decode.unnest = *path;
  }
  ResolveEventTime(section, decode, sink);
  return decode;
}

// One topic has one writer: a result topic belongs to one query and is none of the pipeline's other
// topics.
class SinkTopics {
 public:
  explicit SinkTopics(const PipelinePlan& plan) {
    for (const std::string& topic : plan.topics) owners_[topic] = "the source";
    for (const std::string_view side : {"late", "dead-letter", "ledger"})
      owners_[StrCat(plan.name, ".", side)] = "the pipeline itself";
  }
  void Claim(const QuerySection& query, DiagnosticSink& sink) {
    for (const SinkSection& section : query.sinks) {
      const auto [owner, fresh] =
          owners_.try_emplace(section.plan.topic, StrCat("query ", query.name.text));
      if (fresh || section.plan.topic.empty()) continue;
      sink.Add(section.topic,
               {"SHARED_TOPIC",
                StrCat("topic ", section.plan.topic, " is used by ", owner->second, " already"),
                "give each sink a topic of its own"});
    }
  }

 private:
  std::map<std::string, std::string> owners_;
};

void AddWarnings(PipelinePlan& plan) {
  if (plan.watermark.trusted_time_required) return;
  plan.warnings.push_back(
      StrCat("where a topic of ", Join(plan.topics, ", "),
             " has message.timestamp.type=CreateTime, a record's timestamp is the producer's word "
             "and the guard "
             "against future event times is as good as its clock; close the hole with "
             "kafka-configs --alter --entity-type topics --entity-name ",
             plan.topics.front(), " --add-config message.timestamp.type=LogAppendTime"));
}

void BindQueries(PipelineFile& file, FieldSet* fields, DiagnosticSink& sink) {
  SinkTopics topics(file.plan);
  std::uint32_t instance = 0;
  for (const QuerySection& section : file.queries) {
    topics.Claim(section, sink);
    auto query = BindQuery(section, file.source.name, fields, sink);
    ++instance;
    if (!query) continue;
    query->instance = InstanceId(instance);
    for (const SinkSection& one : section.sinks) query->sinks.push_back(one.plan);
    file.plan.queries.push_back(std::move(*query));
  }
}

// With the slash at its end; "" for none.
std::string FolderOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

}  // namespace

PlanResult PlanPipeline(const PipelineSource& source) {
  const SourceFile text(source.file, WithoutCarriageReturns(source.text));
  DiagnosticSink sink(text);
  const std::optional<YamlNode> tree = ReadTree(text, source.environment, sink);
  if (!tree) return {.plan = nullptr, .diagnostics = sink.Take()};
  PipelineFile file = ReadPipelineFile(*tree, sink);
  std::optional<DecodeSpec> decode = ResolveSource(source, file.source, sink);
  std::optional<FieldSet> fields;
  if (decode) fields.emplace(decode->schema, decode->unnest);
  BindQueries(file, fields ? &*fields : nullptr, sink);
  if (sink.count() != 0) return {.plan = nullptr, .diagnostics = sink.Take()};
  TM_CHECK(file.plan.queries.size() == file.queries.size(),
           "a query that is not planned has a diagnostic");
  decode->fields = fields->fields();
  file.plan.decode = std::move(*decode);
  AddWarnings(file.plan);
  return {.plan = std::make_shared<const PipelinePlan>(std::move(file.plan)), .diagnostics = {}};
}

std::string DescriptorSetFile(const PipelineSource& source) {
  const SourceFile text(source.file, WithoutCarriageReturns(source.text));
  DiagnosticSink sink(text);
  const std::optional<YamlNode> tree = ReadTree(text, source.environment, sink);
  return tree ? ReadPipelineFile(*tree, sink).source.descriptor_set.text : "";
}

Result<PipelineSource> ReadPipelineSource(const std::string& path, Environment environment,
                                          const FileReader& read) {
  PipelineSource source{.file = path};
  source.environment = std::move(environment);
  TM_ASSIGN_OR_RETURN(source.text, read(path));
  TM_ASSIGN_OR_RETURN(source.descriptor_set, ReadDescriptorSet(source, read));
  return source;
}

Result<std::string> ReadDescriptorSet(const PipelineSource& source, const FileReader& read) {
  const std::string set = DescriptorSetFile(source);
  if (set.empty()) return set;
  auto bytes = read(set.front() == '/' ? set : FolderOf(source.file) + set);
  return bytes.ok() ? std::move(bytes) : bytes.status().Annotate("source.descriptor_set");
}

}  // namespace tidemark
