#include "task/ledger.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace tidemark {
namespace {

std::string Quoted(std::string_view text) {
  std::string json;
  AppendJsonString(text, json);
  return json;
}

std::string TimeOf(std::int64_t ms) { return Quoted(FormatTime(ms)); }

QueryCounters CountersOf(InstanceId instance, const SourceCounters& counters) {
  const auto found =
      std::find_if(counters.queries.begin(), counters.queries.end(),
                   [&](const QueryCounters& query) { return query.instance == instance; });
  return found == counters.queries.end() ? QueryCounters{.instance = instance} : *found;
}

}  // namespace

LedgerWriter::LedgerWriter(const TaskContext& context, const MergeQueries& queries,
                           ShufflePartition merge)
    : context_(context), queries_(queries), merge_(merge), topic_(context.names.LedgerTopic()) {}

void LedgerWriter::WriteQueries(Watermark through,
                                const std::map<InstanceId, InstanceCounts>& counts, Outbox& out) {
  for (const auto& [instance, query] : queries_) {
    const WindowMath& time = query.time();
    const auto last_end = [&](std::int64_t at) {
      return AlignDown(at, time.slide, time.offset + time.size);
    };
    const auto count = counts.find(instance);
    const std::uint64_t rows = count == counts.end() ? 0 : count->second.rows;
    Write(StrCat("{\"query\":", Quoted(query.plan().name), ",\"partition\":", merge_, "}"),
          StrCat("{\"closed_through\":", TimeOf(last_end(through.value())), ",\"final_through\":",
                 TimeOf(last_end(through.value() - time.lateness)), ",\"rows\":", rows, "}"),
          query, out);
  }
}

void LedgerWriter::WriteSources(const FrameLedger& frames, Outbox& out) {
  for (std::size_t s = merge_.value(); s < context_.sources.size(); s += context_.merges()) {
    const Section* section = frames.LastSection(SourceOrdinal(static_cast<std::uint32_t>(s)));
    if (section == nullptr) continue;
    for (const auto& [instance, query] : queries_) WriteSource(query, *section, out);
  }
}

void LedgerWriter::WriteSource(const MergeQuery& query, const Section& section, Outbox& out) {
  const TopicPartition& source = context_.sources[section.source.value()];
  const SourceCounters& all = section.counters;
  const QueryCounters own = CountersOf(query.plan().instance, all);
  Write(StrCat("{\"query\":", Quoted(query.plan().name), ",\"topic\":", Quoted(source.topic),
               ",\"partition\":", source.partition, "}"),
        StrCat("{\"offset\":", section.to, ",\"records\":", all.records, ",\"events\":",
               own.aggregated + own.filtered + own.late, ",\"aggregated\":", own.aggregated,
               ",\"filtered\":", own.filtered, ",\"late\":", own.late,
               ",\"dead_letter\":", all.dead_letter, ",\"partly_late\":", own.partly_late,
               ",\"late_while_open\":", own.late_while_open, ",\"lost\":", all.lost, "}"),
        query, out);
}

void LedgerWriter::Write(std::string key, std::string value, const MergeQuery& query, Outbox& out) {
  std::string& written = written_[key];
  if (written == value) return;
  written = std::move(value);
  out.Add({.topic = topic_,
           .partition = std::nullopt,
           .key = key,
           .value = written,
           .headers = {},
           .query = query.plan().name});
}

}  // namespace tidemark
