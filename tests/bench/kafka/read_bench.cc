// What reading a topic costs, without any job: CPU nanoseconds per record, user and system, all
// threads. usage: read_bench count|parse|fetch BOOTSTRAP TOPIC
//   count  librdkafka's batch API, set as our consumer, counting: what a bare loop costs
//   parse  the same, and the generated class parses each record in full
//   fetch  our consumer behind the log port, looking at each record's length
// Reads from the beginning to the end that is there at its start; prints one line of JSON.
#include <librdkafka/rdkafka.h>
#include <sys/resource.h>

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "log_kafka/fetch_memory.h"
#include "log_kafka/kafka_consumer.h"
#include "tidemark/events/v1/call_metric.pb.h"

namespace tidemark {
namespace {

struct Tally {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::uint64_t parsed = 0;
};

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Topic {
  KafkaLogOptions options;
  std::string name;
  std::vector<PartitionEnds> ends;  // by partition
};

bool LookUp(Topic& topic) {
  auto log = KafkaLog::Open(topic.options);
  if (!log.ok()) return false;
  const auto admin = (*log)->NewAdmin();
  constexpr Duration kPatience{10'000};
  const auto described = admin->DescribeTopic(topic.name, kPatience);
  if (!described.ok()) return false;
  for (std::int32_t p = 0; p < described.value->partitions; ++p) {
    const auto ends = admin->Ends({topic.name, Partition(p)}, kPatience);
    if (!ends.ok()) return false;
    topic.ends.push_back(*ends.value);
  }
  return true;
}

class Parser {
 public:
  void Parse(const void* bytes, std::size_t size) {
    if (message_.ParseFromArray(bytes, static_cast<int>(size))) ++parsed_;
  }
  std::uint64_t parsed() const { return parsed_; }

 private:
  events::v1::CallMetric message_;  // reused, as a careful application does
  std::uint64_t parsed_ = 0;
};

enum class Work : std::uint8_t { kCount, kParse };

Tally ReadBare(const Topic& topic, Work work) {
  auto config = ClientConfig::Common(topic.options);
  if (!config.ok() || !ConfigureConsumer(topic.options, Isolation::kReadCommitted, *config).ok()) {
    return {};
  }
  auto client = std::move(*config).Create(RD_KAFKA_CONSUMER);
  if (!client.ok()) return {};
  rd_kafka_topic_partition_list_t* list =
      rd_kafka_topic_partition_list_new(static_cast<int>(topic.ends.size()));
  for (std::size_t p = 0; p < topic.ends.size(); ++p) {
    rd_kafka_topic_partition_list_add(list, topic.name.c_str(), static_cast<std::int32_t>(p))
        ->offset = topic.ends[p].log_start.value();
  }
  rd_kafka_assign(client->get(), list);
  rd_kafka_topic_partition_list_destroy(list);
  rd_kafka_queue_t* queue = rd_kafka_queue_get_consumer(client->get());
  Tally tally;
  Parser parser;
  std::vector<rd_kafka_message_t*> batch(1'000);
  std::size_t ended = 0;
  while (ended < topic.ends.size()) {
    const ssize_t count = rd_kafka_consume_batch_queue(queue, 100, batch.data(), batch.size());
    for (ssize_t i = 0; i < count; ++i) {
      rd_kafka_message_t* message = batch[static_cast<std::size_t>(i)];
      if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) ++ended;
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        ++tally.records;
        tally.bytes += message->len;
        if (work == Work::kParse) parser.Parse(message->payload, message->len);
      }
      rd_kafka_message_destroy(message);
    }
  }
  tally.parsed = parser.parsed();
  rd_kafka_queue_destroy(queue);
  return tally;
}

Tally ReadByPort(const Topic& topic) {
  KafkaConsumer consumer(topic.options, Isolation::kReadCommitted);
  std::vector<Offset> positions;
  for (std::size_t p = 0; p < topic.ends.size(); ++p) {
    const TopicPartition partition{topic.name, Partition(static_cast<std::int32_t>(p))};
    if (!consumer.Assign(partition, topic.ends[p].log_start).ok()) return {};
    positions.push_back(topic.ends[p].log_start);
  }
  Tally tally;
  for (bool rest = true; rest;) {
    rest = false;
    for (std::size_t p = 0; p < topic.ends.size(); ++p) {
      if (positions[p] >= topic.ends[p].high_watermark) continue;
      rest = true;
      const TopicPartition partition{topic.name, Partition(static_cast<std::int32_t>(p))};
      auto fetched = consumer.Fetch(partition, {}, Duration(5));
      if (!fetched.ok() || *fetched.value == nullptr) continue;
      for (const RecordView& record : (*fetched.value)->records()) {
        ++tally.records;
        tally.bytes += record.value->size();
      }
      positions[p] = (*fetched.value)->next();
    }
  }
  return tally;
}

int Run(const std::string& mode, Topic topic) {
  if (!LookUp(topic)) {
    std::fprintf(stderr, "read_bench: no topic %s at %s\n", topic.name.c_str(),
                 topic.options.bootstrap_servers.c_str());
    return 1;
  }
  const double begun = CpuSeconds();
  Tally tally;
  if (mode == "fetch") {
    tally = ReadByPort(topic);
  } else {
    tally = ReadBare(topic, mode == "parse" ? Work::kParse : Work::kCount);
  }
  const double spent = CpuSeconds() - begun;
  std::printf(
      "{\"mode\":\"%s\",\"records\":%llu,\"bytes\":%llu,\"parsed\":%llu,\"cpu_s\":%.3f,"
      "\"ns_per_record\":%.1f}\n",
      mode.c_str(), static_cast<unsigned long long>(tally.records),
      static_cast<unsigned long long>(tally.bytes), static_cast<unsigned long long>(tally.parsed),
      spent, spent * 1e9 / static_cast<double>(tally.records));
  return 0;
}

}  // namespace
}  // namespace tidemark

int main(int argc, char** argv) {
  const std::string mode = argc == 4 ? argv[1] : "";
  if (mode != "count" && mode != "parse" && mode != "fetch") {
    std::fputs("usage: read_bench count|parse|fetch BOOTSTRAP TOPIC\n", stderr);
    return 2;
  }
  tidemark::KeepFetchMemory();
  tidemark::Topic topic;
  topic.options.bootstrap_servers = argv[2];
  topic.name = argv[3];
  return tidemark::Run(mode, std::move(topic));
}
