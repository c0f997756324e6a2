// The configuration as texts: what is in force, the default file, the documentation.
#pragma once

#include <string>

#include "config/load.h"

namespace tidemark {

enum class Secrets { kRedacted, kShown };

// "(redacted)" for secrets that are not shown. What came from a file:PATH shows the path, never the
// content.
std::string ShownValue(const EffectiveSetting& setting, Secrets secrets);
// YAML that --config accepts (unless secrets are redacted), with the origin of each value as a
// comment.
std::string ShowConfiguration(const LoadedConfiguration& loaded, Secrets secrets);

// config/default.yaml and docs/configuration.md.
std::string DefaultFile();
std::string SettingsDocument();

}  // namespace tidemark
