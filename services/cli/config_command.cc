#include <algorithm>
#include <cstdio>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "config/load.h"
#include "config/show.h"
#include "model/value.h"

namespace tidemark {
namespace {

std::string Table(const LoadedConfiguration& loaded, Secrets secrets) {
  std::size_t key_width = 3;
  std::size_t value_width = 5;
  for (const EffectiveSetting& setting : loaded.settings) {
    key_width = std::max(key_width, setting.path.size());
    value_width =
        std::max(value_width, std::min<std::size_t>(ShownValue(setting, secrets).size(), 40));
  }
  const auto padded = [](std::string text, std::size_t width) {
    text.resize(std::max(text.size(), width), ' ');
    return text;
  };
  std::string out =
      StrCat(padded("KEY", key_width), "  ", padded("VALUE", value_width), "  FROM\n");
  for (const EffectiveSetting& setting : loaded.settings) {
    out += StrCat(padded(setting.path, key_width), "  ",
                  padded(ShownValue(setting, secrets), value_width), "  ", setting.origin, "\n");
  }
  return out;
}

std::string Json(const EffectiveSetting& setting, Secrets secrets) {
  std::string out = "{\"key\": ";
  AppendJsonString(setting.path, out);
  out += ", \"value\": ";
  AppendJsonString(ShownValue(setting, secrets), out);
  out += ", \"from\": ";
  AppendJsonString(setting.origin, out);
  return out + "}";
}

std::string Json(const LoadedConfiguration& loaded, Secrets secrets) {
  std::string out;
  for (const EffectiveSetting& setting : loaded.settings)
    out += StrCat(out.empty() ? "" : ",", "\n  ", Json(setting, secrets));
  return StrCat("[", out, "\n]\n");
}

std::string Lines(const LoadedConfiguration& loaded, Secrets secrets) {
  std::string out;
  for (const EffectiveSetting& setting : loaded.settings) out += Json(setting, secrets) + "\n";
  return out;
}

}  // namespace

int ShowConfig(const ConfigOptions& options) {
  const auto loaded = LoadConfiguration(SourcesOfProcess(options.file, options.assignments));
  if (!loaded.ok()) {
    std::fprintf(stderr, "%s", loaded.status().message().c_str());
    return kExitFailed;
  }
  const Secrets secrets = options.redact ? Secrets::kRedacted : Secrets::kShown;
  const std::string text = options.output == "json"     ? Json(*loaded, secrets)
                           : options.output == "ndjson" ? Lines(*loaded, secrets)
                           : options.output == "yaml"   ? ShowConfiguration(*loaded, secrets)
                                                        : Table(*loaded, secrets);
  std::printf("%s", text.c_str());
  return kExitDone;
}

}  // namespace tidemark
