#include "config/load.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "config/byte_size.h"
#include "config/configuration.h"

namespace tidemark {
namespace {

ConfigurationSources FromFile(const std::string& text) {
  ConfigurationSources sources;
  sources.file = "t.yaml";
  sources.read_file = [text](const std::string& path) -> Result<std::string> {
    if (path == "t.yaml") return text;
    if (path == "/run/secret") return std::string("from the file\r\n");
    return Status::NotFound("cannot read " + path + ": No such file or directory");
  };
  return sources;
}

Configuration Values(const ConfigurationSources& sources) {
  auto loaded = LoadConfiguration(sources);
  INFO(loaded.status().message());
  REQUIRE(loaded.ok());
  return std::move(loaded).value().values;
}

std::string OriginOf(const ConfigurationSources& sources, const std::string& path) {
  const auto loaded = LoadConfiguration(sources);
  REQUIRE(loaded.ok());
  for (const EffectiveSetting& setting : loaded->settings) {
    if (setting.path == path) return setting.origin;
  }
  return "nowhere";
}

TEST_CASE("without any source every value is its default") {
  const Configuration values = Values({});
  CHECK(values.cluster == "demo");
  CHECK(values.kafka.bootstrap_servers == "localhost:9092");
  CHECK(values.kafka.transaction_timeout == Duration(10'000));
  CHECK(values.kafka.properties.empty());
  CHECK(values.log.level == LogLevel::kInfo);
  CHECK(values.log.format == LogFormat::kText);
  CHECK(values.coordinator.session_timeout == Duration(3'000));
  CHECK(values.coordinator.replication_factor == 1);
  CHECK_FALSE(values.coordinator.spare);
  CHECK(values.worker.coordinators == std::vector<std::string>{"localhost:7070"});
  CHECK(values.worker.memory_bytes == 1U << 30U);
  CHECK(values.worker.commit_interval == Duration(200));
  CHECK(values.tls.certificate.empty());
}

TEST_CASE("a later source wins over an earlier one, key by key") {
  ConfigurationSources sources =
      FromFile("worker: {id: file, memory: 2GiB, state_dir: /file}\nlog: {level: error}\n");
  sources.environment = {{"TIDEMARK_WORKER_ID", "variable"},
                         {"TIDEMARK_WORKER_MEMORY", "3GiB"},
                         {"WORKER_ID", "not-ours"}};
  sources.assignments = {"worker.id=first", "worker.id=set"};
  const Configuration values = Values(sources);
  CHECK(values.worker.id == "set");
  CHECK(values.worker.memory_bytes == 3ULL << 30U);
  CHECK(values.worker.state_dir == "/file");
  CHECK(values.log.level == LogLevel::kError);
  CHECK(OriginOf(sources, "worker.id") == "--set worker.id");
  CHECK(OriginOf(sources, "worker.memory") == "TIDEMARK_WORKER_MEMORY");
  CHECK(OriginOf(sources, "log.level") == "t.yaml:2");
  CHECK(OriginOf(sources, "worker.http") == "default");
}

TEST_CASE("properties of all sources are united, and a later one wins for each name") {
  ConfigurationSources sources = FromFile(
      "kafka:\n  properties:\n    security.protocol: ssl\n    sasl.password: file:/run/secret\n"
      "    linger.ms: 5\n");
  sources.environment = {{"TIDEMARK_KAFKA_PROPERTIES_SECURITY_PROTOCOL", "sasl_ssl"},
                         {"TIDEMARK_KAFKA_PROPERTIES_LOG__LEVEL", "7"}};
  sources.assignments = {"kafka.properties.linger.ms=9"};
  CHECK(Values(sources).kafka.properties ==
        std::map<std::string, std::string>{{"security.protocol", "sasl_ssl"},
                                           {"sasl.password", "from the file"},
                                           {"log_level", "7"},
                                           {"linger.ms", "9"}});
}

TEST_CASE("lists are YAML lists, or texts with commas in every source") {
  const std::vector<std::string> wanted = {"a:1", "[::1]:2"};
  CHECK(Values(FromFile("cli: {coordinators: [\"a:1\", \"[::1]:2\"]}")).cli.coordinators == wanted);
  CHECK(Values(FromFile("cli: {coordinators: \"a:1,[::1]:2\"}")).cli.coordinators == wanted);
  ConfigurationSources sources;
  sources.environment = {{"TIDEMARK_SERVER", "a:1,[::1]:2"}};
  CHECK(Values(sources).cli.coordinators == wanted);
}

TEST_CASE("values of the file take what the environment says") {
  ConfigurationSources sources = FromFile("cluster: ${NAME}\nworker: {id: \"${ID:-w9}\"}\n");
  sources.environment = {{"NAME", "prod"}};
  CHECK(Values(sources).cluster == "prod");
  CHECK(Values(sources).worker.id == "w9");
}

TEST_CASE("empty files, empty sections and null values change nothing") {
  for (const char* text : {"", "# only a comment\n", "worker:\n", "worker:\n  id:\n", "{}"}) {
    INFO(text);
    CHECK(Values(FromFile(text)).worker.id == "w1");
  }
}

TEST_CASE("variables of container platforms and of tests are no keys") {
  ConfigurationSources sources;
  sources.environment = {{"TIDEMARK_WORKER_SERVICE_HOST", "10.0.0.1"},
                         {"TIDEMARK_WORKER_SERVICE_PORT_HTTP", "80"},
                         {"TIDEMARK_WORKER_PORT", "tcp://10.0.0.1:80"},
                         {"TIDEMARK_WORKER_PORT_80_TCP_ADDR", "10.0.0.1"},
                         {"TIDEMARK_TEST_SEED", "1"}};
  CHECK(Values(sources).worker.id == "w1");
}

TEST_CASE("bounds belong to what is allowed, one beyond does not") {
  const auto allowed = [](const std::string& assignment) {
    ConfigurationSources sources;
    sources.assignments = {assignment};
    return LoadConfiguration(sources).ok();
  };
  CHECK(allowed("worker.commit_interval=20ms"));
  CHECK_FALSE(allowed("worker.commit_interval=19ms"));
  CHECK(allowed("worker.commit_interval=10s"));
  CHECK_FALSE(allowed("worker.commit_interval=10001ms"));
  CHECK(allowed("worker.memory=64MiB"));
  CHECK_FALSE(allowed("worker.memory=65535KiB"));
  CHECK(allowed("coordinator.http=127.0.0.1:0"));
  CHECK_FALSE(allowed("worker.coordinators=localhost:0"));
  CHECK_FALSE(allowed("worker.coordinators=localhost:65536"));
  CHECK_FALSE(allowed("worker.coordinators="));
  CHECK_FALSE(allowed("worker.coordinators=a:1,"));
  CHECK(allowed("cluster=" + std::string(32, 'a')));
  CHECK_FALSE(allowed("cluster=" + std::string(33, 'a')));
  CHECK_FALSE(allowed("cluster="));
}

TEST_CASE("sizes are whole numbers with a binary unit and nothing else") {
  CHECK(ParseByteSize("4096B") == 4096U);
  CHECK(ParseByteSize("8388607TiB") == 8'388'607ULL << 40U);
  for (const char* text : {"", "1", "GiB", "1 GiB", "-1GiB", "1.5GiB", "1GB", "1gib", "8388608TiB",
                           "99999999999999999999B", "1GiB "}) {
    INFO(text);
    CHECK_FALSE(ParseByteSize(text).has_value());
  }
  for (const std::uint64_t bytes : {0ULL, 1ULL, 1024ULL, 1536ULL, 1ULL << 40U, (1ULL << 62U) + 1}) {
    CHECK(ParseByteSize(FormatByteSize(bytes)) == bytes);
  }
}

TEST_CASE("files that are not there, folders and readable files are told apart") {
  CHECK(ReadWholeFile("/nowhere/at.all").status().message() ==
        "cannot read /nowhere/at.all: No such file or directory");
  CHECK(ReadWholeFile("/").status().message() == "cannot read /: Is a directory");
  CHECK(ReadWholeFile("/dev/null").value().empty());
}

TEST_CASE("the process' own environment is read whole") {
  ::setenv("TIDEMARK_TEST_ENVIRONMENT", "a=b", 1);
  CHECK(ProcessEnvironment().at("TIDEMARK_TEST_ENVIRONMENT") == "a=b");
}

}  // namespace
}  // namespace tidemark
