// Any bytes are progress or an error; what decodes returns from its own encoding.
#include <cstdint>

#include "base/check.h"
#include "shuffle/progress.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto lane = tidemark::DecodeLaneProgress(bytes); lane.ok()) {
    TM_CHECK(tidemark::DecodeLaneProgress(tidemark::EncodeProgress(*lane)).value() == *lane,
             "round trip");
  }
  if (const auto merge = tidemark::DecodeMergeProgress(bytes); merge.ok()) {
    TM_CHECK(tidemark::DecodeMergeProgress(tidemark::EncodeProgress(*merge)).value() == *merge,
             "round trip");
  }
  return 0;
}
