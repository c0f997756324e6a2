#include "log_memory/connection.h"

#include <array>

namespace tidemark {

std::string_view LogCallKindName(LogCallKind kind) {
  static constexpr std::array<std::string_view, 15> kNames = {
      "InitTransactions", "Begin", "Produce",       "Commit",        "Abort",
      "Assign",           "Fetch", "CreateTopic",   "DeleteTopic",   "DescribeTopic",
      "DeleteRecords",    "Ends",  "OffsetForTime", "CommitOffsets", "CommittedOffsets"};
  return kNames.at(static_cast<std::size_t>(kind));
}

Fault Connection::Ask(LogCallKind kind, std::string_view transactional_id) {
  FaultHook* hook = hook_;
  if (hook == nullptr || dead()) return {};
  return hook->Before({kind, name_, transactional_id});
}

std::optional<std::string> Connection::Rewrite(std::string_view topic, std::string_view value) {
  FaultHook* hook = hook_;
  if (hook == nullptr || dead()) return std::nullopt;
  return hook->Rewrite(topic, value);
}

LogStatus CallGate::Killed() { return {LogError::kFatal, "this client was killed"}; }

LogStatus CallGate::OtherCallPending(LogCallKind pending) {
  return {LogError::kConflict, std::string(LogCallKindName(pending)) + " is pending"};
}

bool CallGate::AnswersEarly(LogCallKind kind, FaultKind fault) {
  switch (fault) {
    case FaultKind::kPending:
    case FaultKind::kRetriable:
    case FaultKind::kFatalWithoutEffect:
    case FaultKind::kDieBefore:
      return true;
    case FaultKind::kPendingAfterEffect:
      return kind == LogCallKind::kFetch;
    case FaultKind::kRetriableAfterEffect:
      return kind == LogCallKind::kFetch || kind == LogCallKind::kProduce;
    default:
      return false;
  }
}

LogStatus CallGate::AnswerEarly(LogCallKind kind, FaultKind fault) {
  if (fault == FaultKind::kPending || fault == FaultKind::kPendingAfterEffect) {
    pending_ = kind;
    return {LogError::kPending, "injected: no answer yet"};
  }
  pending_.reset();
  pending_result_.reset();
  if (fault == FaultKind::kFatalWithoutEffect) return {LogError::kFatal, "injected: fatal"};
  if (fault != FaultKind::kDieBefore) return {LogError::kRetriable, "injected: no answer"};
  connection_->Kill();
  return Killed();
}

std::optional<LogStatus> CallGate::Instead(LogCallKind kind, FaultKind fault) {
  switch (fault) {
    case FaultKind::kPendingAfterEffect:
      pending_ = kind;
      return LogStatus{LogError::kPending, "injected: no answer yet"};
    case FaultKind::kRetriableAfterEffect:
      return LogStatus{LogError::kRetriable, "injected: the answer was lost"};
    case FaultKind::kFatalAfterEffect:
      return LogStatus{LogError::kFatal, "injected: fatal, the answer was lost"};
    case FaultKind::kDieAfter:
      connection_->Kill();
      return Killed();
    default:
      return std::nullopt;
  }
}

}  // namespace tidemark
