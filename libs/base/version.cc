#include "base/version.h"

namespace tidemark {

const char* const kVersion = TIDEMARK_VERSION;

}  // namespace tidemark
