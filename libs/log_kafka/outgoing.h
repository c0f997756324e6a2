// An outgoing record as librdkafka takes it: shared by both kinds of producer.
#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>

#include "log/log.h"

namespace tidemark {

// Copies the record into the client's queue. `timestamp_ms` 0: now. Thread: any.
rd_kafka_resp_err_t EnqueueRecord(rd_kafka_t* client, rd_kafka_topic_t* topic,
                                  const OutgoingRecord& record, std::int64_t timestamp_ms);

}  // namespace tidemark
