#include "task/outbox.h"

namespace tidemark {

void Outbox::Add(const Record& record) {
  entries_.push_back({record.topic, record.partition, bytes_.size(), record.key.size(),
                      record.value.size(), record.headers, record.query});
  bytes_.append(record.key);
  bytes_.append(record.value);
}

Outbox::Record Outbox::record(std::size_t index) const {
  const Entry& entry = entries_[index];
  const std::string_view bytes(bytes_);
  return {entry.topic,
          entry.partition,
          bytes.substr(entry.begin, entry.key_size),
          bytes.substr(entry.begin + entry.key_size, entry.value_size),
          entry.headers,
          entry.query};
}

void Outbox::Clear() {
  entries_.clear();
  bytes_.clear();
}

}  // namespace tidemark
