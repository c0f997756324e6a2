#include "worker/takeover_decision.h"

namespace tidemark {

TakeoverStep DecideTakeover(const TakeoverFacts& facts) {
  if (facts.recorded && *facts.recorded > facts.mine) return TakeoverStep::kStale;
  if (!facts.looked) return TakeoverStep::kLook;
  if (!facts.initialised) return TakeoverStep::kInitialise;
  if (!facts.ends) return TakeoverStep::kAskEnds;
  if (facts.position >= facts.ends->high_watermark) return TakeoverStep::kClaim;
  if (facts.position >= facts.ends->last_stable) return TakeoverStep::kWaitForOpenTransaction;
  return TakeoverStep::kRead;
}

}  // namespace tidemark
