// A producer whose transactions are counted and timed: the one place that all transactions of
// tasks pass, claims of take-overs included.
#pragma once

#include <memory>

#include "log/log.h"
#include "model/ids.h"
#include "task/task_meter.h"

namespace tidemark {

// Changes nothing about `producer`. An outcome is counted once per transaction: when it shows, or,
// of one that is left open, when the producer is destroyed. `meter` outlives the answer.
std::unique_ptr<Producer> Measure(std::unique_ptr<Producer> producer, TaskId::Kind kind,
                                  TaskMeter& meter);

}  // namespace tidemark
