// tidemark-worker: the host's process on Kafka.
#include "host/kafka_of.h"
#include "host/worker_process.h"
#include "log_kafka/fetch_memory.h"

int main(int argc, char** argv) {
  tidemark::KeepFetchMemory();
  return tidemark::RunWorkerProcess(argc, argv, tidemark::OpenKafkaLog);
}
