// A pipeline file as it is sent to a cluster: ${NAME} replaced in its text. Pure.
#pragma once

#include <string>

#include "base/status.h"
#include "yaml/environment.h"

namespace tidemark {

// Comments stay as they are. A file that is no YAML is returned as it is: its reader says what is
// wrong. INVALID_ARGUMENT, for a terminal, when a name is unset or its value would change the
// structure of the file where it stands.
Result<std::string> ExpandPipelineText(const std::string& file, const std::string& text,
                                       const Environment& environment);

}  // namespace tidemark
