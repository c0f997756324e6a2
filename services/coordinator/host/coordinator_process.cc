#include "host/coordinator_process.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <random>
#include <thread>
#include <utility>

#include "base/log_line.h"
#include "base/stop_signal.h"
#include "base/text.h"
#include "base/version.h"
#include "config/load.h"
#include "control/admin_client.h"
#include "control/admin_pages.h"
#include "control/admin_service.h"
#include "control/control_server.h"
#include "host/coordinator_pages.h"
#include "host/ledger_watch.h"

namespace tidemark {
namespace {

constexpr int kExitDone = 0;
constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;
constexpr Duration kPoll{50};
constexpr Duration kSeePatience{1'000};
constexpr Duration kGrace{1'000};
// Of the 5 s between SIGTERM and the end; the rest is for closing the clients.
constexpr Duration kCloseDeadline{4'000};

struct CommandLine {
  std::string config;
  std::vector<std::string> assignments;  // of --set
};

int Fail(const Status& status) {
  std::fprintf(stderr, "tidemark-coordinator: %s\n", status.message().c_str());
  return kExitFailed;
}

Random NewRandom() {
  std::random_device device;
  return Random((static_cast<std::uint64_t>(device()) << 32U) | device());
}

EventTime WallNow() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return EventTime(std::chrono::duration_cast<std::chrono::milliseconds>(since).count());
}

// What others call this process: the address it listens on, or the machine's name if that is any.
std::string AddressOf(const std::string& listen) {
  const std::size_t colon = listen.rfind(':');
  std::string host = listen.substr(0, colon);
  if (host == "0.0.0.0" || host == "[::]" || host.empty()) {
    char name[256] = {};
    host = gethostname(name, sizeof(name) - 1) == 0 ? name : "localhost";
  }
  return StrCat(host, listen.substr(colon));
}

struct Tls {
  ServerCredentials server;
  ClientCredentials client;  // with which it asks other coordinators whether they lead
};

Result<Tls> ReadTls(const TlsSettings& settings) {
  TM_ASSIGN_OR_RETURN(const PemFiles pem, ReadPemFiles(settings));
  return Tls{.server = {pem.certificate, pem.key, pem.client_ca},
             .client = {pem.ca, pem.certificate, pem.key}};
}

// How callers are known, for the log.
std::string SecurityOf(const ServerCredentials& credentials) {
  if (credentials.certificate.empty()) return "plain text: anyone who reaches it may change things";
  if (credentials.client_ca.empty()) return "TLS, any client: tls.client_ca is not set";
  return "TLS, clients with a certificate of tls.client_ca";
}

CoordinatorHostOptions OptionsOf(const Configuration& configuration,
                                 ClientCredentials credentials) {
  const std::string& listen = configuration.coordinator.listen;
  CoordinatorHostOptions options;
  options.begin = configuration.coordinator.spare ? CoordinatorHostOptions::Begin::kWait
                                                  : CoordinatorHostOptions::Begin::kClaim;
  options.coordinator.cluster = configuration.cluster;
  options.coordinator.session_timeout = configuration.coordinator.session_timeout;
  options.coordinator.replication_factor =
      static_cast<std::int16_t>(configuration.coordinator.replication_factor);
  options.coordinator.transaction_timeout = configuration.kafka.transaction_timeout;
  options.address = AddressOf(listen);
  options.leads_at = [credentials = std::move(credentials)](const std::string& other) {
    return AdminClient::LeadsAt(other, credentials);
  };
  return options;
}

// Ends the process with 0 if closing takes too long: nothing is lost by it, every decision is
// committed or not.
void EndSoon() {
  std::thread([] {
    std::this_thread::sleep_for(kCloseDeadline);
    LogWarning("stopped before every client was closed");
    _exit(kExitDone);
  }).detach();
}

// What the process consists of, in the order of its making; it goes in the other one.
class Process {
 public:
  Process(const Configuration& configuration, const Tls& tls, Log* log);

  Status Listen();
  void Run();
  void End();

 private:
  const Configuration& configuration_;
  const Tls& tls_;
  const SteadyClock clock_;
  SessionHub hub_;
  CoordinatorHost host_;
  AdminService admin_;
  std::unique_ptr<ControlServer> server_;
  AdminPages api_;
  LedgerWatch ledger_;
  CoordinatorPages pages_;
};

Process::Process(const Configuration& configuration, const Tls& tls, Log* log)
    : configuration_(configuration),
      tls_(tls),
      host_({log, &clock_, &hub_}, OptionsOf(configuration, tls.client), NewRandom()),
      admin_({&host_, log, &clock_, WallNow}),
      api_(&admin_.reads(),
           tls.server.client_ca.empty() ? AdminPages::Access::kOpen : AdminPages::Access::kRefused),
      ledger_(&admin_.reads()),
      pages_(clock_) {}

Status Process::Listen() {
  const CoordinatorSettings& settings = configuration_.coordinator;
  TM_ASSIGN_OR_RETURN(
      server_, ControlServer::Start({settings.listen, tls_.server}, &hub_, admin_.service()));
  if (const Status served = pages_.Start(settings.http, api_.Handlers()); !served.ok()) {
    return served.Annotate("coordinator.http");
  }
  LogInfo(StrCat("coordinator of cluster '", configuration_.cluster, "' listens on ",
                 settings.listen, " (", SecurityOf(tls_.server), "), brokers ",
                 configuration_.kafka.bootstrap_servers));
  return {};
}

void Process::Run() {
  host_.Start();
  ledger_.Start();
  while (!StopRequested()) {
    server_->SetServing(host_.standing().leading);
    if (pages_.Due(clock_.Now())) {
      if (const auto view = host_.See(kSeePatience)) pages_.Publish(*view, ledger_.balanced());
    }
    std::this_thread::sleep_for(kPoll);
  }
}

void Process::End() {
  LogInfo("stopping: workers go on with the tasks they have; a second signal ends at once");
  EndSoon();
  server_->SetServing(false);
  admin_.EndStreams();
  host_.Stop();
  ledger_.Stop();
  server_->Stop(kGrace);
  LogInfo("stopped");
}

int Serve(const Configuration& configuration, const Tls& tls, Log* log) {
  Process process(configuration, tls, log);
  if (const Status listens = process.Listen(); !listens.ok()) return Fail(listens);
  process.Run();
  process.End();
  return kExitDone;
}

int RunConfigured(const Configuration& configuration, const CoordinatorLogFactory& open_log) {
  const auto tls = ReadTls(configuration.tls);
  if (!tls.ok()) return Fail(tls.status());
  auto log = open_log(configuration);
  if (!log.ok()) return Fail(log.status());
  return Serve(configuration, *tls, log->get());
}

}  // namespace

int RunCoordinatorProcess(int argc, const char* const* argv,
                          const CoordinatorLogFactory& open_log) {
  CommandLine line;
  CLI::App app("Coordinates a cluster: assigns tasks to workers, serves the admin API.",
               "tidemark-coordinator");
  app.footer(
      "Later sources win: defaults, --config, TIDEMARK_KEY_PATH variables, --set. SIGTERM: ends "
      "with 0 within 5 s;\nworkers go on meanwhile.");
  app.set_version_flag("--version", StrCat("tidemark-coordinator ", kVersion));
  app.add_option("--config", line.config, "Configuration file (YAML)");
  app.add_option("--set", line.assignments, "One key of the configuration: key.path=value")
      ->allow_extra_args(false);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitDone : kExitUsage;
  }
  const auto loaded = LoadConfiguration(SourcesOfProcess(line.config, line.assignments));
  if (!loaded.ok()) {
    std::fputs(loaded.status().message().c_str(), stderr);
    return kExitFailed;
  }
  SetUpLogging(loaded->values.log.level, loaded->values.log.format);
  InstallStopSignal();
  return RunConfigured(loaded->values, open_log);
}

}  // namespace tidemark
