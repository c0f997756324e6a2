// What a worker does next to take a task over (protocol 5), from what it has observed. Pure.
#pragma once

#include <optional>

#include "log/log.h"
#include "model/ids.h"

namespace tidemark {

struct TakeoverFacts {
  OwnerEpoch mine;
  // Of the newest committed progress that was read; nullopt: none was found so far.
  std::optional<OwnerEpoch> recorded;
  // Everything committed before was read once, without fencing anybody.
  bool looked = false;
  // init_transactions succeeded on the producer in hand.
  bool initialised = false;
  // Of the progress partition, asked at READ_UNCOMMITTED after the initialisation.
  std::optional<PartitionEnds> ends;
  Offset position;  // read_committed, up to which everything was read
};

enum class TakeoverStep : std::uint8_t {
  kLook,                    // read what is committed, touch nothing
  kInitialise,              // fence the former owner
  kAskEnds,                 // learn the high watermark after the fencing
  kRead,                    // read on to that high watermark
  kWaitForOpenTransaction,  // it is hidden behind an open transaction
  kClaim,                   // commit the progress again, with my epoch
  kStale,                   // a newer owner is recorded: let go, touch nothing
};

// A recorded epoch newer than mine is stale at every stage; before the look nothing is fenced, and
// before everything below the high watermark was read nothing is claimed.
TakeoverStep DecideTakeover(const TakeoverFacts& facts);

}  // namespace tidemark
