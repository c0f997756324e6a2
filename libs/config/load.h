// Reads the configuration from its four sources; a later one wins: defaults, --config FILE,
// TIDEMARK_KEY_PATH variables, --set key.path=value.
//
//   path_of_config_option empty: none; values_of_set_options: "worker.memory=2GiB"
//   auto loaded = LoadConfiguration(SourcesOfProcess(path_of_config_option,
//   values_of_set_options)); if (!loaded.ok()) print loaded.status().message() to standard error,
//   exit 1
//
// Everything is checked, also the parts of other programs, and all that is wrong comes at once: the
// status' message has one paragraph per problem (file:line:column, variable or --set; what is
// wrong; what to write instead) and ends with a newline.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/status.h"
#include "config/configuration.h"

namespace tidemark {

// The whole of a file, or why it cannot be read.
using FileReader = std::function<Result<std::string>(const std::string& path)>;
Result<std::string> ReadWholeFile(const std::string& path);

struct ConfigurationSources {
  std::string file;  // empty: none
  // All variables of the process: those that begin with TIDEMARK_ name keys, and ${NAME} in the
  // file may use any. Kubernetes' service links (TIDEMARK_WORKER_SERVICE_HOST, ...) are no keys.
  std::map<std::string, std::string, std::less<>> environment;
  std::vector<std::string> assignments;  // "key.path=value"
  FileReader read_file = ReadWholeFile;  // for the file and for file:PATH secrets
};
std::map<std::string, std::string, std::less<>> ProcessEnvironment();
// A configuration file, the environment of this process, and --set.
ConfigurationSources SourcesOfProcess(std::string file, std::vector<std::string> assignments);

// Contents of the files that tls names; "" for one that is not configured. All that is wrong with
// them comes at once, a line each that begins with the setting: a file that cannot be read or holds
// something else, a key of another certificate, a certificate that has expired.
struct PemFiles {
  std::string certificate;
  std::string key;
  std::string ca;
  std::string client_ca;
};
Result<PemFiles> ReadPemFiles(const TlsSettings& settings);

// The value of one key in the end.
struct EffectiveSetting {
  std::string path;    // "kafka.properties.sasl.password"
  std::string value;   // as one would type it
  std::string origin;  // "default", "worker.yaml:12", "TIDEMARK_WORKER_ID", "--set worker.id"
  bool secret = false;
};

struct LoadedConfiguration {
  Configuration values;
  std::vector<EffectiveSetting> settings;  // in the order of docs/configuration.md
};

Result<LoadedConfiguration> LoadConfiguration(const ConfigurationSources& sources);

}  // namespace tidemark
