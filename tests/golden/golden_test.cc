// Golden pipelines: each folder here is a pipeline, its input and everything it must publish. Each
// is run plainly, then with other numbers of lanes, shuffle partitions and workers, other cuts of
// the input and with restarts: the same bytes must come out. TIDEMARK_WRITE_GOLDEN=1 writes
// expected.ndjson instead of comparing.
#include <google/protobuf/util/json_util.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "base/text.h"
#include "embedded/embedded_cluster.h"
#include "query/planner.h"
#include "state/memory_cell_store.h"
#include "tidemark/events/v1/call_metric.pb.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;
constexpr const char* kInputTopic = "calls";

struct InputLine {
  Partition partition;
  std::int64_t timestamp_ms = 0;
  std::optional<std::string> value;
};

struct Variation {
  std::string name;
  std::uint32_t lanes = 0;
  std::uint32_t merges = 2;
  int workers = 1;
  std::size_t records_at_once = 1'000;  // the input is appended in pieces of so many records
  bool restarts = false;                // after each piece every worker is killed and started again
  bool loses_disks = false;
};

std::string ReadText(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string FromHex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

std::string ToHex(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) {
    constexpr const char* kDigits = "0123456789abcdef";
    hex += kDigits[static_cast<unsigned char>(c) >> 4];
    hex += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return hex;
}

std::vector<InputLine> ReadInput(const fs::path& path) {
  std::vector<InputLine> lines;
  std::istringstream in(ReadText(path));
  for (std::string text; std::getline(in, text);) {
    const auto json = nlohmann::json::parse(text);
    InputLine line{Partition(json.at("partition").get<std::int32_t>()),
                   ParseTime(json.at("timestamp").get<std::string>())->value(), std::nullopt};
    if (json.contains("hex")) line.value = FromHex(json["hex"]);
    if (json.contains("event")) {
      events::v1::CallMetric event;
      const auto parsed = google::protobuf::util::JsonStringToMessage(json["event"].dump(), &event);
      INFO(text);
      REQUIRE(parsed.ok());
      line.value = event.SerializeAsString();
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

// A cluster that runs one case in one variation.
class GoldenRun {
 public:
  GoldenRun(const fs::path& folder, const Variation& variation)
      : variation_(variation),
        text_(ReadText(folder / "pipeline.yaml")),
        input_(ReadInput(folder / "input.ndjson")),
        cluster_(clock_, Options()),
        client_(cluster_.log().NewClient("golden")) {}

  std::multiset<std::string> Published();

 private:
  EmbeddedOptions Options();
  void Start();
  void RunFor(Duration time);
  void RestartAll();
  void StartWorker(int index);
  std::vector<std::string> Topics() const;
  std::string Line(const std::string& topic, const DumpedRecord& record) const;
  void AddLedger(std::multiset<std::string>& lines);

  Variation variation_;
  ManualClock clock_;
  std::string text_;
  std::vector<InputLine> input_;
  std::shared_ptr<const PipelinePlan> plan_;
  std::map<int, MemoryCellStores> disks_;
  EmbeddedCluster cluster_;
  std::unique_ptr<MemoryLogClient> client_;
  std::map<int, ProcessId> workers_;
  PipelineNames names_;
};

EmbeddedOptions GoldenRun::Options() {
  const PlanResult planned = PlanPipeline({.file = "pipeline.yaml", .text = text_});
  INFO(RenderDiagnostics(planned.diagnostics, text_));
  REQUIRE(planned.ok());
  auto plan = std::make_shared<PipelinePlan>(*planned.plan);
  plan->lanes = variation_.lanes;
  plan->shuffle_partitions = variation_.merges;
  plan_ = plan;
  EmbeddedOptions options;
  options.worker.tuning.merge.checkpoint_interval = Duration(100);
  options.load_plan =
      [plan](const PipelineDefinition&) -> Result<std::shared_ptr<const PipelinePlan>> {
    return std::shared_ptr<const PipelinePlan>(plan);
  };
  return options;
}

void GoldenRun::StartWorker(int index) {
  workers_[index] = cluster_.StartWorker(StrCat("w", index), &disks_[index]);
}

void GoldenRun::Start() {
  std::int32_t partitions = 1;
  for (const InputLine& line : input_)
    partitions = std::max(partitions, line.partition.value() + 1);
  const auto created = client_->NewAdmin()->CreateTopic(
      {kInputTopic,
       partitions,
       1,
       {{"message.timestamp.type", "CreateTime"},
        {"message.timestamp.after.max.ms", "9223372036854775807"}}},
      Duration(0));
  REQUIRE(created.ok());
  cluster_.StartCoordinator();
  for (int i = 1; i <= variation_.workers; ++i) StartWorker(i);
  const auto applied = cluster_.ApplyAndWait({.plan = plan_, .text = text_},
                                             [this] { clock_.Advance(Duration(5)); });
  INFO(applied.status().ToString());
  REQUIRE(applied.ok());
  names_ = {"demo", applied->name, applied->incarnation};
}

void GoldenRun::RunFor(Duration time) {
  for (Duration passed{0}; passed < time; passed += Duration(5)) {
    for (int step = 0; step < 1'000 && cluster_.Step(); ++step) {
    }
    clock_.Advance(Duration(5));
  }
}

void GoldenRun::RestartAll() {
  for (auto& [index, process] : workers_) cluster_.Kill(process);
  for (auto& [index, process] : workers_) {
    if (variation_.loses_disks) disks_[index].Lose();
    StartWorker(index);
  }
}

std::multiset<std::string> GoldenRun::Published() {
  Start();
  for (std::size_t at = 0; at < input_.size(); ++at) {
    const InputLine& line = input_[at];
    const auto appended = cluster_.log().Append(
        {kInputTopic, line.partition}, {.value = line.value, .timestamp_ms = line.timestamp_ms});
    REQUIRE(appended.ok());
    if ((at + 1) % variation_.records_at_once != 0) continue;
    RunFor(Duration(variation_.restarts ? 2'500 : 300));
    if (variation_.restarts) RestartAll();
  }
  RunFor(Duration(20'000));
  std::multiset<std::string> lines;
  for (const std::string& topic : Topics()) {
    for (std::int32_t partition = 0; partition < 16; ++partition) {
      for (const DumpedRecord& record : cluster_.log().Dump({topic, Partition(partition)})) {
        const bool visible = record.state == DumpedRecord::State::kPlain ||
                             record.state == DumpedRecord::State::kCommitted;
        if (visible) lines.insert(Line(topic, record));
      }
    }
  }
  AddLedger(lines);
  return lines;
}

std::vector<std::string> GoldenRun::Topics() const {
  std::set<std::string> topics = {names_.LateTopic(), names_.DeadLetterTopic()};
  for (const QueryPlan& query : plan_->queries) {
    for (const SinkPlan& sink : query.sinks) topics.insert(sink.topic);
  }
  return {topics.begin(), topics.end()};
}

std::string GoldenRun::Line(const std::string& topic, const DumpedRecord& record) const {
  nlohmann::ordered_json line;
  line["topic"] = topic;
  for (const auto& [name, value] : record.headers) {
    if (name != "tidemark-incarnation") line[name] = value.value_or("");
  }
  const bool side = topic == names_.LateTopic() || topic == names_.DeadLetterTopic();
  if (record.key) line["key"] = *record.key;
  if (record.value) line[side ? "hex" : "value"] = side ? ToHex(*record.value) : *record.value;
  return line.dump();
}

// The last ledger record of each query and source partition.
void GoldenRun::AddLedger(std::multiset<std::string>& lines) {
  std::map<std::string, std::string> last;
  for (const DumpedRecord& record : cluster_.log().Dump({names_.LedgerTopic(), Partition(0)})) {
    if (record.state != DumpedRecord::State::kCommitted || !record.key || !record.value) continue;
    if (record.key->find("\"topic\"") == std::string::npos) continue;
    auto value = nlohmann::json::parse(*record.value);
    value.erase("late_while_open");  // a hint: depends on what the lane had heard of the others
    last[*record.key] = value.dump();
  }
  for (const auto& [key, value] : last) {
    nlohmann::ordered_json line;
    line["topic"] = names_.LedgerTopic();
    line["key"] = key;
    line["value"] = value;
    lines.insert(line.dump());
  }
}

const std::vector<Variation>& Variations() {
  static const std::vector<Variation> kVariations = {
      {.name = "one by one", .records_at_once = 1},
      {.name = "one lane, five merges", .lanes = 1, .merges = 5},
      {.name = "one merge, three workers", .merges = 1, .workers = 3, .records_at_once = 3},
      {.name = "restarts with disks", .workers = 2, .records_at_once = 2, .restarts = true},
      {.name = "restarts without disks",
       .workers = 1,
       .records_at_once = 3,
       .restarts = true,
       .loses_disks = true},
  };
  return kVariations;
}

std::multiset<std::string> ReadLines(const fs::path& path) {
  std::multiset<std::string> lines;
  std::istringstream in(ReadText(path));
  for (std::string line; std::getline(in, line);) lines.insert(line);
  return lines;
}

void CheckEqual(const std::multiset<std::string>& expected,
                const std::multiset<std::string>& found) {
  for (const std::string& line : expected) {
    INFO("missing or too few: " << line);
    CHECK(found.count(line) == expected.count(line));
  }
  for (const std::string& line : found) {
    INFO("extra: " << line);
    CHECK(expected.count(line) > 0);
  }
}

TEST_CASE("golden pipelines publish the same bytes however they are cut, spread and restarted") {
  const fs::path root = "tests/golden";
  int cases = 0;
  for (const auto& entry : fs::directory_iterator(root)) {
    if (!entry.is_directory()) continue;
    ++cases;
    const fs::path expected_path = entry.path() / "expected.ndjson";
    const std::multiset<std::string> plain = GoldenRun(entry.path(), {.name = "plain"}).Published();
    if (std::getenv("TIDEMARK_WRITE_GOLDEN") != nullptr) {
      std::ofstream out(expected_path);
      for (const std::string& line : plain) out << line << "\n";
    }
    const std::multiset<std::string> expected = ReadLines(expected_path);
    INFO(entry.path().string());
    REQUIRE_FALSE(expected.empty());
    CheckEqual(expected, plain);
    for (const Variation& variation : Variations()) {
      INFO(variation.name);
      CheckEqual(expected, GoldenRun(entry.path(), variation).Published());
    }
  }
  CHECK(cases >= 3);
}

}  // namespace
}  // namespace tidemark
