#include <algorithm>
#include <array>
#include <charconv>

#include "config/setting.h"

namespace tidemark {
namespace {

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsClusterName(std::string_view text) {
  return !text.empty() && text.size() <= 32 && IsLower(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return IsLower(c) || IsDigit(c) || c == '-'; });
}

bool IsWorkerId(std::string_view text) {
  return !text.empty() && text.size() <= 63 && std::all_of(text.begin(), text.end(), [](char c) {
    return IsLower(c) || IsDigit(c) || c == '-' || c == '.';
  });
}

std::optional<int> PortOf(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  const std::string_view host = text.substr(0, colon);
  const bool bracketed = host.front() == '[' && host.back() == ']' && host.size() > 2;
  if (!bracketed && host.find_first_of(":/[]@ ") != std::string_view::npos) return std::nullopt;
  const std::string_view digits = text.substr(colon + 1);
  int port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return port >= 0 && port <= 65'535 ? std::optional(port) : std::nullopt;
}

bool IsAddress(std::string_view text) { return PortOf(text).value_or(0) != 0; }
bool IsListenAddress(std::string_view text) { return PortOf(text).has_value(); }

bool IsServerList(std::string_view text) {
  while (true) {
    const std::size_t comma = text.find(',');
    if (!IsAddress(text.substr(0, comma))) return false;
    if (comma == std::string_view::npos) return true;
    text.remove_prefix(comma + 1);
  }
}

bool IsSomething(std::string_view text) { return !text.empty(); }

constexpr Shape kClusterName{"[a-z][a-z0-9-]{0,31}", "demo", &IsClusterName};
constexpr Shape kWorkerId{"[a-z0-9.-]{1,63}", "w1", &IsWorkerId};
constexpr Shape kServerList{"host:port[,host:port]", "kafka-1:9092,kafka-2:9092", &IsServerList};
constexpr Shape kAddress{"host:port", "localhost:7070", &IsAddress};
constexpr Shape kListenAddress{"host:port (port 0: any free one)", "0.0.0.0:7070",
                               &IsListenAddress};
constexpr Shape kFolder{"the path of a folder", "/var/lib/tidemark", &IsSomething};

constexpr std::array kSettings = {
    Setting{.path = "cluster",
            .programs = "all",
            .default_text = "demo",
            .shape = &kClusterName,
            .text = "Names internal topics, transactional ids and groups. Clusters on the same "
                    "brokers need different names.",
            .field = [](Configuration& c) -> SettingField { return &c.cluster; }},
    Setting{.path = "kafka.bootstrap_servers",
            .programs = "all",
            .default_text = "localhost:9092",
            .shape = &kServerList,
            .text = "Brokers to ask for the others.",
            .field = [](Configuration& c) -> SettingField { return &c.kafka.bootstrap_servers; }},
    Setting{.path = "kafka.transaction_timeout",
            .programs = "worker, coordinator",
            .default_text = "10s",
            .min = "1s",
            .max = "15m",
            .text =
                "After this long brokers abort the open transaction of a process that died. Until "
                "then, or "
                "until its successor begins, nobody reads past it. Brokers refuse more than their "
                "transaction.max.timeout.ms.",
            .field = [](Configuration& c) -> SettingField { return &c.kafka.transaction_timeout; }},
    Setting{.path = "kafka.properties",
            .programs = "all",
            .default_text = "{}",
            .text =
                "Properties of librdkafka by their own names, for TLS, SASL and tuning. A value "
                "file:PATH is read from that file. Names that decide about exactly-once are "
                "refused.",
            .field = [](Configuration& c) -> SettingField { return &c.kafka.properties; }},
    Setting{.path = "log.level",
            .programs = "all",
            .default_text = "info",
            .text = "The least grave events that are logged.",
            .field = [](Configuration& c) -> SettingField { return &c.log.level; }},
    Setting{.path = "log.format",
            .programs = "all",
            .default_text = "text",
            .text = "One line per event: for people, or one JSON object.",
            .field = [](Configuration& c) -> SettingField { return &c.log.format; }},
    Setting{.path = "coordinator.listen",
            .programs = "coordinator",
            .default_text = "0.0.0.0:7070",
            .shape = &kListenAddress,
            .text = "Where workers and the command line reach it (gRPC).",
            .field = [](Configuration& c) -> SettingField { return &c.coordinator.listen; }},
    Setting{.path = "coordinator.http",
            .programs = "coordinator",
            .default_text = "0.0.0.0:8080",
            .shape = &kListenAddress,
            .text = "Where /metrics, /healthz, /readyz and /api/v1 are.",
            .field = [](Configuration& c) -> SettingField { return &c.coordinator.http; }},
    Setting{
        .path = "coordinator.session_timeout",
        .programs = "coordinator",
        .default_text = "3s",
        .min = "1s",
        .max = "1m",
        .text = "A worker that says nothing for this long is lost, and its tasks go to others. "
                "Less: faster recovery, and moves for nothing when machines stall.",
        .field = [](Configuration& c) -> SettingField { return &c.coordinator.session_timeout; }},
    Setting{.path = "coordinator.replication_factor",
            .programs = "coordinator",
            .default_text = "1",
            .min = "1",
            .max = "7",
            .text = "Of the internal topics it creates, at least. 3 in production.",
            .field = [](Configuration& c) -> SettingField {
              return &c.coordinator.replication_factor;
            }},
    Setting{.path = "coordinator.spare",
            .programs = "coordinator",
            .default_text = "false",
            .text = "Wait until no coordinator leads, then lead; instead of taking over at once.",
            .field = [](Configuration& c) -> SettingField { return &c.coordinator.spare; }},
    Setting{.path = "worker.id",
            .programs = "worker",
            .default_text = "w1",
            .shape = &kWorkerId,
            .text =
                "Names this worker for as long as it keeps its state_dir. A second process with "
                "the same id replaces the first.",
            .field = [](Configuration& c) -> SettingField { return &c.worker.id; }},
    Setting{.path = "worker.coordinators",
            .programs = "worker",
            .default_text = "localhost:7070",
            .shape = &kAddress,
            .text = "Coordinators, the leading one and its spares.",
            .field = [](Configuration& c) -> SettingField { return &c.worker.coordinators; }},
    Setting{.path = "worker.http",
            .programs = "worker",
            .default_text = "0.0.0.0:8081",
            .shape = &kListenAddress,
            .text = "Where /metrics, /healthz and /readyz are.",
            .field = [](Configuration& c) -> SettingField { return &c.worker.http; }},
    Setting{.path = "worker.state_dir",
            .programs = "worker",
            .default_text = "/var/lib/tidemark",
            .shape = &kFolder,
            .text =
                "Checkpoints of open windows. May be lost: it is rebuilt from Kafka, which takes "
                "longer.",
            .field = [](Configuration& c) -> SettingField { return &c.worker.state_dir; }},
    Setting{.path = "worker.memory",
            .programs = "worker",
            .default_text = "1GiB",
            .min = "64MiB",
            .max = "1TiB",
            .text =
                "Budget for tables of open windows, fetch queues and caches, shared by the tasks. "
                "Leave a quarter of the machine's or container's memory beside it.",
            .field = [](Configuration& c) -> SettingField { return &c.worker.memory_bytes; }},
    Setting{.path = "worker.commit_interval",
            .programs = "worker",
            .default_text = "200ms",
            .min = "20ms",
            .max = "10s",
            .text = "How often a lane commits. Less: fresher results, more transactions for the "
                    "brokers.",
            .field = [](Configuration& c) -> SettingField { return &c.worker.commit_interval; }},
    Setting{.path = "worker.frame_budget",
            .programs = "worker",
            .default_text = "1000",
            .min = "10",
            .max = "1000000",
            .text = "Frames per second that all lanes of a pipeline may write together, one per "
                    "lane, shuffle partition and commit: about 1000 per broker. With more lanes "
                    "or shuffle partitions they commit less often, down to every 2 s.",
            .field = [](Configuration& c) -> SettingField { return &c.worker.frame_budget; }},
    Setting{
        .path = "worker.checkpoint_interval",
        .programs = "worker",
        .default_text = "10s",
        .min = "1s",
        .max = "10m",
        .text = "How often open windows go to state_dir. Less: shorter replay after a restart, "
                "more writing.",
        .field = [](Configuration& c) -> SettingField { return &c.worker.checkpoint_interval; }},
    Setting{.path = "worker.task_threads",
            .programs = "worker",
            .default_text = "0",
            .min = "0",
            .max = "256",
            .text = "Threads that run tasks; 0: one per processor.",
            .field = [](Configuration& c) -> SettingField { return &c.worker.task_threads; }},
    Setting{.path = "cli.coordinators",
            .programs = "tidemark",
            .default_text = "localhost:7070",
            .shape = &kAddress,
            .text = "Coordinators that commands talk to; --server and TIDEMARK_SERVER set it too.",
            .field = [](Configuration& c) -> SettingField { return &c.cli.coordinators; }},
    Setting{.path = "tls.certificate",
            .programs = "all",
            .default_text = "",
            .text =
                "PEM file with the certificate this program shows on gRPC. Empty: a coordinator "
                "serves plain text; workers and commands show none.",
            .field = [](Configuration& c) -> SettingField { return &c.tls.certificate; }},
    Setting{.path = "tls.key",
            .programs = "all",
            .default_text = "",
            .text = "PEM file with the certificate's private key.",
            .field = [](Configuration& c) -> SettingField { return &c.tls.key; }},
    Setting{.path = "tls.ca",
            .programs = "all",
            .default_text = "",
            .text = "PEM file with the authorities that coordinators are checked against, by each "
                    "other too. Set: TLS to coordinators.",
            .field = [](Configuration& c) -> SettingField { return &c.tls.ca; }},
    Setting{.path = "tls.client_ca",
            .programs = "coordinator",
            .default_text = "",
            .text = "PEM file with the authorities that clients must have a certificate of (mTLS). "
                    "Empty: clients show none.",
            .field = [](Configuration& c) -> SettingField { return &c.tls.client_ca; }},
};

}  // namespace

std::span<const Setting> Settings() { return kSettings; }

const Setting* FindSetting(std::string_view path) {
  const auto* found = std::find_if(kSettings.begin(), kSettings.end(),
                                   [&](const Setting& s) { return s.path == path; });
  return found == kSettings.end() ? nullptr : found;
}

bool IsSection(std::string_view path) {
  return std::any_of(kSettings.begin(), kSettings.end(), [&](const Setting& s) {
    return s.path.size() > path.size() && s.path.starts_with(path) && s.path[path.size()] == '.';
  });
}

}  // namespace tidemark
