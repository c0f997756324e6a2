// SIGTERM and SIGINT as a flag. The second one ends the process at once.
#pragma once

namespace tidemark {

// Also ignores SIGPIPE and SIGXFSZ: broken connections and files at a limit show as errors of their
// calls.
void InstallStopSignal();
// True once SIGTERM or SIGINT has come. Thread: any.
bool StopRequested();

}  // namespace tidemark
