#include "control/connection_trouble.h"

#include <catch2/catch.hpp>

#include "base/text.h"

namespace tidemark {
namespace {

const ClientCredentials kPlain;
const ClientCredentials kNoCertificate{.ca = "PEM"};
const ClientCredentials kCertificate{.ca = "PEM", .certificate = "PEM", .key = "PEM"};

std::string Connecting(const std::string& last, const ClientCredentials& shown) {
  return ExplainConnection(
      StrCat("failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:1: ", last),
      shown);
}

bool Has(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

TEST_CASE("a connection that was closed at once names the setting that the client lacks") {
  const std::string closed = "Socket closed";
  CHECK(Has(Connecting(closed, kPlain), "set tls.ca here"));
  CHECK(Has(Connecting(closed, kNoCertificate), "set tls.certificate and tls.key here"));
  CHECK(Has(Connecting(closed, kCertificate), "must be in its tls.client_ca"));
}

TEST_CASE("what the handshake says is said by setting") {
  const std::string failed = "Ssl handshake failed: SSL_ERROR_SSL: error:0A000086:SSL routines::";
  CHECK(Has(Connecting(failed + "certificate verify failed", kCertificate), "correct tls.ca here"));
  CHECK(Has(Connecting(failed + "wrong version number", kCertificate), "it speaks plain text"));
  CHECK(Has(Connecting("Peer name coord is not in peer certificate", kCertificate),
            "subjectAltName"));
}

TEST_CASE("nobody there is told without the library's words, the unknown with them") {
  CHECK(Connecting("Failed to connect to remote host: Connection refused", kPlain) ==
        "connection refused, nobody listens there");
  CHECK(Has(Connecting("No route to host", kPlain), "No route to host"));
}

TEST_CASE("a stream that was lost later is not taken for a connection that failed") {
  CHECK(ExplainConnection("Socket closed", kPlain) == "Socket closed");
}

TEST_CASE("a server says which setting of whom a failed handshake is about") {
  const std::string failed = "Handshake failed with fatal error SSL_ERROR_SSL: error:0A0000C7:";
  CHECK(Has(ExplainHandshake(failed + "SSL routines::peer did not return a certificate."),
            "tls.client_ca is set here"));
  CHECK(Has(ExplainHandshake(failed + "SSL routines::certificate verify failed."),
            "not of an authority in tls.client_ca"));
  CHECK(Has(ExplainHandshake(failed + "SSL routines::wrong version number."), "plain text"));
  CHECK(Has(ExplainHandshake(failed + "SSL routines::something new."), "handshake"));
  CHECK(ExplainHandshake("No address added out of total 1 resolved").empty());
}

}  // namespace
}  // namespace tidemark
