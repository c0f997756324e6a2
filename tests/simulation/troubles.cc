#include "simulation/troubles.h"

namespace tidemark::simulation {

Fault LogTroubles::Before(const LogCall& call) {
  if (one_in_ == 0) return {};
  // Ends of transactions are rare among the calls, and what matters most happens there.
  const std::uint64_t share = call.kind == LogCallKind::kCommit ? 8 : 1;
  if (random_.Below(one_in_) >= share) return {};
  static constexpr FaultKind kKinds[] = {FaultKind::kPending,
                                         FaultKind::kPendingAfterEffect,
                                         FaultKind::kRetriable,
                                         FaultKind::kRetriableAfterEffect,
                                         FaultKind::kFatalWithoutEffect,
                                         FaultKind::kFatalAfterEffect,
                                         FaultKind::kDieBefore,
                                         FaultKind::kDieAfter,
                                         FaultKind::kAbortable,
                                         FaultKind::kFatalLateEffect,
                                         FaultKind::kFatalDecided,
                                         FaultKind::kLateMarkers,
                                         FaultKind::kDelayedEndTransaction};
  return {.kind = kKinds[random_.Below(std::size(kKinds))],
          .delayed_past_records = static_cast<int>(random_.Between(1, 4))};
}

MessageFate MessageTroubles::Judge() {
  if (one_in_ == 0 || random_.Below(one_in_) != 0) return {};
  switch (random_.Below(3)) {
    case 0:
      return {.copies = 0};
    case 1:
      return {.copies = 2, .delay = Duration(random_.Between(0, 50))};
    default:
      return {.copies = 1, .delay = Duration(random_.Between(1, 2'000))};
  }
}

}  // namespace tidemark::simulation
