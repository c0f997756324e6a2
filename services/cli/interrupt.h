// The wish of the user, or of whoever runs the program, that it ends: SIGINT or SIGTERM. The second
// one ends the process at once. Thread: any.
#pragma once

namespace tidemark {

// Notes the signals from now on instead of dying of them.
void WatchInterrupts();
bool Interrupted();

}  // namespace tidemark
