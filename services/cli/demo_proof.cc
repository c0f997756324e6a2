#include "cli/demo_proof.h"

#include <cstdio>
#include <limits>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "base/text.h"
#include "cli/side_header.h"
#include "cli/topic_tail.h"
#include "proof/batch.h"
#include "proof/report.h"
#include "shuffle/frame.h"

namespace tidemark {
namespace {

constexpr std::size_t kEverything = std::numeric_limits<std::size_t>::max();

std::optional<std::string> Copy(const std::optional<std::string_view>& bytes) {
  return bytes ? std::optional<std::string>(*bytes) : std::nullopt;
}

std::vector<std::string> SplitAtCommas(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, ',');) parts.push_back(part);
  return parts;
}

using Input = std::map<Partition, proof::InputPartition>;

Status ReadInput(Log& log, const std::string& topic, Input& input) {
  TopicTail tail(log, Isolation::kReadCommitted);
  TM_RETURN_IF_ERROR(tail.Follow(topic));
  return tail.DrainToEnds([&](const TopicPartition& partition, const RecordView& record) {
    proof::InputPartition& into = input[partition.partition];
    into.topic = partition.topic;
    into.partition = partition.partition.value();
    into.records.push_back({record.offset.value(), record.timestamp_ms, Copy(record.value)});
  });
}

void Falsify(DemoOptions::Break how, std::vector<proof::PublishedRow>& rows) {
  if (rows.empty()) return;
  if (how == DemoOptions::Break::kDropFrame) rows.pop_back();
  if (how == DemoOptions::Break::kDoubleFrame) rows.push_back(rows.back());
}

Status ReadPublished(const DemoEvidence& evidence, proof::Published& published) {
  const PipelineNames& names = evidence.names;
  TopicTail tail(evidence.log, Isolation::kReadCommitted);
  for (const std::string& topic : evidence.pipeline.OutputTopics(names))
    TM_RETURN_IF_ERROR(tail.Follow(topic));
  TM_RETURN_IF_ERROR(tail.DrainToEnds([&](const TopicPartition& partition,
                                          const RecordView& record) {
    const bool late = partition.topic == names.LateTopic();
    if (late || partition.topic == names.DeadLetterTopic()) {
      (late ? published.late : published.dead_letters)
          .push_back({SideHeader(record, "tidemark-source"), SideHeader(record, "tidemark-reason"),
                      SplitAtCommas(SideHeader(record, "tidemark-queries"))});
    } else {
      published.rows[evidence.pipeline.Base(partition.topic)].push_back(
          {std::string(record.key.value_or("")), Copy(record.value)});
    }
  }));
  if (!published.rows.empty()) Falsify(evidence.falsified, published.rows.begin()->second);
  return {};
}

}  // namespace

Status ControlWatermarks::Follow(Log& log, const PipelineNames& names) {
  tail_.emplace(log, Isolation::kReadCommitted);
  return tail_->Follow(names.ShuffleTopic());
}

// The frames of one shuffle partition name every control watermark: the others say the same.
void ControlWatermarks::Take(const TopicPartition& partition, const RecordView& record) {
  if (partition.partition != Partition(0) || !record.value) return;
  const auto frame = FrameReader::Open(*record.value);
  if (!frame.ok()) return;
  for (const Section& section : frame->header().sections) {
    if ((section.flags & kSectionIdle) == 0 || !section.watermark) continue;
    by_source_[section.source].push_back({section.to, *section.watermark});
  }
}

Status ControlWatermarks::Drain() {
  return tail_
      ->Drain(kEverything, [this](const TopicPartition& partition,
                                  const RecordView& record) { Take(partition, record); })
      .status();
}

Status ControlWatermarks::DrainToEnd() {
  return tail_->DrainToEnds([this](const TopicPartition& partition, const RecordView& record) {
    Take(partition, record);
  });
}

const std::vector<ControlWatermarks::Control>& ControlWatermarks::Of(SourceOrdinal source) const {
  static const std::vector<Control> kNone;
  const auto found = by_source_.find(source);
  return found == by_source_.end() ? kNone : found->second;
}

Result<bool> ProveRun(const DemoEvidence& evidence) {
  Input input;
  TM_RETURN_IF_ERROR(ReadInput(evidence.log, evidence.pipeline.plan->topics.front(), input));
  proof::Published published;
  TM_RETURN_IF_ERROR(ReadPublished(evidence, published));
  std::vector<proof::InputPartition> partitions;
  for (auto& [partition, content] : input) {
    for (const auto& control : evidence.control.Of(SourceOrdinal(partition.value()))) {
      content.control.push_back({control.offset.value(), control.watermark.value()});
    }
    partitions.push_back(std::move(content));
  }
  const WatermarkOptions& watermark = evidence.pipeline.plan->watermark;
  const proof::TimeRules rules{.max_out_of_orderness_ms = watermark.max_out_of_orderness.count(),
                               .max_future_skew_ms = watermark.max_future_skew.count()};
  const proof::Report report =
      proof::Compare(proof::ComputeBatch(partitions, rules, proof::VoiceQueries()), published);
  for (const std::string& sentence : report.Sentences()) std::printf("%s\n", sentence.c_str());
  std::printf(report.IsBalanced() ? "The proof holds.\n" : "The proof does NOT hold.\n");
  return report.IsBalanced();
}

}  // namespace tidemark
