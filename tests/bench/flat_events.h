// Flat events like those that the marks were measured with: 20 fields on one level, 6 of them
// strings; their keys follow a Zipf law of exponent 1.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "flat_event.pb.h"

namespace tidemark {

class FlatEvents {
 public:
  struct Options {
    std::size_t keys = 10'000;
    std::size_t host_size = 12;  // bytes
    std::size_t trace_size = 16;
  };

  explicit FlatEvents(Options options) : options_(options) {
    double sum = 0;
    for (std::size_t i = 0; i < options.keys; ++i) {
      keys_.push_back({Letters(8), Letters(6 + random_.Below(6)), Letters(8 + random_.Below(8)),
                       Letters(9), random_.Below(10) == 0 ? 503U : 200U});
      sum += 1.0 / static_cast<double>(i + 1);
      shares_.push_back(sum);
    }
  }

  std::string Next(std::int64_t time_ms) {
    const Key& key = DrawKey();
    event_.set_event_time_ms(time_ms);
    event_.set_tenant(key.tenant);
    event_.set_service(key.service);
    event_.set_operation(key.operation);
    event_.set_region(key.region);
    event_.set_status(key.status);
    event_.set_duration_us(DrawDuration());
    event_.set_bytes_in(random_.Below(100'000));
    event_.set_bytes_out(random_.Below(100'000));
    event_.set_host(Letters(options_.host_size));
    event_.set_trace(Letters(options_.trace_size));
    event_.set_retries(1 + Small(4));
    event_.set_shard(1 + Small(64));
    event_.set_started_ms(time_ms - 100'000);
    event_.set_queue_us(1 + Small(5'000));
    event_.set_attempts(1 + Small(3));
    event_.set_sampled(true);
    event_.set_span(random_.Next());
    event_.set_version(7);
    event_.set_flags(1 + Small(100));
    return event_.SerializeAsString();
  }

 private:
  struct Key {
    std::string tenant;
    std::string service;
    std::string operation;
    std::string region;
    std::uint32_t status;
  };

  std::string Letters(std::size_t size) {
    std::string text(size, 'a');
    for (char& c : text) c = static_cast<char>('a' + random_.Below(26));
    return text;
  }
  std::uint32_t Small(std::uint64_t bound) {
    return static_cast<std::uint32_t>(random_.Below(bound));
  }
  const Key& DrawKey() {
    const double share = static_cast<double>(random_.Below(1U << 30U)) / (1U << 30U);
    const auto at = std::upper_bound(shares_.begin(), shares_.end(), share * shares_.back());
    return keys_[static_cast<std::size_t>(at - shares_.begin())];
  }
  // 2 to 32 ms, one in twenty up to 32 times as long.
  std::uint64_t DrawDuration() {
    const std::uint64_t usual = 2'000 + random_.Below(30'000);
    return random_.Below(20) == 0 ? usual << random_.Below(6) : usual;
  }

  Options options_;
  Random random_{1};
  std::vector<Key> keys_;
  std::vector<double> shares_;  // of the keys up to each, not yet divided by their sum
  bench::FlatEvent event_;
};

}  // namespace tidemark
