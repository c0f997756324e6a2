// A small HTTP server for pages that programs and people read: GET only, a few threads of its own.
//
//   auto server = HttpServer::Start("0.0.0.0:8081", {{"/metrics", ...}, {"/api/v1/", ...}});
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/status.h"

namespace tidemark {

struct HttpRequest {
  std::string path;                               // decoded, without the query
  std::multimap<std::string, std::string> query;  // decoded
};

struct HttpResponse {
  int status = 200;
  std::string body;
  std::string type = "text/plain; charset=utf-8";
};

// Called by threads of the server, several at once. Must not block for long and must not throw.
using HttpHandler = std::function<HttpResponse(const HttpRequest& request)>;

class HttpServer {
 public:
  // Listens when it returns. `address` is host:port; port 0: any free one. A handler's path that
  // ends with '/' is for all paths that begin with it; the longest wins.
  // UNAVAILABLE: the address is taken or not one of this machine; the message says what to do.
  static Result<std::unique_ptr<HttpServer>> Start(const std::string& address,
                                                   std::map<std::string, HttpHandler> handlers);
  // Waits for requests under way.
  ~HttpServer();

  // host:port with the port it got.
  const std::string& address() const { return address_; }

 private:
  HttpServer();
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::string address_;
};

}  // namespace tidemark
