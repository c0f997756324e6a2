#include "control/connection_trouble.h"

#include <array>

namespace tidemark {
namespace {

struct Cause {
  std::string_view sign;  // in what the library says
  std::string_view text;
};

template <std::size_t kSize>
std::string_view Find(const std::array<Cause, kSize>& causes, std::string_view said) {
  for (const Cause& cause : causes) {
    if (said.find(cause.sign) != std::string_view::npos) return cause.text;
  }
  return {};
}

constexpr std::array kConnecting = {
    Cause{"Connection refused", "connection refused, nobody listens there"},
    Cause{"certificate verify failed",
          "its certificate is not of an authority in tls.ca: correct tls.ca here, or "
          "tls.certificate of the coordinator"},
    Cause{"wrong version number",
          "it speaks plain text and this program TLS: leave out tls.ca and tls.certificate here, "
          "or set tls.certificate and tls.key of the coordinator"},
    Cause{"not in peer certificate",
          "its certificate does not name this address: use an address that is in its "
          "subjectAltName, or give it a certificate that has this one"},
    Cause{"Hostname Verification Check failed",
          "its certificate does not name this address: use an address that is in its "
          "subjectAltName, or give it a certificate that has this one"},
};

// A refusal over TLS is nothing but a closed connection, as is TLS that was answered with none.
std::string_view WhyClosed(const ClientCredentials& shown) {
  if (!UsesTls(shown)) {
    return "it closed the connection: if it speaks TLS (its tls.certificate is set), set tls.ca "
           "here";
  }
  if (shown.certificate.empty()) {
    return "it closed the connection: if it wants a certificate (its tls.client_ca is set), set "
           "tls.certificate and tls.key here";
  }
  return "it closed the connection: the authority of tls.certificate must be in its tls.client_ca";
}

constexpr std::array kHandshakes = {
    Cause{"peer did not return a certificate",
          "a client showed no certificate: it must set tls.certificate and tls.key, since "
          "tls.client_ca is set here"},
    Cause{"certificate verify failed",
          "a client's certificate is not of an authority in tls.client_ca: correct its "
          "tls.certificate, or tls.client_ca here"},
    Cause{"wrong version number", "a client spoke plain text: it must set tls.ca"},
    Cause{"http request", "a client spoke plain HTTP: it must set tls.ca"},
    Cause{"unknown ca",
          "a client refused the certificate: tls.certificate here is not of an authority in its "
          "tls.ca"},
    Cause{"bad certificate",
          "a client refused the certificate: tls.certificate here is not of an authority in its "
          "tls.ca, or does not name the address it uses"},
    Cause{"Handshake failed", "a TLS handshake with a client failed"},
};

}  // namespace

bool UsesTls(const ClientCredentials& credentials) {
  return !credentials.ca.empty() || !credentials.certificate.empty();
}

std::string ExplainConnection(std::string_view error, const ClientCredentials& shown) {
  if (error.find("failed to connect") == std::string_view::npos) return std::string(error);
  std::string_view text = Find(kConnecting, error);
  const bool closed = error.find("Socket closed") != std::string_view::npos ||
                      error.find("Connection reset") != std::string_view::npos ||
                      error.find("Broken pipe") != std::string_view::npos;
  if (text.empty() && closed) text = WhyClosed(shown);
  return std::string(text.empty() ? error : text);
}

std::string ExplainHandshake(std::string_view line) {
  if (line.find("andshake failed") == std::string_view::npos) return {};
  return std::string(Find(kHandshakes, line));
}

}  // namespace tidemark
