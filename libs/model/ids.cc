#include "model/ids.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace tidemark {

Result<Incarnation> Incarnation::Parse(std::string_view text) {
  const bool well_formed =
      text.size() == kSize && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
      });
  if (!well_formed) {
    return Status::DataLoss(
        StrCat("'", text, "' is no incarnation id: it has 8 characters of [0-9a-z]"));
  }
  Incarnation incarnation;
  incarnation.text_ = text;
  return incarnation;
}

Incarnation Incarnation::FromBits(std::uint64_t bits) {
  Incarnation incarnation;
  for (char& c : incarnation.text_) {
    c = "0123456789abcdefghijklmnopqrstuvwxyz"[bits % 36];
    bits /= 36;
  }
  return incarnation;
}

Result<TaskId> TaskId::Parse(std::string_view text) {
  for (const Kind kind : {Kind::kLane, Kind::kMerge}) {
    const std::string_view prefix = kind == Kind::kLane ? "lane-" : "merge-";
    if (!text.starts_with(prefix)) continue;
    const std::string_view digits = text.substr(prefix.size());
    std::uint32_t index = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
    if (error == std::errc() && end == digits.data() + digits.size() && !digits.empty()) {
      return TaskId{kind, index};
    }
  }
  return Status::Invalid(StrCat("'", text, "' is no task: expected lane-N or merge-N"));
}

std::string TaskId::ToString() const {
  return StrCat(kind == Kind::kLane ? "lane-" : "merge-", index);
}

std::string PipelineNames::Prefix() const {
  return StrCat("tidemark.", cluster, ".", pipeline, ".", incarnation.text());
}
std::string PipelineNames::TransactionalId(TaskId task) const {
  return StrCat(Prefix(), ".", task.ToString());
}
std::string PipelineNames::ShuffleTopic() const { return StrCat("__", Prefix(), ".shuffle"); }
std::string PipelineNames::ProgressTopic() const { return StrCat("__", Prefix(), ".progress"); }
std::string PipelineNames::LateTopic() const { return pipeline + ".late"; }
std::string PipelineNames::DeadLetterTopic() const { return pipeline + ".dead-letter"; }
std::string PipelineNames::LedgerTopic() const { return pipeline + ".ledger"; }

Partition PipelineNames::ProgressPartition(TaskId task, std::uint32_t lanes) {
  return Partition(task.kind == TaskId::Kind::kLane ? task.index : lanes + task.index);
}

std::string MetadataTopic(std::string_view cluster) {
  return StrCat("__tidemark.", cluster, ".metadata");
}
std::string CoordinatorTransactionalId(std::string_view cluster) {
  return StrCat("tidemark.", cluster, ".coordinator");
}

}  // namespace tidemark
