// An address on loopback where nobody speaks: connections to it open and nothing is ever said on
// them, as with a process that stands still.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>

#include "base/text.h"

namespace tidemark {

class LoopbackListener {
 public:
  LoopbackListener() : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    auto* const any = reinterpret_cast<sockaddr*>(&at);
    REQUIRE(bind(socket_, any, size) == 0);
    REQUIRE(listen(socket_, 64) == 0);
    REQUIRE(getsockname(socket_, any, &size) == 0);
    address_ = StrCat("127.0.0.1:", ntohs(at.sin_port));
  }
  ~LoopbackListener() { close(socket_); }
  const std::string& address() const { return address_; }
  // Waits for `wanted` connections, no longer than 5 s for each, and ends each at once. Returns how
  // many came.
  int EndConnections(int wanted) const {
    pollfd waiting{socket_, POLLIN, 0};
    int came = 0;
    while (came < wanted && poll(&waiting, 1, 5'000) > 0) {
      close(accept(socket_, nullptr, nullptr));
      ++came;
    }
    return came;
  }

 private:
  int socket_;
  std::string address_;
};

}  // namespace tidemark
