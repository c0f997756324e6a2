#include "cli/admin_access.h"

#include <utility>

#include "base/text.h"
#include "config/load.h"

namespace tidemark {
namespace {

std::vector<std::string> SplitAtCommas(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (true) {
    const std::size_t comma = text.find(',', begin);
    parts.push_back(text.substr(begin, comma - begin));
    if (comma == std::string::npos) return parts;
    begin = comma + 1;
  }
}

}  // namespace

Result<std::unique_ptr<AdminClient>> OpenAdmin(const AdminAccess& access) {
  ConfigurationSources sources = SourcesOfProcess(access.config_file, access.assignments);
  const auto variable = sources.environment.find("TIDEMARK_SERVER");
  std::string server = access.server;
  if (variable != sources.environment.end()) {
    if (server.empty()) server = variable->second;
    sources.environment.erase(variable);
  }
  TM_ASSIGN_OR_RETURN(const LoadedConfiguration loaded, LoadConfiguration(sources));
  AdminClientOptions options{.servers = loaded.values.cli.coordinators};
  if (!server.empty()) options.servers = SplitAtCommas(server);
  for (const std::string& address : options.servers) {
    if (address.rfind(':') == std::string::npos) {
      return Status::Invalid(StrCat("--server '", address, "': write HOST:PORT\n"));
    }
  }
  TM_ASSIGN_OR_RETURN(const PemFiles pem, ReadPemFiles(loaded.values.tls));
  options.credentials = {pem.ca, pem.certificate, pem.key};
  return std::make_unique<AdminClient>(std::move(options));
}

}  // namespace tidemark
