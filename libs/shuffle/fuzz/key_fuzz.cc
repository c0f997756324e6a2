// Any bytes are a key of these columns or an error.
#include <array>
#include <cstdint>

#include "shuffle/key.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using tidemark::Type;
  using tidemark::TypeKind;
  static const std::array<Type, 5> kTypes = {Type::Of(TypeKind::kString),
                                             Type::Of(TypeKind::kInteger), Type::DecimalOf(6),
                                             Type::Of(TypeKind::kBytes), Type::Of(TypeKind::kBool)};
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (std::size_t columns = 0; columns <= kTypes.size(); ++columns) {
    static_cast<void>(tidemark::DecodeKey(bytes, {kTypes.data(), columns}));
  }
  return 0;
}
