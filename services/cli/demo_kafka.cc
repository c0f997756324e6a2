#include "cli/demo_kafka.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "base/text.h"
#include "cli/demo_feed.h"
#include "cli/interrupt.h"

namespace tidemark {
namespace {

namespace pb = admin::v1;

constexpr const char* kCoordinator = "coordinator";
constexpr Duration kPoll{50};
constexpr Duration kStartPatience{60'000};
constexpr Duration kBrokerPatience{12'000};
constexpr Duration kEndPatience{7'000};
// A woken worker tries its next commit within the interval of commits.
constexpr Duration kZombiePatience{6'000};
constexpr std::size_t kLogLines = 6;  // of a process that failed, in the message

// A port of loopback that nobody has at this moment.
Result<std::string> FreeAddress() {
  const int probe = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  const bool bound =
      probe >= 0 && bind(probe, generic, size) == 0 && getsockname(probe, generic, &size) == 0;
  if (probe >= 0) close(probe);
  if (!bound) return Status::Unavailable("no free port on 127.0.0.1");
  return StrCat("127.0.0.1:", ntohs(address.sin_port));
}

std::string ContentFrom(const std::string& file, std::size_t offset) {
  std::ifstream in(file);
  in.seekg(static_cast<std::streamoff>(offset));
  std::stringstream content;
  content << in.rdbuf();
  return content.str();
}

std::string LastLines(const std::string& file) {
  std::istringstream in(ContentFrom(file, 0));
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  std::string text;
  for (std::size_t i = lines.size() - std::min(kLogLines, lines.size()); i < lines.size(); ++i)
    text += StrCat("\n  ", lines[i]);
  return text;
}

std::size_t SizeOf(const std::string& file) {
  std::error_code none;
  const auto size = std::filesystem::file_size(file, none);
  return none ? 0 : size;
}

Status Cancelled() { return {StatusCode::kCancelled, "interrupted", Blame::kUser}; }

// Calls `reached` until it says so; `health` tells what makes waiting useless.
template <class Reached, class Health>
Status Await(const std::string& what, const Reached& reached, const Health& health) {
  const SteadyClock clock;
  const MonotonicTime deadline = clock.Now() + kStartPatience;
  while (true) {
    TM_ASSIGN_OR_RETURN(const bool is_reached, reached());
    if (is_reached) return {};
    TM_RETURN_IF_ERROR(health());
    if (Interrupted()) return Cancelled();
    if (clock.Now() >= deadline)
      return Status::Unavailable(
          StrCat("not within ", kStartPatience.count() / 1'000, " s: ", what));
    std::this_thread::sleep_for(kPoll);
  }
}

}  // namespace

Result<std::unique_ptr<KafkaDemoCluster>> KafkaDemoCluster::Open(const DemoOptions& options,
                                                                 const DemoPipeline& pipeline) {
  std::unique_ptr<KafkaDemoCluster> cluster(new KafkaDemoCluster(options, pipeline));
  TM_ASSIGN_OR_RETURN(cluster->kafka_, ResolveKafka(options.kafka));
  cluster->kafka_.client_id = "tidemark-demo";
  TM_RETURN_IF_ERROR(cluster->FindPrograms());
  TM_ASSIGN_OR_RETURN(cluster->log_, KafkaLog::Open(cluster->kafka_));
  TM_ASSIGN_OR_RETURN(cluster->producer_, PlainProducer::Open(cluster->kafka_));
  return cluster;
}

KafkaDemoCluster::~KafkaDemoCluster() { EndAll(); }

Status KafkaDemoCluster::FindPrograms() {
  std::error_code none;
  programs_ = std::filesystem::read_symlink("/proc/self/exe", none).parent_path().string();
  for (const char* name : {"tidemark-coordinator", "tidemark-worker"}) {
    const std::string program = StrCat(programs_, "/", name);
    if (access(program.c_str(), X_OK) == 0) continue;
    return Status::FailedPrecondition(StrCat(
        "with --kafka the demo starts ", name, " from the folder of this program, and ", program,
        " is not there or cannot be run; build it (scripts/test, or the release "
        "preset) or call a tidemark that lies beside it. Without --kafka everything runs "
        "in this process"));
  }
  return {};
}

Status KafkaDemoCluster::CreateInput() {
  TopicSpec topic = DemoFeed::TopicOf(pipeline_);
  topic.replication_factor = -1;  // as the brokers are set up
  const LogStatus created = log_->NewAdmin()->CreateTopic(topic, kBrokerPatience);
  switch (created.error) {
    case LogError::kNone:
      created_ = true;
      return {};
    case LogError::kPending:
    case LogError::kRetriable:
      return Status::Unavailable(
          StrCat("no broker at ", kafka_.bootstrap_servers, " answers (", created.message,
                 "); is Kafka running there? `scripts/kafka start` starts one for trying out"));
    case LogError::kUnauthorized:
      return {StatusCode::kPermissionDenied,
              StrCat("the brokers at ", kafka_.bootstrap_servers, " refuse topic ", topic.name,
                     ": ", created.message,
                     ". The demo's user needs the right to create, "
                     "describe, read, write and delete topics that begin with demo- and "
                     "__tidemark.demo-, and to write with transactional ids that begin with "
                     "tidemark.demo-; who it is stands in kafka.properties of --config"),
              Blame::kUser};
    default:
      return Status::FailedPrecondition(
          StrCat("topic ", topic.name, " cannot be created: ", created.message));
  }
}

Result<std::unique_ptr<ChildProcess>> KafkaDemoCluster::Run(
    const std::string& program, const std::string& name,
    const std::vector<std::string>& settings) const {
  ChildProcess::Command command{.program = StrCat(programs_, "/", program),
                                .arguments = {},
                                .log = folder_->Sub(StrCat(name, ".log"))};
  const auto set = [&](const std::string& setting) {
    command.arguments.insert(command.arguments.end(), {"--set", setting});
  };
  if (!options_.kafka.config_file.empty())
    command.arguments = {"--config", options_.kafka.config_file};
  for (const std::string& assignment : options_.kafka.assignments) set(assignment);
  for (const std::string& setting : settings) set(setting);
  set(StrCat("cluster=", pipeline_.id));
  set(StrCat("kafka.bootstrap_servers=", kafka_.bootstrap_servers));
  for (const char* setting : {"log.level=info", "log.format=text",
                              "tls.certificate=", "tls.key=", "tls.ca=", "tls.client_ca="}) {
    set(setting);
  }
  return ChildProcess::Start(command);
}

Status KafkaDemoCluster::StartCoordinator() {
  TM_ASSIGN_OR_RETURN(server_, FreeAddress());
  client_ =
      std::make_unique<AdminClient>(AdminClientOptions{.servers = {server_}, .credentials = {}});
  TM_ASSIGN_OR_RETURN(processes_[kCoordinator],
                      Run("tidemark-coordinator", kCoordinator,
                          {StrCat("coordinator.listen=", server_), "coordinator.http=127.0.0.1:0",
                           "coordinator.spare=false"}));
  return Await(
      "a coordinator leads", [this]() -> Result<bool> { return AdminClient::LeadsAt(server_, {}); },
      [this] { return Health(); });
}

Status KafkaDemoCluster::StartWorker(const std::string& id) {
  TM_ASSIGN_OR_RETURN(processes_[id],
                      Run("tidemark-worker", id,
                          {StrCat("worker.id=", id), StrCat("worker.coordinators=", server_),
                           "worker.http=127.0.0.1:0", StrCat("worker.state_dir=", folder_->Sub(id)),
                           "worker.memory=256MiB", "worker.checkpoint_interval=2s"}));
  return {};
}

Status KafkaDemoCluster::AwaitWorkers() {
  return Await(
      "the coordinator knows all workers",
      [this]() -> Result<bool> {
        TM_ASSIGN_OR_RETURN(const auto workers, client_->Workers({}));
        return workers.workers_size() == static_cast<int>(kDemoWorkers.size());
      },
      [this] { return Health(); });
}

// As `tidemark pipeline apply --wait` does.
Result<pb::Pipeline> KafkaDemoCluster::Apply() {
  pb::ApplyPipelineRequest request;
  request.set_file("voice.yaml");
  request.set_text(pipeline_.text);
  TM_ASSIGN_OR_RETURN(const auto applied, client_->Apply(request));
  pb::GetPipelineRequest get;
  get.set_name(applied.name());
  pb::Pipeline pipeline;
  TM_RETURN_IF_ERROR(Await(
      "the pipeline runs",
      [&]() -> Result<bool> {
        TM_ASSIGN_OR_RETURN(pipeline, client_->Get(get));
        if (pipeline.state() == pb::PIPELINE_STATE_HALTED)
          return Status::FailedPrecondition(StrCat("the pipeline is HALTED: ", pipeline.reason()));
        return pipeline.state() == pb::PIPELINE_STATE_RUNNING;
      },
      [this] { return Health(); }));
  return pipeline;
}

Result<PipelineNames> KafkaDemoCluster::Start() {
  TM_ASSIGN_OR_RETURN(folder_, TemporaryFolder::Create());
  TM_RETURN_IF_ERROR(CreateInput());
  TM_RETURN_IF_ERROR(StartCoordinator());
  for (const char* id : kDemoWorkers) TM_RETURN_IF_ERROR(StartWorker(id));
  TM_RETURN_IF_ERROR(AwaitWorkers());
  TM_ASSIGN_OR_RETURN(const pb::Pipeline pipeline, Apply());
  TM_ASSIGN_OR_RETURN(const Incarnation incarnation, Incarnation::Parse(pipeline.incarnation()));
  names_ = {pipeline_.id, pipeline.name(), incarnation};
  return *names_;
}

Status KafkaDemoCluster::Append(const DemoRecord& record) {
  const std::string topic = pipeline_.Topic(DemoFeed::kTopic);
  const OutgoingRecord outgoing{.topic = topic,
                                .partition = record.partition,
                                .key = record.key,
                                .value = record.value,
                                .headers = {}};
  const LogStatus sent = producer_->Produce(outgoing, record.timestamp_ms);
  return sent.ok() ? Status() : Status::Unavailable(StrCat("topic ", topic, ": ", sent.message));
}

Status KafkaDemoCluster::Flush() {
  const LogStatus flushed = producer_->Flush(kBrokerPatience);
  return flushed.ok() ? Status()
                      : Status::Unavailable(StrCat("the input is not written: ", flushed.message));
}

Result<bool> KafkaDemoCluster::Step() {
  const LogStatus flushed = producer_->Flush(Duration(0));
  if (!flushed.ok() && flushed.error != LogError::kPending)
    return Status::Unavailable(StrCat("the input is not written: ", flushed.message));
  TM_RETURN_IF_ERROR(Health());
  return false;
}

Status KafkaDemoCluster::Look(DemoView& view) {
  pb::ListTasksRequest request;
  request.set_pipeline(pipeline_.id);
  TM_ASSIGN_OR_RETURN(const auto tasks, client_->Tasks(request));
  view.tasks.clear();
  for (const pb::Task& task : tasks.tasks()) {
    if (task.state() == "HALTED")
      return Status::FailedPrecondition(StrCat(task.name(), " is HALTED: ", task.reason()));
    TM_ASSIGN_OR_RETURN(const TaskId id,
                        TaskId::Parse(task.name().substr(task.name().find('/') + 1)));
    view.tasks.push_back({id.kind, task.worker(), task.state() == "RUNNING"});
  }
  pb::ListWindowsRequest windows;
  windows.set_pipeline(pipeline_.id);
  windows.set_page_size(1);
  TM_ASSIGN_OR_RETURN(const auto times, client_->Windows(windows));
  for (const pb::PartitionTime& time : times.partitions()) {
    DemoView::Source& source = view.sources[time.partition()];
    source.state = time.state();
    if (!time.has_watermark()) continue;  // nobody reports it at this moment
    const auto& at = time.watermark();
    source.watermark = Watermark(at.seconds() * 1'000 + at.nanos() / 1'000'000);
    source.position = time.position();
    source.behind = time.lag();
  }
  return {};
}

Status KafkaDemoCluster::Kill(const std::string& id) {
  TM_RETURN_IF_ERROR(Health());
  processes_.at(id)->Kill();
  processes_.erase(id);
  return {};
}

Status KafkaDemoCluster::Stop(const std::string& id) {
  TM_RETURN_IF_ERROR(Health());
  processes_.at(id)->Stop();
  return {};
}

// What it did is read in its own log: a commit that the brokers refused, or none.
Result<Awakening> KafkaDemoCluster::Wake(const std::string& id) {
  ChildProcess& process = *processes_.at(id);
  if (!woken_) {
    woken_ = clock_.Now();
    woken_log_size_ = SizeOf(process.log());
    process.Continue();
    return Awakening::kUnderWay;
  }
  if (ContentFrom(process.log(), woken_log_size_).find("FENCED") != std::string::npos) {
    woken_.reset();
    return Awakening::kRefused;
  }
  if (clock_.Now() - *woken_ < kZombiePatience) return Awakening::kUnderWay;
  woken_.reset();
  return Awakening::kNoAttempt;
}

Status KafkaDemoCluster::Health() {
  for (const auto& [name, process] : processes_) {
    if (process != nullptr && !process->Runs()) return Describe(name, *process);
  }
  return {};
}

Status KafkaDemoCluster::Describe(const std::string& name, ChildProcess& process) const {
  return {StatusCode::kUnavailable,
          StrCat(name, " ", process.End(), "; its last lines:", LastLines(process.log())),
          Blame::kExternal};
}

Status KafkaDemoCluster::End() {
  Status status;
  for (const char* name : {"w1", "w2", "w3", kCoordinator}) processes_.at(name)->Terminate();
  for (const auto& [name, process] : processes_) {
    process->WaitForEnd(kEndPatience);
    if (!process->EndedWell() && status.ok())
      status = Describe(name, *process).Annotate("after SIGTERM");
  }
  EndAll();
  return status;
}

void KafkaDemoCluster::EndAll() {
  for (const auto& [name, process] : processes_) {
    if (process != nullptr) process->Terminate();
  }
  for (const auto& [name, process] : processes_) {
    if (process != nullptr) process->WaitForEnd(kEndPatience);
  }
  processes_.clear();
}

std::vector<std::string> KafkaDemoCluster::Topics() const {
  const PipelineNames names = names_.value_or(PipelineNames{pipeline_.id, pipeline_.id, {}});
  std::set<std::string> topics = pipeline_.OutputTopics(names);
  topics.insert({pipeline_.plan->topics.front(), MetadataTopic(pipeline_.id), names.LedgerTopic()});
  if (names_) topics.insert({names.ShuffleTopic(), names.ProgressTopic()});
  return {topics.begin(), topics.end()};
}

Status KafkaDemoCluster::CleanUp(Outcome outcome) {
  EndAll();
  if (outcome == Outcome::kBadly && folder_ != nullptr) {
    folder_->Keep();
    std::printf("The logs of the processes are in %s\n", folder_->path().c_str());
  }
  if (!created_) return {};
  const std::string all = StrCat(pipeline_.id, ".* and __tidemark.", pipeline_.id, ".*");
  if (options_.topics == DemoOptions::Topics::kKeep) {
    std::printf("The topics %s are kept.\n", all.c_str());
    return {};
  }
  const auto admin = log_->NewAdmin();
  std::string left;
  for (const std::string& topic : Topics()) {
    const LogStatus deleted = admin->DeleteTopic(topic, kBrokerPatience);
    if (!deleted.ok() && deleted.error != LogError::kUnknownTopic)
      left += StrCat("\n  ", topic, ": ", deleted.message);
  }
  if (!left.empty())
    return Status::Unavailable(StrCat("topics could not be deleted, do it by hand:", left));
  std::printf("The topics %s are deleted; --keep leaves them.\n", all.c_str());
  return {};
}

}  // namespace tidemark
