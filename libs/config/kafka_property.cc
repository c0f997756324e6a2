#include "config/kafka_property.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace tidemark {
namespace {

constexpr std::string_view kExactness =
    "Tidemark sets it itself, because exactly-once depends on it";

struct Refused {
  std::string_view name;
  std::string_view reason;
};
constexpr std::array kRefused = {
    Refused{"isolation.level", kExactness},
    Refused{"enable.idempotence", kExactness},
    Refused{"transactional.id", kExactness},
    Refused{"auto.offset.reset", kExactness},
    Refused{"acks", kExactness},
    Refused{"request.required.acks", kExactness},
    Refused{"enable.auto.commit", kExactness},
    Refused{"auto.commit.enable", kExactness},
    Refused{"partitioner", kExactness},
    Refused{"bootstrap.servers", "kafka.bootstrap_servers is the key for it"},
    Refused{"metadata.broker.list", "kafka.bootstrap_servers is the key for it"},
    Refused{"transaction.timeout.ms", "kafka.transaction_timeout is the key for it"},
};
constexpr std::array<std::string_view, 5> kSecretParts = {"password", "secret", "key.pem",
                                                          "oauthbearer.config", "token.value"};

bool IsPropertyName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_';
  });
}

}  // namespace

std::string WhyNotPassedThrough(std::string_view name) {
  if (!IsPropertyName(name)) return "names of librdkafka's properties are like security.protocol";
  for (const Refused& refused : kRefused) {
    if (refused.name == name) return std::string(refused.reason);
  }
  return {};
}

bool IsSecretProperty(std::string_view name) {
  return std::any_of(kSecretParts.begin(), kSecretParts.end(), [&](std::string_view part) {
    return name.find(part) != std::string_view::npos;
  });
}

}  // namespace tidemark
