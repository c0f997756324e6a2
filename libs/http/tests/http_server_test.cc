#include "http/http_server.h"

#include <httplib.h>

#include <catch2/catch.hpp>

#include "base/clock.h"
#include "http/process_pages.h"

namespace tidemark {
namespace {

constexpr const char* kAnyPort = "127.0.0.1:0";

std::unique_ptr<HttpServer> Started(std::map<std::string, HttpHandler> handlers) {
  auto server = HttpServer::Start(kAnyPort, std::move(handlers));
  INFO(server.status().message());
  REQUIRE(server.ok());
  return std::move(server).value();
}

// Status and body; -1 if nobody answers.
std::pair<int, std::string> Get(const std::string& address, const std::string& path) {
  httplib::Client client("http://" + address);
  const auto answer = client.Get(path);
  return answer ? std::pair(answer->status, answer->body) : std::pair(-1, std::string());
}

HttpHandler Says(const std::string& text) {
  return [text](const HttpRequest& request) { return HttpResponse{.body = text + request.path}; };
}

TEST_CASE("the longest path that fits answers, and no other") {
  const auto server =
      Started({{"/a", Says("exact ")}, {"/api/", Says("short ")}, {"/api/v1/", Says("long ")}});
  CHECK(Get(server->address(), "/a") == std::pair(200, std::string("exact /a")));
  CHECK(Get(server->address(), "/api/x") == std::pair(200, std::string("short /api/x")));
  CHECK(Get(server->address(), "/api/v1/x") == std::pair(200, std::string("long /api/v1/x")));
  const auto [status, body] = Get(server->address(), "/ab");
  CHECK(status == 404);
  CHECK(body.find("/api/v1/") != std::string::npos);
}

TEST_CASE("query parameters come decoded") {
  const auto server = Started({{"/q", [](const HttpRequest& request) {
                                  return HttpResponse{.body = request.query.find("w")->second};
                                }}});
  CHECK(Get(server->address(), "/q?w=a%20b%26c").second == "a b&c");
}

TEST_CASE("what would change something is refused, and says what is answered") {
  const auto server = Started({{"/q", Says("")}});
  httplib::Client client("http://" + server->address());
  for (const auto& answer : {client.Post("/q"), client.Delete("/q"), client.Put("/none")}) {
    REQUIRE(answer);
    CHECK(answer->status == 405);
    CHECK(answer->get_header_value("Allow") == "GET, HEAD");
    CHECK(answer->body == "only GET is answered here\n");
  }
}

TEST_CASE("a port that another server has is refused, and free again after it") {
  auto first = Started({{"/", Says("")}});
  const std::string address = first->address();
  const auto second = HttpServer::Start(address, {});
  REQUIRE_FALSE(second.ok());
  CHECK(second.status().code() == StatusCode::kUnavailable);
  CHECK(second.status().message().find(address) != std::string::npos);
  first.reset();
  CHECK(Get(address, "/").first == -1);
  CHECK(HttpServer::Start(address, {}).ok());
}

TEST_CASE("what is no address is refused") {
  for (const char* address : {"", ":80", "localhost", "localhost:http", "192.0.2.1:0"}) {
    INFO(address);
    CHECK_FALSE(HttpServer::Start(address, {}).ok());
  }
}

TEST_CASE("a process is not ready before it says so, and not alive when it falls silent") {
  ManualClock clock;
  ProcessPages pages(clock);
  const auto server = Started(pages.Handlers());
  const std::string& address = server->address();
  CHECK(Get(address, "/healthz").first == 200);
  CHECK(Get(address, "/readyz") == std::pair(503, std::string("not ready: starting\n")));
  pages.Publish({.metrics = "tidemark_build_info 1\n", .not_ready = ""});
  CHECK(Get(address, "/readyz").first == 200);
  CHECK(Get(address, "/metrics") == std::pair(200, std::string("tidemark_build_info 1\n")));
  clock.Advance(ProcessPages::kStuckAfter - Duration(1));
  CHECK(Get(address, "/healthz").first == 200);
  clock.Advance(Duration(1));
  CHECK(Get(address, "/healthz").first == 503);
  pages.Publish({.metrics = "", .not_ready = "no coordinator answers"});
  CHECK(Get(address, "/healthz").first == 200);
  CHECK(Get(address, "/readyz").second == "not ready: no coordinator answers\n");
}

}  // namespace
}  // namespace tidemark
