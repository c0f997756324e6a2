// Which worker gets which task. Pure.
//
// A *group* is the tasks of one kind of one pipeline: they cost about the same, so each group is
// spread evenly. Invariants of the answer:
//  1. every task has a worker if there is any, and none otherwise;
//  2. in each group, and over all groups, the most loaded worker has at most one task more than the
//     least loaded;
//  3. tasks move from living workers only to keep 1 and 2: at most one more than the fewest that
//  do;
//  4. it is a function of its arguments alone, whatever the order they came in.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "session/session.h"

namespace tidemark {

// Task -> id of its present worker; "" = nobody's.
using Ownership = std::map<TaskAddress, std::string>;

// `workers`: the living ones. A present owner that is not among them counts as nobody.
Ownership AssignTasks(const Ownership& present, const std::set<std::string>& workers);

}  // namespace tidemark
