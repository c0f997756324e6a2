#include "http/http_server.h"

#include <httplib.h>
#include <sys/socket.h>

#include <charconv>
#include <optional>
#include <thread>

#include "base/text.h"

namespace tidemark {
namespace {

// A connection that is kept open holds one for up to five seconds.
constexpr std::size_t kThreads = 8;
constexpr std::size_t kMaxRequestsPerConnection = 100;
constexpr std::size_t kMaxPayloadBytes = 64U << 10U;
constexpr std::time_t kTimeoutSeconds = 5;

struct HostAndPort {
  std::string host;
  int port = 0;
};

std::optional<HostAndPort> Split(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0) return std::nullopt;
  HostAndPort split{address.substr(0, colon), 0};
  if (split.host.front() == '[' && split.host.back() == ']')
    split.host = split.host.substr(1, split.host.size() - 2);
  const char* end = address.data() + address.size();
  const auto [stop, error] = std::from_chars(address.data() + colon + 1, end, split.port);
  if (error != std::errc() || stop != end) return std::nullopt;
  return split;
}

// The library's own choice, SO_REUSEPORT, lets two processes share a port without a word.
void RefuseSharing(socket_t socket) {
  const int yes = 1;
  (void)::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

}  // namespace

struct HttpServer::Impl {
  std::map<std::string, HttpHandler> handlers;
  httplib::Server server;
  std::thread thread;

  const HttpHandler* Find(const std::string& path) const;
  HttpResponse NotFound() const;
  void Answer(const httplib::Request& request, httplib::Response& response) const;
};

void RefuseChange(const httplib::Request&, httplib::Response& response) {
  response.status = 405;
  response.set_header("Allow", "GET, HEAD");
  response.set_content("only GET is answered here\n", "text/plain; charset=utf-8");
}

const HttpHandler* HttpServer::Impl::Find(const std::string& path) const {
  const HttpHandler* best = nullptr;
  std::size_t length = 0;
  for (const auto& [prefix, handler] : handlers) {
    const bool fits = prefix.ends_with('/') ? path.starts_with(prefix) : path == prefix;
    if (!fits || prefix.size() < length) continue;
    best = &handler;
    length = prefix.size();
  }
  return best;
}

HttpResponse HttpServer::Impl::NotFound() const {
  HttpResponse response{.status = 404, .body = "there is nothing here; there is\n"};
  for (const auto& [path, handler] : handlers) response.body += StrCat("  ", path, "\n");
  return response;
}

void HttpServer::Impl::Answer(const httplib::Request& request, httplib::Response& response) const {
  const HttpHandler* handler = Find(request.path);
  const HttpResponse answer =
      handler == nullptr ? NotFound() : (*handler)({request.path, request.params});
  response.status = answer.status;
  response.set_content(answer.body, answer.type);
}

HttpServer::HttpServer() : impl_(std::make_unique<Impl>()) {}

HttpServer::~HttpServer() {
  if (!impl_->thread.joinable()) return;
  impl_->server.stop();
  impl_->thread.join();
}

Result<std::unique_ptr<HttpServer>> HttpServer::Start(const std::string& address,
                                                      std::map<std::string, HttpHandler> handlers) {
  const auto wanted = Split(address);
  if (!wanted) return Status::Invalid(StrCat("\"", address, "\" is not host:port"));
  std::unique_ptr<HttpServer> made(new HttpServer());
  Impl& impl = *made->impl_;
  impl.handlers = std::move(handlers);
  impl.server.set_socket_options(&RefuseSharing);
  impl.server.set_keep_alive_max_count(kMaxRequestsPerConnection);
  impl.server.set_payload_max_length(kMaxPayloadBytes);
  impl.server.set_read_timeout(kTimeoutSeconds);
  impl.server.set_write_timeout(kTimeoutSeconds);
  impl.server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  impl.server.Get(".*",
                  [&impl](const auto& request, auto& response) { impl.Answer(request, response); });
  impl.server.Post(".*", RefuseChange);
  impl.server.Put(".*", RefuseChange);
  impl.server.Patch(".*", RefuseChange);
  impl.server.Delete(".*", RefuseChange);
  const int port = wanted->port == 0 ? impl.server.bind_to_any_port(wanted->host)
                   : impl.server.bind_to_port(wanted->host, wanted->port) ? wanted->port
                                                                          : -1;
  if (port < 0) {
    return Status::Unavailable(
        StrCat("cannot listen on ", address,
               ": another process has the port, or the host is no address of this machine; choose "
               "another port, or 0 for any free one"));
  }
  made->address_ = StrCat(address.substr(0, address.rfind(':')), ":", port);
  impl.thread = std::thread([&impl] { (void)impl.server.listen_after_bind(); });
  // A stop that comes before the loop begins would be lost.
  while (!impl.server.is_running()) std::this_thread::yield();
  return made;
}

}  // namespace tidemark
