// Faults that a test or a simulation injects into the calls of one client of the memory log.
//
// Everything else about the memory log is deterministic, so a run is a function of the calls made
// and of the answers of its hooks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidemark {

enum class LogCallKind : std::uint8_t {
  kInitTransactions,
  kBegin,
  kProduce,
  kCommit,
  kAbort,
  kAssign,
  kFetch,
  kCreateTopic,
  kDeleteTopic,
  kDescribeTopic,
  kDeleteRecords,
  kEnds,
  kOffsetForTime,
  kCommitOffsets,
  kCommittedOffsets,
};
std::string_view LogCallKindName(LogCallKind kind);

struct LogCall {
  LogCallKind kind;
  std::string_view client;
  std::string_view transactional_id;  // empty for consumers and admins
};

// The second group concerns the end of a transaction; it is none on any other call, and on an empty
// transaction, which sends no EndTxn.
enum class FaultKind : std::uint8_t {
  kNone,
  // kPending without effect: the same call must be repeated, others answer kConflict.
  kPending,
  // The effect is there; the answer comes only when the call is repeated.
  kPendingAfterEffect,
  // kRetriable without effect. A commit is then in doubt: its transaction stays open in the broker.
  kRetriable,
  // kRetriable though it took effect. Fetch and Produce have none.
  kRetriableAfterEffect,
  // kFatal. The transaction stays open until fencing or its timeout aborts it.
  kFatalWithoutEffect,
  // kFatal though it took effect: a commit in doubt that did commit.
  kFatalAfterEffect,
  // The client dies right before the effect, or right after it.
  kDieBefore,
  kDieAfter,

  // Of Produce: the record is lost, and the commit says so. Of Commit: kAbortable, nothing sent.
  kAbortable,
  // kFatal. The EndTxn is under way and takes effect MemoryLogOptions::late_delivery later, unless
  // the broker has seen a newer epoch by then.
  kFatalLateEffect,
  // kFatal. The broker decided but wrote no marker yet; a successor or late_delivery completes it.
  kFatalDecided,
  // Success, but markers are written only late_delivery later, or at the producer's next record.
  kLateMarkers,
  // Success by a second EndTxn. The first one arrives in the producer's next transaction and ends
  // that one halfway; it is refused if the producer was re-initialised in between.
  kDelayedEndTransaction,
};

struct Fault {
  FaultKind kind = FaultKind::kNone;
  // Of kDelayedEndTransaction: the delayed request arrives after this many records of the next
  // transaction, at the latest with its end. At least 1.
  int delayed_past_records = 1;
};

// Thread: called on the thread of the handle, without a lock: it may use the log, also kill the
// calling client.
class FaultHook {
 public:
  virtual ~FaultHook() = default;
  // Asked before every call of the client's handles, repeated ones included.
  virtual Fault Before(const LogCall& call) = 0;
  // Asked once for every record with a value that is produced: what arrives in its stead, as if its
  // bytes had been damaged on the way. nullopt: the record itself. Called under the log's lock:
  // unlike Before, it must not use the log.
  virtual std::optional<std::string> Rewrite(std::string_view /*topic*/,
                                             std::string_view /*value*/) {
    return std::nullopt;
  }
};

}  // namespace tidemark
