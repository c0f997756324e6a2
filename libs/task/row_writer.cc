#include "task/row_writer.h"

#include "base/text.h"
#include "shuffle/key.h"

namespace tidemark {
namespace {

std::string NameWithColon(const std::string& name) {
  std::string text;
  AppendJsonString(name, text);
  return text + ":";
}

constexpr std::string_view kRevisions[] = {"0", "1"};

}  // namespace

RowWriter::RowWriter(const TaskContext& context, const MergeQueries& queries) {
  for (const auto& [instance, query] : queries) {
    queries_.emplace(instance, Prepare(context, query.plan()));
  }
}

RowWriter::Query RowWriter::Prepare(const TaskContext& context, const QueryPlan& plan) const {
  Query query;
  for (const GroupColumn& column : plan.group) {
    query.group_types.push_back(column.type);
    query.group_names.push_back(NameWithColon(column.name));
  }
  for (const OutputColumn& column : plan.outputs) {
    query.output_names.push_back("," + NameWithColon(column.name));
    FinishContext finish{.argument = column.argument, .literals = column.literals};
    if (column.source == OutputColumn::Source::kState) {
      finish.parameters = plan.states[column.index].state.parameters;
    }
    query.finish.push_back(finish);
  }
  for (const Finality finality : {Finality::kOnTime, Finality::kFinal}) {
    for (std::size_t revision = 0; revision < 2; ++revision) {
      query.headers[static_cast<std::size_t>(finality)][revision] = {{
          {"tidemark-pipeline", context.names.pipeline},
          {"tidemark-incarnation", context.names.incarnation.text()},
          {"tidemark-query", plan.name},
          {"tidemark-revision", kRevisions[revision]},
          {"tidemark-finality", FinalityName(finality)},
      }};
    }
  }
  for (const SinkPlan& sink : plan.sinks) {
    const auto found = context.sink_partitions.find(sink.topic);
    query.partitions.push_back(found == context.sink_partitions.end() ? 0 : found->second);
  }
  return query;
}

void RowWriter::BeginTrigger(const Emission& emission) {
  query_ = &queries_.at(emission.query->plan().instance);
  query_of_ = emission.query;
  window_of_ = emission.trigger;
  const std::int64_t end = emission.trigger.window_end;
  window_ = StrCat("\"window_start\":\"", FormatTime(end - emission.query->time().size),
                   "\",\"window_end\":\"", FormatTime(end), "\"");
}

Result<std::uint64_t> RowWriter::Write(const Emission& emission, Outbox& out) {
  if (emission.query != query_of_ || emission.trigger != window_of_) BeginTrigger(emission);
  const QueryPlan& plan = emission.query->plan();
  const Query& query = *query_;
  TM_RETURN_IF_ERROR(WriteGroup(query, emission.key));
  WriteValue(emission, query, Unite(emission));
  const auto& headers =
      query.headers[static_cast<std::size_t>(emission.finality)][emission.revision];
  std::uint64_t written = 0;
  for (std::size_t i = 0; i < plan.sinks.size(); ++i) {
    const SinkPlan& sink = plan.sinks[i];
    const bool wanted = sink.revisions == SinkPlan::Revisions::kAll
                            ? emission.changed
                            : emission.finality == Finality::kFinal;
    if (!wanted) continue;
    if (query.partitions[i] <= 0) {
      return Status::FailedPrecondition(
          StrCat("the partition count of sink topic ", sink.topic, " is not logged"));
    }
    out.Add({sink.topic, PartitionOfKey(series_, query.partitions[i]), key_, value_, headers,
             plan.name});
    ++written;
  }
  return written;
}

const std::byte* RowWriter::Unite(const Emission& emission) {
  if (emission.cells.size() == 1) return emission.cells[0]->states();
  arena_.Reset();
  united_.assign(emission.query->layout().size(), std::byte{0});
  for (const Cell* cell : emission.cells) {
    emission.query->layout().Merge(united_.data(), cell->states(), arena_);
  }
  return united_.data();
}

std::string_view RowWriter::Part(std::size_t column) const {
  const std::size_t begin = column == 0 ? 0 : ends_[column - 1];
  return std::string_view(parts_).substr(begin, ends_[column] - begin);
}

Status RowWriter::WriteGroup(const Query& query, std::string_view key) {
  parts_.clear();
  ends_.clear();
  TM_RETURN_IF_ERROR(AppendKeyJson(key, query.group_types, parts_, ends_));
  series_ = "{";
  for (std::size_t i = 0; i < ends_.size(); ++i) {
    if (i > 0) series_ += ',';
    series_ += query.group_names[i];
    series_ += Part(i);
  }
  series_ += '}';
  key_ = "{";
  key_ += window_;
  if (!ends_.empty()) key_ += ',';
  key_.append(series_, 1);
  return {};
}

void RowWriter::WriteValue(const Emission& emission, const Query& query, const std::byte* states) {
  const QueryPlan& plan = emission.query->plan();
  value_ = "{";
  value_ += window_;
  for (std::size_t i = 0; i < plan.outputs.size(); ++i) {
    const OutputColumn& column = plan.outputs[i];
    value_ += query.output_names[i];
    if (column.source == OutputColumn::Source::kGroup) {
      value_ += Part(column.index);
      continue;
    }
    const std::byte* state = states + emission.query->layout().offset(column.index);
    AppendJson(column.finish(state, query.finish[i]), value_);
  }
  value_ += ",\"finality\":\"";
  value_ += FinalityName(emission.finality);
  value_ += "\",\"revision\":";
  value_ += kRevisions[emission.revision];
  value_ += '}';
}

}  // namespace tidemark
