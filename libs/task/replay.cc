#include "task/replay.h"

#include <utility>

#include "base/text.h"

namespace tidemark {
namespace {

std::string WhyNot(const MergeProgress& mark, const MergeProgress& progress) {
  const Offset at = mark.commit_point.next_frame;
  if (mark.incarnation != progress.incarnation) return "it is of another incarnation";
  if (mark.commit_point.plan_version != progress.commit_point.plan_version)
    return "it is of another plan version";
  if (at > progress.commit_point.next_frame) return "it lies beyond the commit point";
  if (at == progress.commit_point.next_frame && progress.cursor)
    return "it lies beyond the commit point's closing";
  if (at < progress.replay_point.next_frame) return "it lies before the replay point";
  return "";
}

std::string TextOf(const std::map<InstanceId, InstanceCounts>& counts) {
  std::string text;
  for (const auto& [instance, count] : counts) {
    text += StrCat(text.empty() ? "" : ", ", instance, ": received ", count.received, " settled ",
                   count.settled);
  }
  return text;
}

std::string TextOf(std::optional<Watermark> watermark) {
  return watermark ? FormatTime(watermark->value()) : "none";
}

}  // namespace

RestorePlan DecideRestore(const std::optional<MergeProgress>& mark, const MergeProgress& progress) {
  RestorePlan plan;
  if (mark) plan.why_not_mark = WhyNot(*mark, progress);
  plan.from_mark = mark && plan.why_not_mark.empty();
  plan.from = plan.from_mark ? mark->commit_point : progress.replay_point;
  if (plan.from_mark) return plan;
  for (auto& [instance, counts] : plan.from.counts) counts.settled = counts.received;
  return plan;
}

std::optional<std::string> Difference(const Savepoint& recorded, const Savepoint& recomputed) {
  Savepoint expected = recorded;
  Savepoint found = recomputed;
  for (auto& [instance, counts] : expected.counts) counts.rows = 0;
  for (auto& [instance, counts] : found.counts) counts.rows = 0;
  if (found == expected) return std::nullopt;
  std::string text = StrCat("the savepoint recomputed at frame ", found.next_frame,
                            " is not the recorded one at frame ", expected.next_frame, ":");
  if (found.plan_version != expected.plan_version) text += " plan version";
  if (found.sources != expected.sources) text += " sources";
  if (found.lane_epochs != expected.lane_epochs) text += " owner epochs";
  if (found.largest_append_time != expected.largest_append_time) text += " append time";
  if (found.combined != expected.combined) {
    text +=
        StrCat(" watermark ", TextOf(found.combined), " instead of ", TextOf(expected.combined));
  }
  if (found.counts != expected.counts) {
    text +=
        StrCat(" counts {", TextOf(found.counts), "} instead of {", TextOf(expected.counts), "}");
  }
  return text;
}

Result<std::optional<MergeProgress>> ReadMark(CellStore& store) {
  TM_ASSIGN_OR_RETURN(const std::optional<std::string> bytes, store.ReadMark());
  if (!bytes) return std::optional<MergeProgress>();
  TM_ASSIGN_OR_RETURN(MergeProgress mark, DecodeMergeProgress(*bytes));
  return std::optional(std::move(mark));
}

}  // namespace tidemark
