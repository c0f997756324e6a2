#include "shuffle/progress.h"

#include <utility>

#include "base/check.h"
#include "base/text.h"
#include "tidemark/internal/v1/progress.pb.h"

namespace tidemark {
namespace {

namespace pb = internal::v1;

constexpr std::string_view kMagic = "TM";
constexpr std::size_t kHeaderBytes = 4;
constexpr std::uint8_t kVersion = 1;
enum class Kind : std::uint8_t { kLane = 1, kMerge = 2 };

Status Malformed(std::string_view what) {
  return Status::DataLoss(StrCat("malformed progress: ", what));
}

// The kind, which the caller checks, of a record of a version that this program reads.
Result<std::uint8_t> ReadKind(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes || bytes.substr(0, kMagic.size()) != kMagic) {
    return Malformed("it does not begin with TM");
  }
  const auto version = static_cast<std::uint8_t>(bytes[3]);
  if (version == 0) return Malformed("version 0");
  if (version > kVersion) {
    return Status::FailedPrecondition(StrCat("progress format version ", version,
                                             " is newer than this program, which reads up to ",
                                             kVersion, ": upgrade the workers"));
  }
  return static_cast<std::uint8_t>(bytes[2]);
}

template <class Message>
Status Parse(std::string_view bytes, Kind kind, Message& message) {
  TM_ASSIGN_OR_RETURN(const std::uint8_t found, ReadKind(bytes));
  if (found != static_cast<std::uint8_t>(kind)) {
    return Malformed(StrCat("kind ", found, " where kind ", static_cast<int>(kind), " belongs"));
  }
  const std::string_view body = bytes.substr(kHeaderBytes);
  if (!message.ParseFromArray(body.data(), static_cast<int>(body.size())))
    return Malformed("no protobuf message");
  return {};
}

template <class Message>
std::string Serialize(Kind kind, const Message& message) {
  std::string bytes(kMagic);
  bytes.push_back(static_cast<char>(kind));
  bytes.push_back(static_cast<char>(kVersion));
  TM_CHECK(message.AppendToString(&bytes), "progress fits a protobuf message");
  return bytes;
}

// Adds to `out` unless its last element's key is not below this one's.
template <class T, class Member>
Status AppendAscending(std::vector<T>& out, T value, Member T::*key) {
  if (!out.empty() && value.*key <= out.back().*key) return Malformed("a list is out of order");
  out.push_back(std::move(value));
  return {};
}

void ToProto(const QueryCounters& from, pb::QueryCounters& to) {
  to.set_instance(from.instance.value());
  to.set_aggregated(from.aggregated);
  to.set_filtered(from.filtered);
  to.set_late(from.late);
  to.set_partly_late(from.partly_late);
  to.set_late_while_open(from.late_while_open);
}

QueryCounters FromProto(const pb::QueryCounters& from) {
  return {.instance = InstanceId(from.instance()),
          .aggregated = from.aggregated(),
          .filtered = from.filtered(),
          .late = from.late(),
          .partly_late = from.partly_late(),
          .late_while_open = from.late_while_open()};
}

void ToProto(const SourceCounters& from, pb::SourceCounters& to) {
  to.set_records(from.records);
  to.set_decoded(from.decoded);
  to.set_events(from.events);
  to.set_dead_letter(from.dead_letter);
  to.set_quarantined(from.quarantined);
  to.set_partly_dead(from.partly_dead);
  to.set_tombstones(from.tombstones);
  to.set_lost(from.lost);
  for (const QueryCounters& query : from.queries) ToProto(query, *to.add_queries());
}

Result<SourceCounters> FromProto(const pb::SourceCounters& from) {
  SourceCounters to{.records = from.records(),
                    .decoded = from.decoded(),
                    .events = from.events(),
                    .dead_letter = from.dead_letter(),
                    .quarantined = from.quarantined(),
                    .partly_dead = from.partly_dead(),
                    .tombstones = from.tombstones(),
                    .lost = from.lost(),
                    .queries = {}};
  for (const pb::QueryCounters& query : from.queries()) {
    TM_RETURN_IF_ERROR(AppendAscending(to.queries, FromProto(query), &QueryCounters::instance));
  }
  return to;
}

void ToProto(const SourceProgress& from, pb::SourceProgress& to) {
  to.set_source(from.source.value());
  to.set_position(from.position.value());
  if (from.watermark) to.set_watermark(from.watermark->value());
  if (from.largest) to.set_largest(from.largest->value());
  to.set_idle(from.idle);
  if (from.last_crc) to.set_last_crc(*from.last_crc);
  if (from.last_offset.value() >= 0) to.set_last_offset(from.last_offset.value());
  ToProto(from.counters, *to.mutable_counters());
}

Result<SourceProgress> FromProto(const pb::SourceProgress& from) {
  if (from.position() < 0) return Malformed("a position below 0");
  SourceProgress to{.source = SourceOrdinal(from.source()), .position = Offset(from.position())};
  if (from.has_watermark()) to.watermark = Watermark(from.watermark());
  if (from.has_largest()) to.largest = EventTime(from.largest());
  to.idle = from.idle();
  if (from.has_last_crc()) to.last_crc = from.last_crc();
  if (from.has_last_offset()) to.last_offset = Offset(from.last_offset());
  if (from.has_last_offset() && from.last_offset() < 0) return Malformed("an offset below 0");
  TM_ASSIGN_OR_RETURN(to.counters, FromProto(from.counters()));
  return to;
}

void ToProto(const Savepoint& from, pb::Savepoint& to) {
  to.set_next_frame(from.next_frame.value());
  to.set_plan_version(from.plan_version.value());
  for (const SavepointSource& source : from.sources) {
    pb::SavepointSource& added = *to.add_sources();
    added.set_source(source.source.value());
    added.set_to(source.to.value());
    added.set_sequence(source.sequence.value());
    if (source.watermark) added.set_watermark(source.watermark->value());
  }
  for (const auto& [lane, epoch] : from.lane_epochs) {
    pb::LaneEpoch& added = *to.add_lane_epochs();
    added.set_lane(lane);
    added.set_epoch(epoch);
  }
  if (from.combined) to.set_combined(from.combined->value());
  to.set_largest_append_time(from.largest_append_time);
  for (const auto& [instance, counts] : from.counts) {
    pb::InstanceCounts& added = *to.add_counts();
    added.set_instance(instance.value());
    added.set_received(counts.received);
    added.set_settled(counts.settled);
    added.set_rows(counts.rows);
  }
}

SavepointSource FromProto(const pb::SavepointSource& from) {
  SavepointSource to{.source = SourceOrdinal(from.source()),
                     .to = Offset(from.to()),
                     .sequence = LaneSequence(from.sequence()),
                     .watermark = std::nullopt};
  if (from.has_watermark()) to.watermark = Watermark(from.watermark());
  return to;
}

Result<Savepoint> FromProto(const pb::Savepoint& from) {
  if (from.next_frame() < 0) return Malformed("a frame offset below 0");
  Savepoint to;
  to.next_frame = Offset(from.next_frame());
  to.plan_version = PlanVersion(from.plan_version());
  for (const pb::SavepointSource& source : from.sources()) {
    TM_RETURN_IF_ERROR(AppendAscending(to.sources, FromProto(source), &SavepointSource::source));
  }
  for (const pb::LaneEpoch& lane : from.lane_epochs()) to.lane_epochs[lane.lane()] = lane.epoch();
  if (from.has_combined()) to.combined = Watermark(from.combined());
  to.largest_append_time = from.largest_append_time();
  for (const pb::InstanceCounts& counts : from.counts()) {
    to.counts[InstanceId(counts.instance())] = {counts.received(), counts.settled(), counts.rows()};
  }
  return to;
}

void ToProto(const ClosingCursor& from, pb::ClosingCursor& to) {
  to.set_trigger_time(from.trigger_time);
  to.set_instance(from.instance.value());
  to.set_window_end(from.window_end);
  to.set_key_hash(from.key_hash);
  to.set_key(from.key);
}

ClosingCursor FromProto(const pb::ClosingCursor& from) {
  return {.trigger_time = from.trigger_time(),
          .instance = InstanceId(from.instance()),
          .window_end = from.window_end(),
          .key_hash = from.key_hash(),
          .key = from.key()};
}

}  // namespace

std::string EncodeProgress(const LaneProgress& progress) {
  pb::LaneProgress message;
  message.set_incarnation(progress.incarnation.text());
  message.set_epoch(progress.epoch.value());
  message.set_plan_version(progress.plan_version.value());
  message.set_sequence(progress.sequence.value());
  for (const SourceProgress& source : progress.sources) ToProto(source, *message.add_sources());
  return Serialize(Kind::kLane, message);
}

std::string EncodeProgress(const MergeProgress& progress) {
  pb::MergeProgress message;
  message.set_incarnation(progress.incarnation.text());
  message.set_epoch(progress.epoch.value());
  ToProto(progress.commit_point, *message.mutable_commit_point());
  ToProto(progress.replay_point, *message.mutable_replay_point());
  if (progress.cursor) ToProto(*progress.cursor, *message.mutable_cursor());
  return Serialize(Kind::kMerge, message);
}

Result<LaneProgress> DecodeLaneProgress(std::string_view bytes) {
  pb::LaneProgress message;
  TM_RETURN_IF_ERROR(Parse(bytes, Kind::kLane, message));
  LaneProgress progress;
  TM_ASSIGN_OR_RETURN(progress.incarnation, Incarnation::Parse(message.incarnation()));
  progress.epoch = OwnerEpoch(message.epoch());
  progress.plan_version = PlanVersion(message.plan_version());
  progress.sequence = LaneSequence(message.sequence());
  for (const pb::SourceProgress& source : message.sources()) {
    TM_ASSIGN_OR_RETURN(SourceProgress decoded, FromProto(source));
    TM_RETURN_IF_ERROR(
        AppendAscending(progress.sources, std::move(decoded), &SourceProgress::source));
  }
  return progress;
}

Result<MergeProgress> DecodeMergeProgress(std::string_view bytes) {
  pb::MergeProgress message;
  TM_RETURN_IF_ERROR(Parse(bytes, Kind::kMerge, message));
  MergeProgress progress;
  TM_ASSIGN_OR_RETURN(progress.incarnation, Incarnation::Parse(message.incarnation()));
  progress.epoch = OwnerEpoch(message.epoch());
  TM_ASSIGN_OR_RETURN(progress.commit_point, FromProto(message.commit_point()));
  TM_ASSIGN_OR_RETURN(progress.replay_point, FromProto(message.replay_point()));
  if (message.has_cursor()) progress.cursor = FromProto(message.cursor());
  return progress;
}

Result<OwnerEpoch> DecodeProgressEpoch(std::string_view bytes) {
  TM_ASSIGN_OR_RETURN(const std::uint8_t kind, ReadKind(bytes));
  if (kind == static_cast<std::uint8_t>(Kind::kLane)) {
    TM_ASSIGN_OR_RETURN(const LaneProgress lane, DecodeLaneProgress(bytes));
    return lane.epoch;
  }
  TM_ASSIGN_OR_RETURN(const MergeProgress merge, DecodeMergeProgress(bytes));
  return merge.epoch;
}

}  // namespace tidemark
