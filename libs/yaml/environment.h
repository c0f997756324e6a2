// ${NAME} and ${NAME:-default} in the values of a file.
#pragma once

#include <map>
#include <string>

#include "yaml/source_file.h"
#include "yaml/yaml_tree.h"

namespace tidemark {

using Environment = std::map<std::string, std::string, std::less<>>;

// Replaces every reference in the scalars of `node`, at all depths; keys stay as they are. An unset
// name without default and a reference without end are reported. Replaced bytes keep the position
// of their reference.
void ExpandEnvironment(const Environment& environment, DiagnosticSink& sink, YamlNode& node);

}  // namespace tidemark
