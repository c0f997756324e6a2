#include "log_kafka/fetched_records.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <type_traits>

namespace tidemark {
namespace {

constexpr std::size_t kBlockBytes = 256U << 10U;
constexpr std::size_t kMostBlocksKept = 8;

std::optional<std::string_view> CopyOf(const void* bytes, std::size_t size, char*& to) {
  if (bytes == nullptr) return std::nullopt;
  const std::string_view copy(to, size);
  to = std::copy_n(static_cast<const char*>(bytes), size, to);
  return copy;
}

// rd_kafka_message_headers allocates and frees a parser for every record, also for one without
// headers. In Kafka's record format the number of headers follows the value: there the first byte
// is 0 when there are none. (In formats before that, which have no headers, it is at worst taken
// for a number and the call says no.)
rd_kafka_headers_t* HeadersOf(const rd_kafka_message_t& message) {
  if (message.payload != nullptr && static_cast<const char*>(message.payload)[message.len] == 0)
    return nullptr;
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return nullptr;
  return headers;
}

}  // namespace

void RecordArena::Grow(std::size_t size) {
  while (used_ < blocks_.size() && blocks_[used_].size < size) ++used_;
  if (used_ == blocks_.size()) {
    const std::size_t block = std::max(size, kBlockBytes);
    blocks_.push_back({std::unique_ptr<char[]>(new char[block]), block});
  }
  next_ = blocks_[used_].bytes.get();
  left_ = blocks_[used_].size;
  ++used_;
}

void RecordArena::Reset() {
  const auto large = [](const Block& block) { return block.size > kBlockBytes; };
  blocks_.erase(std::remove_if(blocks_.begin(), blocks_.end(), large), blocks_.end());
  if (blocks_.size() > kMostBlocksKept) blocks_.resize(kMostBlocksKept);
  used_ = 0;
  next_ = nullptr;
  left_ = 0;
}

void FetchedRecords::Add(const rd_kafka_message_t& message) {
  const std::size_t size = message.key_len + message.len;
  char* to = arena_.Take(size);
  bytes_ += size;
  RecordView& view = views_.emplace_back();
  view.offset = Offset(message.offset);
  view.timestamp_ms = rd_kafka_message_timestamp(&message, nullptr);
  view.key = CopyOf(message.key, message.key_len, to);
  view.value = CopyOf(message.payload, message.len, to);
  if (const rd_kafka_headers_t* headers = HeadersOf(message)) view.headers = Copy(*headers);
}

std::span<const HeaderView> FetchedRecords::Copy(const rd_kafka_headers_t& headers) {
  static_assert(std::is_trivially_destructible_v<HeaderView>);
  const std::size_t count = rd_kafka_header_cnt(&headers);
  auto* views = reinterpret_cast<HeaderView*>(arena_.Take(count * sizeof(HeaderView)));
  for (std::size_t i = 0; i < count; ++i) {
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    rd_kafka_header_get_all(&headers, i, &name, &value, &size);
    const std::size_t name_size = std::strlen(name);
    char* to = arena_.Take(name_size + size);
    new (views + i) HeaderView{*CopyOf(name, name_size, to), CopyOf(value, size, to)};
  }
  return {views, count};
}

void FetchedRecords::Clear() {
  views_.clear();
  arena_.Reset();
  bytes_ = 0;
}

std::unique_ptr<FetchedRecords> RecordPool::Take() {
  const std::lock_guard lock(mutex_);
  if (kept_.empty()) return std::make_unique<FetchedRecords>();
  auto records = std::move(kept_.back());
  kept_.pop_back();
  return records;
}

void RecordPool::GiveBack(std::unique_ptr<FetchedRecords> records) {
  records->Clear();
  const std::lock_guard lock(mutex_);
  if (kept_.size() < kMostKept) kept_.push_back(std::move(records));
}

}  // namespace tidemark
