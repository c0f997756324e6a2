// What a running task tells operators in its worker's heartbeats. Pure.
#pragma once

#include "session/session.h"
#include "worker/running_task.h"

namespace tidemark {

void AddStatus(const TaskStatus& status, TaskReport& report);

}  // namespace tidemark
