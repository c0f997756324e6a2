#include "host/coordinator_process.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <random>
#include <thread>
#include <utility>

#include "base/log_line.h"
#include "base/text.h"
#include "config/load.h"
#include "control/admin_client.h"
#include "control/admin_service.h"
#include "control/control_server.h"
#include "host/stop_signal.h"

namespace tidemark {
namespace {

constexpr int kExitDone = 0;
constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;
constexpr Duration kPoll{50};
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
std::string AddressOf(const std::string& listen, int port) {
  std::string host = listen.substr(0, listen.rfind(':'));
  if (host == "0.0.0.0" || host == "[::]" || host.empty()) {
    char name[256] = {};
    host = gethostname(name, sizeof(name) - 1) == 0 ? name : "localhost";
  }
  return StrCat(host, ":", port);
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

CoordinatorHostOptions OptionsOf(const Configuration& configuration, std::string address,
                                 ClientCredentials credentials) {
  CoordinatorHostOptions options;
  options.begin = configuration.coordinator.spare ? CoordinatorHostOptions::Begin::kWait
                                                  : CoordinatorHostOptions::Begin::kClaim;
  options.coordinator.cluster = configuration.cluster;
  options.coordinator.session_timeout = configuration.coordinator.session_timeout;
  options.coordinator.replication_factor =
      static_cast<std::int16_t>(configuration.coordinator.replication_factor);
  options.coordinator.transaction_timeout = configuration.kafka.transaction_timeout;
  options.address = std::move(address);
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

int Serve(const Configuration& configuration, const Tls& tls, Log* log) {
  const SteadyClock clock;
  SessionHub hub;
  const std::string& listen = configuration.coordinator.listen;
  // The port is needed for the address, and the service for the server: the host comes between.
  std::unique_ptr<CoordinatorHost> host;
  const std::string port = listen.substr(listen.rfind(':') + 1);
  host = std::make_unique<CoordinatorHost>(
      CoordinatorHost::Ports{log, &clock, &hub},
      OptionsOf(configuration, AddressOf(listen, std::atoi(port.c_str())), tls.client),
      NewRandom());
  AdminService admin({host.get(), log, &clock, WallNow});
  auto server = ControlServer::Start({listen, tls.server}, &hub, admin.service());
  if (!server.ok()) return Fail(server.status());
  LogInfo(StrCat("coordinator of cluster '", configuration.cluster, "' listens on ", listen,
                 tls.server.certificate.empty() ? " (plain text)" : " (TLS)", ", brokers ",
                 configuration.kafka.bootstrap_servers));
  host->Start();
  while (!StopRequested()) {
    (*server)->SetServing(host->standing().leading);
    std::this_thread::sleep_for(kPoll);
  }
  LogInfo("stopping: workers go on with the tasks they have; a second signal ends at once");
  EndSoon();
  (*server)->SetServing(false);
  admin.EndStreams();
  host->Stop();
  (*server)->Stop(kGrace);
  LogInfo("stopped");
  return kExitDone;
}

int RunConfigured(const Configuration& configuration, const CoordinatorLogFactory& open_log) {
  const auto tls = ReadTls(configuration.tls);
  if (!tls.ok()) return Fail(tls.status().Annotate("tls"));
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
  app.set_version_flag("--version", "tidemark-coordinator 0.1.0");
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
