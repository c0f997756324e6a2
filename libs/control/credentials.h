// Contents of the PEM files that gRPC's TLS needs; all empty: plain text.
#pragma once

#include <string>

namespace tidemark {

struct ServerCredentials {
  std::string certificate;
  std::string key;
  std::string client_ca;  // not empty: clients must show a certificate of it (mTLS)
};

struct ClientCredentials {
  std::string ca;  // not empty: TLS, the server is checked against it
  std::string certificate;
  std::string key;
};

}  // namespace tidemark
