// tidemark doctor: what a deployment needs, one check after the other, each with what to do.
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include "base/text.h"
#include "cli/admin_access.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cluster/topic_requirements.h"
#include "config/load.h"
#include "control/collect_pages.h"
#include "control/short_name.h"
#include "model/ids.h"
#include "model/value.h"

namespace tidemark {
namespace {

namespace pb = admin::v1;

constexpr Duration kPatience{10'000};
constexpr std::uintmax_t kLittleSpace = 1ULL << 30U;
constexpr rlim_t kFewFiles = 4'096;

enum class Verdict : std::uint8_t { kOk, kWarning, kWrong };

constexpr const char* NameOf(Verdict verdict) {
  return verdict == Verdict::kOk ? "ok" : verdict == Verdict::kWarning ? "warning" : "WRONG";
}

struct Finding {
  std::string check;
  Verdict verdict = Verdict::kOk;
  std::string text;  // what was found, and what to do about it
};
using Findings = std::vector<Finding>;

// --- Kafka

Finding BrokersFinding(const LogStatus& answer, const KafkaLogOptions& kafka) {
  const std::string& servers = kafka.bootstrap_servers;
  if (answer.error == LogError::kPending || answer.error == LogError::kRetriable) {
    return {"brokers", Verdict::kWrong,
            StrCat("no broker at ", servers, " answers within 10 s: ", answer.message,
                   ". Check kafka.bootstrap_servers, and that Kafka runs")};
  }
  if (answer.ok() || answer.error == LogError::kUnknownTopic)
    return {"brokers", Verdict::kOk, StrCat(servers, " answers")};
  return {"brokers", Verdict::kWrong, StrCat(servers, ": ", answer.message)};
}

Finding MetadataFinding(const LogResult<TopicDescription>& metadata, const std::string& topic) {
  if (metadata.error == LogError::kUnknownTopic) {
    return {"metadata", Verdict::kWarning,
            StrCat("there is no topic ", topic,
                   " yet: no coordinator of this cluster has run. Check `cluster` if one has")};
  }
  if (!metadata.ok()) return {"metadata", Verdict::kWrong, StrCat(topic, ": ", metadata.message)};
  const auto policy = metadata.value->configs.find("cleanup.policy");
  const bool compact =
      policy != metadata.value->configs.end() && policy->second.find("compact") == 0;
  if (metadata.value->partitions != 1 || !compact) {
    return {"metadata", Verdict::kWrong,
            StrCat(topic, " has ", metadata.value->partitions, " partitions, cleanup.policy ",
                   compact ? policy->second : "without compact",
                   ": decisions may be lost. It must be one partition and compact")};
  }
  return {"metadata", Verdict::kOk, StrCat(topic, " is one compacted partition")};
}

// What every task does first, under an id of its own.
Finding TransactionsFinding(KafkaLog& log, const std::string& cluster) {
  const std::string id = StrCat("tidemark.", cluster, ".doctor");
  const auto producer = log.NewProducer({.transactional_id = id});
  const LogStatus initialised = producer->InitTransactions(kPatience);
  if (initialised.ok())
    return {"transactions", Verdict::kOk, StrCat("the brokers give transactions to ", id)};
  return {"transactions", Verdict::kWrong,
          StrCat("a transaction for ", id, " is refused: ", initialised.message,
                 ". Tasks need the right to write with transactional ids that begin with tidemark.",
                 cluster, ".")};
}

Finding InternalTopicsFinding(Admin& admin, const pb::Pipeline& pipeline,
                              const PipelineNames& names) {
  const std::string check = "topics of " + pipeline.name();
  const auto topics = InternalTopics(names, pipeline.lanes(), pipeline.shuffle_partitions());
  for (const TopicRequirement& wanted : topics) {
    const auto found = admin.DescribeTopic(wanted.spec.name, kPatience);
    if (!found.ok()) {
      return {check, Verdict::kWrong,
              StrCat(wanted.spec.name, ": ", found.message, ". Without it nothing goes on; ",
                     "delete the pipeline and apply it again if the topic was deleted")};
    }
    const Status judged = JudgeTopic(wanted, *found.value);
    if (!judged.ok()) return {check, Verdict::kWrong, judged.message()};
  }
  return {check, Verdict::kOk, "shuffle and progress topic are there and as they must be"};
}

void LookAtTopics(KafkaLog& log, const std::string& cluster,
                  const std::vector<pb::Pipeline>& pipelines, Findings& findings) {
  const auto admin = log.NewAdmin();
  for (const pb::Pipeline& pipeline : pipelines) {
    const auto incarnation = Incarnation::Parse(pipeline.incarnation());
    const bool there = pipeline.state() == pb::PIPELINE_STATE_RUNNING ||
                       pipeline.state() == pb::PIPELINE_STATE_PAUSED ||
                       pipeline.state() == pb::PIPELINE_STATE_HALTED;
    if (!incarnation.ok() || !there) continue;
    findings.push_back(
        InternalTopicsFinding(*admin, pipeline, {cluster, pipeline.name(), *incarnation}));
  }
}

// The brokers, if they answer.
std::unique_ptr<KafkaLog> LookAtKafka(const DoctorOptions& options, const std::string& cluster,
                                      Findings& findings) {
  const auto kafka = ResolveKafka(options.kafka);
  if (!kafka.ok()) {
    findings.push_back({"brokers", Verdict::kWrong, kafka.status().message()});
    return nullptr;
  }
  auto log = KafkaLog::Open(*kafka);
  if (!log.ok()) {
    findings.push_back({"brokers", Verdict::kWrong, log.status().message()});
    return nullptr;
  }
  const std::string topic = MetadataTopic(cluster);
  const auto metadata = (*log)->NewAdmin()->DescribeTopic(topic, kPatience);
  findings.push_back(BrokersFinding({metadata.error, metadata.message}, *kafka));
  if (findings.back().verdict != Verdict::kOk) return nullptr;
  findings.push_back(MetadataFinding(metadata, topic));
  findings.push_back(TransactionsFinding(**log, cluster));
  return std::move(*log);
}

// --- the cluster

Finding WorkersFinding(const pb::ListWorkersResponse& workers) {
  if (workers.workers_size() == 0) {
    return {"workers", Verdict::kWrong,
            "no worker is there: start tidemark-worker with this cluster's name, and "
            "worker.coordinators naming this coordinator"};
  }
  std::vector<std::string> cut_off;
  for (const pb::Worker& worker : workers.workers()) {
    if (worker.state() == "CUT_OFF") cut_off.push_back(worker.id());
  }
  if (!cut_off.empty()) {
    return {"workers", Verdict::kWarning,
            StrCat("no broker answers ", Join(cut_off, ", "), ": see the log there, and whether ",
                   "that machine reaches kafka.bootstrap_servers")};
  }
  return {"workers", Verdict::kOk,
          StrCat(workers.workers_size(), ": ", Join(workers.workers(), ", ", &pb::Worker::id))};
}

Finding PipelineFinding(const pb::Pipeline& pipeline) {
  const std::string check = "pipeline " + pipeline.name();
  const std::string tasks =
      StrCat(pipeline.tasks_running(), " of ", pipeline.tasks(), " tasks run");
  switch (pipeline.state()) {
    case pb::PIPELINE_STATE_HALTED:
      return {check, Verdict::kWrong,
              StrCat("HALTED: ", pipeline.reason(), ". Then: tidemark pipeline resume ",
                     pipeline.name())};
    case pb::PIPELINE_STATE_STARTING:
      return {check, Verdict::kWarning,
              StrCat("STARTING, ", tasks, ": tidemark task list ", pipeline.name(), " says why")};
    default:
      return {check, Verdict::kOk, StrCat(ShortName(pipeline.state()), ", ", tasks)};
  }
}

// The pipelines, as far as a coordinator tells.
std::vector<pb::Pipeline> LookAtCluster(const DoctorOptions& options, Findings& findings) {
  std::vector<pb::Pipeline> pipelines;
  const auto client =
      OpenAdmin({options.server, options.kafka.config_file, options.kafka.assignments});
  if (!client.ok()) {
    findings.push_back({"coordinator", Verdict::kWrong, client.status().message()});
    return pipelines;
  }
  const auto workers = CollectPages(**client, pb::ListWorkersRequest(), &AdminClient::Workers);
  if (!workers.ok()) {
    findings.push_back({"coordinator", Verdict::kWrong, workers.status().message()});
    return pipelines;
  }
  findings.push_back({"coordinator", Verdict::kOk, "one answers and leads"});
  findings.push_back(WorkersFinding(*workers));
  const auto all = CollectPages(**client, pb::ListPipelinesRequest(), &AdminClient::List);
  if (!all.ok()) {
    findings.push_back({"pipelines", Verdict::kWrong, all.status().message()});
    return pipelines;
  }
  for (const pb::Pipeline& pipeline : all->pipelines()) {
    findings.push_back(PipelineFinding(pipeline));
    pipelines.push_back(pipeline);
  }
  return pipelines;
}

// --- this machine

// The folder, or the nearest one above it that exists.
std::filesystem::path NearestThere(std::filesystem::path folder) {
  std::error_code error;
  while (!std::filesystem::exists(folder, error) && folder.has_relative_path())
    folder = folder.parent_path();
  return folder.empty() ? "." : folder;
}

Finding StateFinding(const std::string& state_dir) {
  const std::filesystem::path there = NearestThere(state_dir);
  std::error_code error;
  if (!std::filesystem::is_directory(there, error)) {
    return {"state_dir", Verdict::kWrong,
            StrCat(there.string(), " is no folder: correct worker.state_dir")};
  }
  if (access(there.c_str(), W_OK | X_OK) != 0) {
    return {
        "state_dir", Verdict::kWarning,
        StrCat("this user may not write into ", there.string(),
               ": a worker started here as this user could not keep checkpoints in ", state_dir)};
  }
  const std::uintmax_t free = std::filesystem::space(there, error).available;
  if (error)
    return {"state_dir", Verdict::kWarning, StrCat(there.string(), " does not tell its space")};
  return {"state_dir", free < kLittleSpace ? Verdict::kWarning : Verdict::kOk,
          StrCat(state_dir, ": ", free >> 20U, " MiB free",
                 free < kLittleSpace ? "; checkpoints need about what open windows take in memory"
                                     : "")};
}

Finding FilesFinding() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max >= kFewFiles)
    return {"open files", Verdict::kOk, StrCat("up to ", limit.rlim_max, " per process")};
  return {"open files", Verdict::kWarning,
          StrCat("at most ", limit.rlim_max,
                 " per process: RocksDB and the connections to "
                 "brokers want ",
                 kFewFiles, " (ulimit -n, LimitNOFILE)")};
}

Finding TlsFinding(const TlsSettings& tls) {
  const auto pem = ReadPemFiles(tls);
  if (!pem.ok()) return {"tls", Verdict::kWrong, pem.status().message()};
  if (pem->certificate.empty() && pem->ca.empty())
    return {"tls", Verdict::kOk, "plain text between the programs"};
  return {"tls", Verdict::kOk, "the files are there and fit each other"};
}

// --- the answer

void Print(const Findings& findings, AdminOutput output) {
  if (output == AdminOutput::kTable) {
    for (const Finding& finding : findings) {
      std::printf("%-8s %-14s %s\n", NameOf(finding.verdict), finding.check.c_str(),
                  finding.text.c_str());
    }
    return;
  }
  const bool list = output == AdminOutput::kJson;
  std::string json;
  for (const Finding& finding : findings) {
    json += !list ? "" : json.empty() ? "[\n  " : ",\n  ";
    json += "{\"check\":";
    AppendJsonString(finding.check, json);
    json += StrCat(",\"verdict\":\"", NameOf(finding.verdict), "\",\"finding\":");
    AppendJsonString(finding.text, json);
    json += list ? "}" : "}\n";
  }
  std::printf("%s%s", json.c_str(), list ? "\n]\n" : "");
}

}  // namespace

int RunDoctor(const DoctorOptions& options) {
  const auto loaded =
      LoadConfiguration(SourcesOfProcess(options.kafka.config_file, options.kafka.assignments));
  if (!loaded.ok()) {
    std::fputs(loaded.status().message().c_str(), stderr);
    return kExitFailed;
  }
  const Configuration& configuration = loaded->values;
  Findings findings = {
      {"configuration", Verdict::kOk, StrCat("valid; cluster '", configuration.cluster, "'")},
      TlsFinding(configuration.tls)};
  const auto log = LookAtKafka(options, configuration.cluster, findings);
  const auto pipelines = LookAtCluster(options, findings);
  if (log) LookAtTopics(*log, configuration.cluster, pipelines, findings);
  findings.push_back(StateFinding(configuration.worker.state_dir));
  findings.push_back(FilesFinding());
  Print(findings, options.output);
  bool wrong = false;
  for (const Finding& finding : findings) wrong = wrong || finding.verdict == Verdict::kWrong;
  return wrong ? kExitFailed : kExitDone;
}

}  // namespace tidemark
