// One mistake of each kind, and what the person who made it reads. TIDEMARK_UPDATE_GOLDEN=1 writes
// tests/golden/configuration_messages.txt anew.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/text.h"
#include "config/load.h"

namespace tidemark {
namespace {

constexpr const char* kGolden = "tests/golden/configuration_messages.txt";

struct Mistake {
  std::string name;
  std::string file;  // its text; "" for none
  std::map<std::string, std::string, std::less<>> environment = {};
  std::vector<std::string> assignments = {};
};

std::vector<Mistake> Mistakes() {
  return {
      {"a key with a typing error", "worker:\n  id: w1\n  memmory: 1GiB\n"},
      {"a key of another section", "memory: 1GiB\n"},
      {"a key without likeness", "worker:\n  flavour: mild\n"},
      {"a section with a typing error", "wroker:\n  id: w1\n"},
      {"a key in two words", "kafka.bootstrap_servers: a:1\n"},
      {"a key twice", "worker:\n  id: a\n  id: b\n"},
      {"a file that is not YAML", "worker:\n\tid: a\n"},
      {"a text where a section belongs", "worker: w1\n"},
      {"a list where a text belongs", "worker:\n  id: [a, b]\n"},
      {"a list of lists", "worker:\n  coordinators: [[a]]\n"},
      {"a file that is a list", "- worker\n"},
      {"a duration without unit", "worker:\n  commit_interval: 200\n"},
      {"a duration that is too long", "coordinator:\n  session_timeout: 1h\n"},
      {"a size without unit", "worker:\n  memory: 1073741824\n"},
      {"a size in decimal units", "worker:\n  memory: 1GB\n"},
      {"a size that is too small", "worker:\n  memory: 1MiB\n"},
      {"a number that is a word", "coordinator:\n  replication_factor: three\n"},
      {"a number out of bounds", "coordinator:\n  replication_factor: 0\n"},
      {"a boolean in another language", "coordinator:\n  spare: yes\n"},
      {"a word with a typing error", "log:\n  level: wran\n"},
      {"an unknown word", "log:\n  format: xml\n"},
      {"a name with capitals", "cluster: Demo\n"},
      {"a worker's name with a space", "worker:\n  id: \"my worker\"\n"},
      {"an address without port", "worker:\n  coordinators: [coordinator]\n"},
      {"a broker with a scheme", "kafka:\n  bootstrap_servers: \"ssl://b:9092\"\n"},
      {"an empty folder", "worker:\n  state_dir: \"\"\n"},
      {"a property that is ours", "kafka:\n  properties:\n    enable.idempotence: false\n"},
      {"a property with a key of its own", "kafka:\n  properties:\n    bootstrap.servers: a:1\n"},
      {"a property in the Java client's capitals", "kafka:\n  properties:\n    Acks: all\n"},
      {"nested properties", "kafka:\n  properties:\n    ssl: {ca: x}\n"},
      {"properties that are a text", "kafka:\n  properties: none\n"},
      {"a secret's file that is not there",
       "kafka:\n  properties:\n    sasl.password: file:/nowhere/secret\n"},
      {"an unset variable", "cluster: ${CLUSTER}\n"},
      {"an unset variable in a property",
       "kafka:\n  properties:\n    client.id: ${ID}\n    acks: 1\n"},
      {"a certificate without key", "tls:\n  certificate: /tls/cert.pem\n"},
      {"a variable with a typing error", "", {{"TIDEMARK_WORKER_STATEDIR", "/x"}}},
      {"a variable without likeness", "", {{"TIDEMARK_COLOUR_OF_SKY", "blue"}}},
      {"a variable with a bad value", "", {{"TIDEMARK_WORKER_MEMORY", "lots"}}},
      {"a variable for a mapping", "", {{"TIDEMARK_KAFKA_PROPERTIES", "a=b"}}},
      {"--set without value", "", {}, {"worker.id"}},
      {"--set of an unknown key", "", {}, {"worker.ids=w2"}},
      {"--set with a bad value", "", {}, {"worker.commit_interval=1m"}},
      {"--set of a mapping", "", {}, {"kafka.properties=ssl"}},
      {"--set of a property that is ours", "", {}, {"kafka.properties.acks=1"}},
      {"mistakes in all sources",
       "worker:\n  memory: 5\n  id: \"?\"\nlog:\n  levl: info\n",
       {{"TIDEMARK_CLUSTER", "9"}},
       {"tls.kee=x"}},
  };
}

std::string MessageOf(const Mistake& mistake) {
  ConfigurationSources sources;
  if (!mistake.file.empty()) sources.file = "tidemark.yaml";
  sources.environment = mistake.environment;
  sources.assignments = mistake.assignments;
  sources.read_file = [&](const std::string& path) -> Result<std::string> {
    return path == "tidemark.yaml" ? Result<std::string>(mistake.file) : ReadWholeFile(path);
  };
  const auto loaded = LoadConfiguration(sources);
  return loaded.ok() ? std::string("nothing is wrong\n") : loaded.status().message();
}

std::string ReadGolden() {
  std::ifstream in(kGolden, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

TEST_CASE("each kind of mistake is told as it always was") {
  std::string all;
  for (const Mistake& mistake : Mistakes()) {
    const std::string message = MessageOf(mistake);
    INFO(mistake.name << "\n" << message);
    CHECK(message != "nothing is wrong\n");
    CHECK(message.ends_with('\n'));
    all += StrCat("# ", mistake.name, "\n", message, "\n");
  }
  if (std::getenv("TIDEMARK_UPDATE_GOLDEN") != nullptr)
    std::ofstream(kGolden, std::ios::binary) << all;
  CHECK(all == ReadGolden());
}

TEST_CASE("a file that cannot be read is told with the option that named it") {
  ConfigurationSources sources;
  sources.file = "/nowhere/tidemark.yaml";
  CHECK(LoadConfiguration(sources).status().message() ==
        "--config: cannot read /nowhere/tidemark.yaml: No such file or directory\n"
        "  --config takes the path of a YAML file\n");
}

}  // namespace
}  // namespace tidemark
