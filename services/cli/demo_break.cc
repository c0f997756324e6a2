#include "cli/demo_break.h"

#include "shuffle/frame.h"

namespace tidemark {

void DemoBreak::Attach(EmbeddedCluster& cluster, const std::map<std::string, ProcessId>& workers) {
  if (kind_ == DemoOptions::Break::kNothing || done_) return;
  for (const auto& [id, process] : workers) {
    MemoryLogClient* client = cluster.client(process);
    if (client != nullptr && attached_.insert(process).second) client->SetFaults(this);
  }
}

Fault DemoBreak::Before(const LogCall&) { return {}; }

// The number of blocks is the byte before the first one, as long as there are fewer than 128.
std::optional<std::string> DemoBreak::Rewrite(std::string_view topic, std::string_view value) {
  if (!armed_ || done_ || topic != shuffle_topic_) return std::nullopt;
  auto frame = FrameReader::Open(value);
  if (!frame.ok()) return std::nullopt;
  const std::size_t blocks = frame->states().remaining();
  const std::size_t count_at = value.size() - blocks - 1;
  const auto count = static_cast<unsigned char>(value[count_at]);
  if (blocks == 0 || count == 0 || count >= 64) return std::nullopt;
  done_ = true;
  std::string broken(value.substr(0, count_at));
  if (kind_ == DemoOptions::Break::kDropFrame) return broken + '\0';
  broken += static_cast<char>(2 * count);
  const std::string_view cells = value.substr(count_at + 1);
  return broken.append(cells).append(cells);
}

}  // namespace tidemark
