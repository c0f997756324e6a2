#include "log_kafka/outgoing.h"

#include <array>

namespace tidemark {
namespace {

// librdkafka tells absent from empty by the pointer.
rd_kafka_vu_t Bytes(rd_kafka_vtype_t type, const std::optional<std::string_view>& bytes) {
  rd_kafka_vu_t unit{.vtype = type};
  if (bytes) {
    const char* begin = bytes->data() == nullptr ? "" : bytes->data();
    unit.u.mem.ptr = const_cast<char*>(begin);  // NOLINT(cppcoreguidelines-pro-type-const-cast)
    unit.u.mem.size = bytes->size();
  }
  return unit;
}

rd_kafka_headers_t* NewHeaders(std::span<const HeaderView> views) {
  rd_kafka_headers_t* headers = rd_kafka_headers_new(views.size());
  for (const HeaderView& view : views) {
    const rd_kafka_vu_t value = Bytes(RD_KAFKA_VTYPE_VALUE, view.value);
    rd_kafka_header_add(headers, view.name.data(), static_cast<ssize_t>(view.name.size()),
                        value.u.mem.ptr, static_cast<ssize_t>(value.u.mem.size));
  }
  return headers;
}

}  // namespace

rd_kafka_resp_err_t EnqueueRecord(rd_kafka_t* client, rd_kafka_topic_t* topic,
                                  const OutgoingRecord& record, std::int64_t timestamp_ms) {
  std::array<rd_kafka_vu_t, 7> units{};
  std::size_t count = 0;
  units[count].vtype = RD_KAFKA_VTYPE_RKT;
  units[count++].u.rkt = topic;
  units[count].vtype = RD_KAFKA_VTYPE_PARTITION;
  units[count++].u.i32 = record.partition ? record.partition->value() : RD_KAFKA_PARTITION_UA;
  units[count].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  units[count++].u.i = RD_KAFKA_MSG_F_COPY;
  units[count].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
  units[count++].u.i64 = timestamp_ms;
  units[count++] = Bytes(RD_KAFKA_VTYPE_KEY, record.key);
  units[count++] = Bytes(RD_KAFKA_VTYPE_VALUE, record.value);
  rd_kafka_headers_t* headers = nullptr;
  if (!record.headers.empty()) {
    headers = NewHeaders(record.headers);
    units[count].vtype = RD_KAFKA_VTYPE_HEADERS;
    units[count++].u.headers = headers;
  }
  rd_kafka_error_t* error = rd_kafka_produceva(client, units.data(), count);
  if (error == nullptr) return RD_KAFKA_RESP_ERR_NO_ERROR;
  if (headers != nullptr) rd_kafka_headers_destroy(headers);
  const rd_kafka_resp_err_t code = rd_kafka_error_code(error);
  rd_kafka_error_destroy(error);
  return code;
}

}  // namespace tidemark
