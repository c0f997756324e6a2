// The logger: one line per event that says what happened and what to do. The only singleton of the
// project.
//
//   LogInfo(StrCat("task ", task, " restored ", frames, " frames"));
#pragma once

#include <string_view>

namespace tidemark {

enum class LogLevel { kDebug, kInfo, kWarning, kError, kOff };
enum class LogFormat { kText, kJson };

// Default: kInfo, text, to standard error. Thread: any; call before threads start.
void SetUpLogging(LogLevel level, LogFormat format);

// Thread: any.
void LogLine(LogLevel level, std::string_view message);
inline void LogDebug(std::string_view message) { LogLine(LogLevel::kDebug, message); }
inline void LogInfo(std::string_view message) { LogLine(LogLevel::kInfo, message); }
inline void LogWarning(std::string_view message) { LogLine(LogLevel::kWarning, message); }
inline void LogFailure(std::string_view message) { LogLine(LogLevel::kError, message); }

}  // namespace tidemark
