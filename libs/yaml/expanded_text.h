// A YAML file as it is stored for others, who have another environment: ${NAME} replaced in its
// text. Pure.
#pragma once

#include <string>

#include "base/status.h"
#include "yaml/environment.h"

namespace tidemark {

// Comments stay as they are. A file that is no YAML is returned as it is: its reader says what is
// wrong. INVALID_ARGUMENT, for a terminal, when a name is unset or its value would change the
// structure of the file where it stands.
Result<std::string> ExpandText(const std::string& file, const std::string& text,
                               const Environment& environment);

}  // namespace tidemark
