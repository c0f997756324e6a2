// What may stand in kafka.properties: every property of librdkafka but those that decide about
// exactness or that have a key of their own.
#pragma once

#include <string>
#include <string_view>

namespace tidemark {

// Why `name` may not be passed through and what to do instead; "" if it may.
std::string WhyNotPassedThrough(std::string_view name);

// True if the value must not be shown: passwords, private keys, tokens.
bool IsSecretProperty(std::string_view name);

}  // namespace tidemark
