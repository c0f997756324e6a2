// Where a merge task restores from, and whether the replay came out right (protocol 3.5, 4).
//
// A replay re-executes the frames from a savepoint up to the commit point, output discarded:
// nothing a closing publishes changes any state, so it only settles what closes. At the commit
// point everything recomputed must equal the record.
//
// Counts. From the replay point the cells are empty, and windows open there but closed before the
// commit point are rebuilt in part. Everything received before the replay point is settled by the
// commit point (that is how the replay point is chosen), so settled begins equal to received, and
// comes out exactly as recorded. From a mark the counts are the mark's. The rows published are
// known only to the record and taken from it.
//
// Thread: owned by one task thread.
#pragma once

#include <optional>
#include <string>

#include "base/status.h"
#include "shuffle/progress.h"
#include "state/cell_store.h"
#include "task/open_cells.h"

namespace tidemark {

struct RestorePlan {
  bool from_mark = false;
  Savepoint from;
  std::string why_not_mark;  // empty if there was none to judge
};

// A mark is of use if it lies from the replay point to the commit point, of the same incarnation
// and plan, and not inside the closing that the commit point cuts. Everything else in a store is to
// be discarded.
RestorePlan DecideRestore(const std::optional<MergeProgress>& mark, const MergeProgress& progress);

// How the recomputed savepoint differs from the recorded one, rows aside; nullopt: not at all.
std::optional<std::string> Difference(const Savepoint& recorded, const Savepoint& recomputed);

// The mark a store holds; an unreadable one is an error.
Result<std::optional<MergeProgress>> ReadMark(CellStore& store);

}  // namespace tidemark
