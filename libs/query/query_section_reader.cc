#include <algorithm>
#include <array>

#include "base/text.h"
#include "query/pipeline_file.h"

namespace tidemark {
namespace {

constexpr std::size_t kMaxQueries = 64;
constexpr Duration kMaxLateness{30 * 86'400'000LL};

void ReadSink(MappingReader reader, QuerySection& query) {
  static constexpr std::array<std::string_view, 2> kRevisions = {"all", "final"};
  static constexpr std::array<std::string_view, 2> kFormats = {"json", "protobuf"};
  SinkSection section;
  reader.Text("topic", section.plan.topic);
  section.topic = reader.range();
  if (const YamlNode* topic = reader.Find("topic")) {
    section.topic = topic->range;
    CheckTopicName({section.plan.topic, topic->range}, reader.sink());
  }
  reader.Require("topic", "topic: results");
  std::size_t revisions = 0;
  reader.Choice("revisions", kRevisions, revisions);
  std::size_t format = 0;
  reader.Choice("format", kFormats, format);
  if (format == 1) {
    reader.sink().Add(
        reader.Find("format")->range,
        {"NOT_SUPPORTED_YET", "protobuf sinks are not supported yet", "write format: json"});
  }
  reader.RefuseUnknown();
  section.plan.revisions = revisions == 1 ? SinkPlan::Revisions::kFinal : SinkPlan::Revisions::kAll;
  query.sinks.push_back(std::move(section));
}

void ReadSinks(MappingReader& reader, QuerySection& query) {
  const YamlNode* one = reader.Find("sink");
  const YamlNode* many = reader.Find("sinks");
  if (one != nullptr && many != nullptr) {
    reader.sink().Add(reader.KeyRange("sink"),
                      {"BAD_VALUE", "sink and sinks cannot stand together", "keep sinks"});
  }
  if (one != nullptr) ReadSink({one, "sink", reader.sink()}, query);
  if (many != nullptr && many->kind != YamlNode::Kind::kSequence) {
    return reader.sink().Add(
        many->range, {"WRONG_TYPE", "sinks must be a list", "write sinks: [{topic: results}]"});
  }
  if (many != nullptr) {
    for (const YamlNode& item : many->items) ReadSink({&item, "sinks", reader.sink()}, query);
  }
  if (query.sinks.empty() && one == nullptr) {
    reader.sink().Add(
        many == nullptr ? reader.range() : many->range,
        {"MISSING_KEY", "this query has no sink", "add sinks: [{topic: results, revisions: all}]"});
  }
}

void ReadSql(MappingReader& reader, QuerySection& query) {
  const YamlNode* value = reader.Find("sql");
  if (value == nullptr) return reader.Require("sql", "sql: | and the query below it");
  query.sql_range = value->range;
  if (value->kind != YamlNode::Kind::kScalar) {
    return reader.sink().Add(
        value->range, {"WRONG_TYPE", "sql must be a text", "write sql: | and the query below it"});
  }
  if (value->style == YamlNode::Style::kFolded) {
    return reader.sink().Add(
        {.begin = value->range.begin},
        {"FOLDED_SQL", "a caret cannot be placed in a > block", "write sql: | instead of sql: >"});
  }
  if (value->style == YamlNode::Style::kRewritten) {
    return reader.sink().Add(
        value->range, {"FOLDED_SQL", "a caret cannot be placed in SQL with escapes or joined lines",
                       "write sql: | and the query below it"});
  }
  query.sql = value->scalar;
  if (query.sql.text.find_first_not_of(" \t\n") != std::string::npos) return;
  reader.sink().Add(value->range,
                    {"MISSING_KEY", "sql is empty", "write sql: | and the query below it"});
}

void ReadQueryName(MappingReader& reader, const std::vector<QuerySection>& before,
                   QuerySection& query) {
  reader.Text("name", query.name.text);
  const YamlNode* value = reader.Find("name");
  if (value == nullptr) return reader.Require("name", "name: calls_by_country");
  query.name.range = value->range;
  if (!IsPlainName(query.name.text, '_')) {
    reader.sink().Add(value->range,
                      {"BAD_NAME", StrCat("\"", query.name.text, "\" cannot name a query"),
                       "use at most 63 of a-z, 0-9 and _, beginning with a letter"});
  }
  const auto same = [&](const QuerySection& other) { return other.name.text == query.name.text; };
  if (std::any_of(before.begin(), before.end(), same)) {
    reader.sink().Add(value->range, {"DUPLICATE_QUERY",
                                     StrCat("there is already a query named ", query.name.text),
                                     "give each query a name of its own"});
  }
}

QuerySection ReadQuery(MappingReader reader, const std::vector<QuerySection>& before) {
  QuerySection query;
  query.name.range = reader.range();
  ReadQueryName(reader, before, query);
  ReadSql(reader, query);
  reader.Span("allowed_lateness", Duration(0), kMaxLateness, query.allowed_lateness);
  if (const YamlNode* value = reader.Find("allowed_lateness")) query.lateness_range = value->range;
  ReadSinks(reader, query);
  reader.RefuseUnknown();
  return query;
}

}  // namespace

void ReadQueries(const YamlNode* node, DiagnosticSink& sink, PipelineFile& file) {
  if (node == nullptr) return;
  if (node->kind != YamlNode::Kind::kSequence || node->items.empty() ||
      node->items.size() > kMaxQueries) {
    return sink.Add(node->range, {"WRONG_TYPE", "queries must be a list of 1 to 64 queries",
                                  "write - name: ... below queries:"});
  }
  for (const YamlNode& item : node->items) {
    file.queries.push_back(ReadQuery({&item, "queries", sink}, file.queries));
  }
}

}  // namespace tidemark
