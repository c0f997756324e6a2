#include "simulation/published.h"

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "shuffle/frame.h"
#include "shuffle/progress.h"

namespace tidemark::simulation {
namespace {

using nlohmann::json;
constexpr Duration kNoWait{0};

bool IsCommitted(const DumpedRecord& record) {
  return record.state == DumpedRecord::State::kPlain ||
         record.state == DumpedRecord::State::kCommitted;
}

std::string HeaderOf(const DumpedRecord& record, std::string_view name) {
  for (const auto& [header, value] : record.headers) {
    if (header == name) return value.value_or("");
  }
  return "";
}

}  // namespace

Published::Published(MemoryLog* log, PipelineDefinition pipeline)
    : log_(log),
      pipeline_(std::move(pipeline)),
      names_{"demo", pipeline_.name, pipeline_.incarnation},
      client_(log->NewClient("published")),
      admin_(client_->NewAdmin()),
      consumer_(client_->NewConsumer(Isolation::kReadCommitted)) {
  TM_CHECK(consumer_->Assign({names_.ShuffleTopic(), Partition(0)}, Offset(0)).ok(), "assign");
}

void Published::HarvestFrames(SimInput& input) {
  while (true) {
    const auto batch =
        consumer_->Fetch({names_.ShuffleTopic(), Partition(0)}, FetchLimits(), kNoWait);
    TM_CHECK(batch.ok(), "frames are harvested before they are dropped");
    if (*batch.value == nullptr) return;
    for (const RecordView& record : (*batch.value)->records()) {
      const auto frame = FrameReader::Open(*record.value);
      TM_CHECK(frame.ok(), "frames are well formed");
      const FrameHeader& header = frame.value().header();
      if (header.part + 1 != header.parts) continue;
      for (const Section& section : header.sections) {
        if ((section.flags & kSectionIdle) == 0 || !section.watermark) continue;
        input.idle_advances[section.source.value()].push_back(
            {section.to.value(), section.watermark->value()});
      }
    }
  }
}

void Published::ReadRows(const std::string& topic, std::int32_t partitions, Output& out) const {
  for (std::int32_t p = 0; p < partitions; ++p) {
    for (const DumpedRecord& record : log_->Dump({topic, Partition(p)})) {
      if (!IsCommitted(record)) continue;
      const json key = json::parse(record.key.value_or("null"));
      const json value = json::parse(record.value.value_or("null"));
      const std::string id =
          StrCat(topic, " ", key.value("window_start", ""), " ", key.value("window_end", ""), " ",
                 key.value("account_sid", ""), " ", value.value("finality", ""), " ",
                 value.value("revision", -1));
      out.rows[id].push_back(StrCat(value.value("calls", std::int64_t{-1}), " ",
                                    value.value("total", std::int64_t{-1}), " ",
                                    value.value("longest", std::int64_t{-1})));
    }
  }
}

void Published::ReadSide(const std::string& topic,
                         std::map<std::string, std::vector<std::string>>& out,
                         std::string_view header) const {
  for (const DumpedRecord& record : log_->Dump({topic, Partition(0)})) {
    if (!IsCommitted(record)) continue;
    out[HeaderOf(record, "tidemark-source")].push_back(HeaderOf(record, header));
  }
}

void Published::ReadLedger(Output& out) const {
  for (const DumpedRecord& record : log_->Dump({names_.LedgerTopic(), Partition(0)})) {
    if (!IsCommitted(record)) continue;
    const json key = json::parse(record.key.value_or("null"));
    const json value = json::parse(record.value.value_or("null"));
    if (!key.contains("topic")) continue;
    const auto count = [&](const char* name) { return value.value(name, std::uint64_t{0}); };
    out.ledger[StrCat(key.value("query", ""), " ", key.value("topic", ""), " ",
                      key.value("partition", -1))] =
        StrCat(count("events"), " = ", count("aggregated"), " + ", count("filtered"), " + ",
               count("late"));
  }
}

void Published::ReadReceived(const Scenario& scenario, Output& out) const {
  for (std::uint32_t d = 0; d < pipeline_.merges; ++d) {
    const auto bytes = NewestProgress(TaskId::Of(ShufflePartition(d)));
    if (!bytes) continue;
    const auto progress = DecodeMergeProgress(*bytes);
    TM_CHECK(progress.ok(), "progress is well formed");
    for (const auto& [instance, counts] : progress.value().commit_point.counts) {
      out.received[scenario.queries.at(instance.value() - 1).name] += counts.received;
    }
  }
}

Output Published::Read(const Scenario& scenario) const {
  Output out;
  for (const auto& [topic, partitions] : pipeline_.sink_partitions) {
    ReadRows(topic, partitions, out);
  }
  ReadSide(names_.LateTopic(), out.late, "tidemark-queries");
  ReadSide(names_.DeadLetterTopic(), out.dead, "tidemark-reason");
  ReadLedger(out);
  ReadReceived(scenario, out);
  return out;
}

std::optional<std::string> Published::NewestProgress(TaskId task) const {
  std::optional<std::string> newest;
  for (const DumpedRecord& record : log_->Dump(
           {names_.ProgressTopic(), PipelineNames::ProgressPartition(task, pipeline_.lanes)})) {
    if (IsCommitted(record)) newest = record.value;
  }
  return newest;
}

Offset Published::End(const TopicPartition& partition) const {
  return admin_->Ends(partition, kNoWait).value->high_watermark;
}

// Offset of the last frame that is not aborted; -1: none.
Offset Published::LastFrame(const TopicPartition& partition) const {
  Offset last{std::int64_t{-1}};
  for (const DumpedRecord& record : log_->Dump(partition)) {
    if (IsCommitted(record) || record.state == DumpedRecord::State::kOpen) last = record.offset;
  }
  return last;
}

bool Published::CaughtUp() const {
  for (std::uint32_t lane = 0; lane < pipeline_.lanes; ++lane) {
    const auto bytes = NewestProgress(TaskId::Of(Lane(lane)));
    if (!bytes) return false;
    const auto progress = DecodeLaneProgress(*bytes);
    for (const SourceProgress& source : progress.value().sources) {
      if (source.position < End(pipeline_.sources[source.source.value()])) return false;
    }
  }
  for (std::uint32_t d = 0; d < pipeline_.merges; ++d) {
    const auto bytes = NewestProgress(TaskId::Of(ShufflePartition(d)));
    if (!bytes) return false;
    const auto progress = DecodeMergeProgress(*bytes);
    if (progress.value().cursor) return false;
    const TopicPartition shuffle{names_.ShuffleTopic(), Partition(static_cast<std::int32_t>(d))};
    if (progress.value().commit_point.next_frame <= LastFrame(shuffle)) return false;
  }
  return true;
}

std::int64_t Published::Activity() const {
  std::int64_t sum = 0;
  for (std::uint32_t d = 0; d < pipeline_.merges; ++d) {
    sum += End({names_.ShuffleTopic(), Partition(static_cast<std::int32_t>(d))}).value();
  }
  for (std::uint32_t t = 0; t < pipeline_.lanes + pipeline_.merges; ++t) {
    sum += End({names_.ProgressTopic(), Partition(static_cast<std::int32_t>(t))}).value();
  }
  return sum;
}

}  // namespace tidemark::simulation
