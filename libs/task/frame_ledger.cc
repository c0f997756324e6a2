#include "task/frame_ledger.h"

#include <algorithm>

#include "base/check.h"
#include "base/text.h"

namespace tidemark {
namespace {

std::string TextOf(std::optional<Watermark> watermark) {
  return watermark ? FormatTime(watermark->value()) : "none";
}

}  // namespace

FrameLedger::FrameLedger(const FrameLedgerSpec& spec)
    : spec_(spec), lanes_(spec.lanes), sources_(spec.sources) {}

void FrameLedger::Restore(const Savepoint& savepoint) {
  *this = FrameLedger(spec_);
  plan_version_ = savepoint.plan_version;
  next_frame_ = savepoint.next_frame;
  largest_append_time_ = savepoint.largest_append_time;
  for (const SavepointSource& source : savepoint.sources) {
    TM_CHECK(source.source.value() < sources_.size(),
             "a savepoint names a source that is not ours");
    sources_[source.source.value()] = {
        .reported = true, .to = source.to, .watermark = source.watermark, .last = std::nullopt};
    lanes_[source.source.value() % spec_.lanes].sequence = source.sequence;
  }
  for (const auto& [lane, epoch] : savepoint.lane_epochs) {
    TM_CHECK(lane < lanes_.size(), "a savepoint names a lane that is not ours");
    lanes_[lane].epoch = OwnerEpoch(epoch);
  }
  Recompute();
}

FrameDecision FrameLedger::Judge(const FrameHeader& header) const {
  if (const auto wrong = FormatObjection(header)) {
    return {FrameVerdict::kHalt, Alarm(header, *wrong)};
  }
  if (IsLastFrameAgain(header)) return {FrameVerdict::kDuplicate, ""};
  if (const auto wrong = Objection(header)) return {FrameVerdict::kHalt, Alarm(header, *wrong)};
  return {FrameVerdict::kApply, ""};
}

std::optional<std::string> FrameLedger::FormatObjection(const FrameHeader& header) const {
  if (header.incarnation != spec_.incarnation) return "it is of another incarnation";
  if (header.plan_version != spec_.plan_version) {
    return StrCat("it is of plan version ", header.plan_version, ", this task runs version ",
                  spec_.plan_version);
  }
  if (header.lane.value() >= spec_.lanes) return StrCat("there are only ", spec_.lanes, " lanes");
  if (header.part >= header.parts) return StrCat("it has only ", header.parts, " parts");
  if (!SectionsAreOfTheLane(header)) return "its sections are not the sources of its lane";
  return std::nullopt;
}

std::optional<std::string> FrameLedger::Objection(const FrameHeader& header) const {
  const LaneState& lane = lanes_[header.lane.value()];
  if (header.sequence != lane.sequence.Plus(1)) return "its sequence is not the next one";
  if (header.epoch < lane.epoch) return "its owner epoch is older than one applied";
  if (auto wrong = PartObjection(header)) return wrong;
  for (const Section& section : header.sections) {
    if (auto wrong = SectionObjection(section)) return wrong;
  }
  return std::nullopt;
}

std::optional<std::string> FrameLedger::PartObjection(const FrameHeader& header) const {
  const std::optional<FrameHeader>& open = lanes_[header.lane.value()].open;
  const std::uint32_t expected = open ? open->part + 1 : 0;
  if (header.part != expected) return StrCat("part ", expected, " is expected");
  if (!open) return std::nullopt;
  if (header.parts != open->parts || header.epoch != open->epoch) return "its parts disagree";
  if (header.sections != open->sections) return "the sections of its parts disagree";
  return std::nullopt;
}

std::optional<std::string> FrameLedger::SectionObjection(const Section& section) const {
  const Source& source = sources_[section.source.value()];
  if ((section.flags & (kSectionJoin | kSectionStart)) != 0) {
    return StrCat("source ", section.source,
                  " joins: added input partitions are not supported yet");
  }
  if (source.reported && section.from != source.to) {
    return StrCat("source ", section.source, " continues at ", section.from, ", not at ",
                  source.to);
  }
  if (section.to < section.from) {
    return StrCat("source ", section.source, " goes back from ", section.from, " to ", section.to);
  }
  if (ToColumn(section.watermark) < ToColumn(source.watermark)) {
    return StrCat("the watermark of source ", section.source, " goes back from ",
                  TextOf(source.watermark), " to ", TextOf(section.watermark));
  }
  return std::nullopt;
}

bool FrameLedger::SectionsAreOfTheLane(const FrameHeader& header) const {
  std::uint32_t expected = header.lane.value();
  for (const Section& section : header.sections) {
    if (section.source.value() != expected || expected >= spec_.sources) return false;
    expected += spec_.lanes;
  }
  return expected >= spec_.sources && !header.sections.empty();
}

bool FrameLedger::IsLastFrameAgain(const FrameHeader& header) const {
  const LaneState& lane = lanes_[header.lane.value()];
  if (header.sequence != lane.sequence || lane.open) return false;
  return std::all_of(header.sections.begin(), header.sections.end(),
                     [this](const Section& section) {
                       const Source& source = sources_[section.source.value()];
                       if (!source.reported) return false;
                       if (source.last) return *source.last == section;
                       return source.to == section.to && source.watermark == section.watermark;
                     });
}

std::string FrameLedger::Alarm(const FrameHeader& header, const std::string& objection) const {
  std::string text =
      StrCat("frame at offset ", next_frame_, " or after it, lane ", header.lane, ", sequence ",
             header.sequence, ", owner epoch ", header.epoch, ", part ", header.part, " of ",
             header.parts, " cannot be applied: ", objection);
  if (header.lane.value() >= lanes_.size()) return text;
  const LaneState& lane = lanes_[header.lane.value()];
  text += StrCat("; last applied: sequence ", lane.sequence, ", owner epoch ", lane.epoch);
  for (const Section& section : header.sections) {
    text += StrCat("; source ", section.source, " [", section.from, ", ", section.to, ")");
    if (section.source.value() >= sources_.size()) continue;
    text += StrCat(" after ", sources_[section.source.value()].to);
  }
  return text;
}

bool FrameLedger::Apply(const FrameHeader& header) {
  LaneState& lane = lanes_[header.lane.value()];
  if (header.part + 1 < header.parts) {
    if (!lane.open) ++lanes_between_parts_;
    lane.open = header;
    return false;
  }
  if (lane.open) --lanes_between_parts_;
  lane.open.reset();
  Complete(header);
  return true;
}

void FrameLedger::Complete(const FrameHeader& header) {
  LaneState& lane = lanes_[header.lane.value()];
  lane.sequence = header.sequence;
  lane.epoch = header.epoch;
  plan_version_ = header.plan_version;
  for (const Section& section : header.sections) {
    Source& source = sources_[section.source.value()];
    source.reported = true;
    source.to = section.to;
    source.watermark = section.watermark;
    source.last = section;
  }
  Recompute();
}

void FrameLedger::Recompute() {
  std::optional<Watermark> minimum;
  for (const Source& source : sources_) {
    if (!source.watermark) return;
    if (!minimum || *source.watermark < *minimum) minimum = source.watermark;
  }
  combined_ = minimum;
}

void FrameLedger::Pass(Offset offset, std::int64_t append_time_ms) {
  next_frame_ = offset.Plus(1);
  largest_append_time_ = std::max(largest_append_time_, append_time_ms);
}

const Section* FrameLedger::LastSection(SourceOrdinal source) const {
  const std::optional<Section>& last = sources_[source.value()].last;
  return last ? &*last : nullptr;
}

Savepoint FrameLedger::Snapshot() const {
  TM_CHECK(!between_parts(), "no savepoint while a lane stands between parts");
  Savepoint savepoint;
  savepoint.next_frame = next_frame_;
  savepoint.plan_version = plan_version_;
  savepoint.combined = combined_;
  savepoint.largest_append_time = largest_append_time_;
  for (std::uint32_t s = 0; s < sources_.size(); ++s) {
    if (!sources_[s].reported) continue;
    savepoint.sources.push_back({SourceOrdinal(s), sources_[s].to, lanes_[s % spec_.lanes].sequence,
                                 sources_[s].watermark});
  }
  for (std::uint32_t lane = 0; lane < lanes_.size(); ++lane) {
    if (lanes_[lane].sequence.value() > 0) {
      savepoint.lane_epochs[lane] = lanes_[lane].epoch.value();
    }
  }
  return savepoint;
}

}  // namespace tidemark
