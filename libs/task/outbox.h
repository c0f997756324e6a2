// Records that wait for the next transaction: buffered first, so that the transaction itself is a
// short burst.
//
// Thread: owned by one task thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "log/log.h"

namespace tidemark {

class Outbox {
 public:
  // Topic, headers and query name outlive the outbox; key and value are copied.
  struct Record {
    std::string_view topic;
    std::optional<Partition> partition;  // nullopt: by the key
    std::string_view key;
    std::string_view value;
    std::span<const HeaderView> headers;
    std::string_view query;  // whose it is, for an alarm; empty: none's
  };

  void Add(const Record& record);
  std::size_t records() const { return entries_.size(); }
  std::size_t bytes() const { return bytes_.size(); }
  // Bytes held from the system, also while it is empty.
  std::size_t held() const { return bytes_.capacity() + entries_.capacity() * sizeof(Entry); }
  // Valid until the next Add or Clear. REQUIRES: index < records().
  Record record(std::size_t index) const;
  void Clear();

 private:
  struct Entry {
    std::string_view topic;
    std::optional<Partition> partition;
    std::size_t begin = 0;
    std::size_t key_size = 0;
    std::size_t value_size = 0;
    std::span<const HeaderView> headers;
    std::string_view query;
  };

  std::vector<Entry> entries_;
  std::string bytes_;
};

}  // namespace tidemark
