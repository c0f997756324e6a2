// How a command reaches the cluster's coordinators.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "control/admin_client.h"

namespace tidemark {

struct AdminAccess {
  std::string server;                    // of --server: host:port[,host:port]; empty: see below
  std::string config_file;               // of --config; empty: none
  std::vector<std::string> assignments;  // of --set
};

// --server, else TIDEMARK_SERVER, else cli.coordinators of the configuration.
Result<std::unique_ptr<AdminClient>> OpenAdmin(const AdminAccess& access);

}  // namespace tidemark
