// Objects of librdkafka that have a destroy function of their own, as unique_ptr.
#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <memory>

#include "log/log.h"

namespace tidemark {

template <auto kDestroy>
struct KafkaDestroyer {
  template <class T>
  void operator()(T* object) const {
    kDestroy(object);
  }
};
template <class T, auto kDestroy>
using KafkaHandle = std::unique_ptr<T, KafkaDestroyer<kDestroy>>;

using TopicHandle = KafkaHandle<rd_kafka_topic_t, rd_kafka_topic_destroy>;
using QueueHandle = KafkaHandle<rd_kafka_queue_t, rd_kafka_queue_destroy>;
using ListHandle =
    KafkaHandle<rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy>;

// The list of one partition with `offset`, which may be one of Kafka's special ones.
inline ListHandle ListOf(const TopicPartition& partition, std::int64_t offset) {
  ListHandle list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(),
                                    partition.partition.value())
      ->offset = offset;
  return list;
}

}  // namespace tidemark
