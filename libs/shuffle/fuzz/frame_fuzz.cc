// Any bytes are a frame or an error.
#include <cstdint>

#include "shuffle/frame.h"

namespace tidemark {
namespace {

void ReadAll(std::string_view bytes) {
  auto reader = FrameReader::Open(bytes);
  if (!reader.ok()) return;
  while (true) {
    const auto block = reader->NextBlock();
    if (!block.ok() || !block->has_value()) return;
    for (std::uint64_t i = 0; i < (*block)->cells && reader->states().ok(); ++i) {
      reader->NextKey();
      reader->states().LengthPrefixed();
    }
  }
}

}  // namespace
}  // namespace tidemark

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tidemark::ReadAll({reinterpret_cast<const char*>(data), size});
  return 0;
}
