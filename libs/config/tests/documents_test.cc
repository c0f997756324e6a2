// The files made from the table of settings are as the table says.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "config/setting.h"
#include "config/show.h"

namespace tidemark {
namespace {

std::string Stored(const std::string& path, const std::string& wanted) {
  if (std::getenv("TIDEMARK_WRITE_DOCS") != nullptr)
    std::ofstream(path, std::ios::binary) << wanted;
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

// TIDEMARK_WRITE_DOCS=1 config_test "made from the table*" writes them anew.
TEST_CASE("made from the table of settings: config/default.yaml and docs/configuration.md") {
  INFO(
      "stale: run TIDEMARK_WRITE_DOCS=1 config_test \"made from the table*\" in the source folder");
  CHECK(Stored("config/default.yaml", DefaultFile()) == DefaultFile());
  CHECK(Stored("docs/configuration.md", SettingsDocument()) == SettingsDocument());
}

std::map<std::string, std::string> ValuesOf(const LoadedConfiguration& loaded) {
  std::map<std::string, std::string> values;
  for (const EffectiveSetting& setting : loaded.settings) values[setting.path] = setting.value;
  return values;
}

LoadedConfiguration Reload(const std::string& text) {
  ConfigurationSources sources;
  sources.file = "again.yaml";
  sources.read_file = [&](const std::string&) { return Result<std::string>(text); };
  auto loaded = LoadConfiguration(sources);
  INFO(loaded.status().message());
  REQUIRE(loaded.ok());
  return std::move(loaded).value();
}

TEST_CASE("the default file sets every key to what it is without it") {
  const auto defaults = LoadConfiguration({});
  REQUIRE(defaults.ok());
  const LoadedConfiguration again = Reload(DefaultFile());
  CHECK(ValuesOf(again) == ValuesOf(*defaults));
  for (const EffectiveSetting& setting : again.settings) {
    INFO(setting.path);
    CHECK(setting.origin.starts_with("again.yaml:"));
  }
}

TEST_CASE("what is shown is a file that gives the same configuration") {
  ConfigurationSources sources;
  sources.assignments = {"kafka.properties.sasl.password=a\"b\\c #: x", "cluster=no-1",
                         "worker.coordinators=a:1,b:2", "worker.id=0.1"};
  const auto loaded = LoadConfiguration(sources);
  REQUIRE(loaded.ok());
  CHECK(ValuesOf(Reload(ShowConfiguration(*loaded, Secrets::kShown))) == ValuesOf(*loaded));
}

TEST_CASE("redacted secrets are nowhere in what is shown") {
  ConfigurationSources sources;
  sources.assignments = {
      "kafka.properties.sasl.password=hunter2", "kafka.properties.ssl.key.pem=PEM-7",
      "kafka.properties.sasl.username=someone", "kafka.properties.ssl.key.password=file:/run/key"};
  sources.read_file = [](const std::string&) {
    return Result<std::string>(std::string("sesame\n"));
  };
  const auto loaded = LoadConfiguration(sources);
  REQUIRE(loaded.ok());
  CHECK(loaded->values.kafka.properties.at("ssl.key.password") == "sesame");
  const std::string shown = ShowConfiguration(*loaded, Secrets::kRedacted);
  CHECK(shown.find("hunter2") == std::string::npos);
  CHECK(shown.find("PEM-7") == std::string::npos);
  CHECK(shown.find("sesame") == std::string::npos);
  CHECK(shown.find("sasl.password: \"(redacted)\"  # --set kafka.properties.sasl.password") !=
        std::string::npos);
  CHECK(shown.find("ssl.key.password: \"file:/run/key\"") != std::string::npos);
  CHECK(shown.find("sasl.username: someone") != std::string::npos);
  CHECK(ShowConfiguration(*loaded, Secrets::kShown).find("hunter2") != std::string::npos);
}

TEST_CASE("every setting has a text that ends a sentence, and bounds that hold its default") {
  for (const Setting& setting : Settings()) {
    INFO(setting.path);
    CHECK(setting.text.ends_with('.'));
    CHECK(FindSetting(setting.path) == &setting);
    Configuration into;
    if (!IsMapping(setting)) CHECK_FALSE(Assign(setting, setting.default_text, into).has_value());
  }
}

}  // namespace
}  // namespace tidemark
