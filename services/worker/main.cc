// tidemark-worker: the host's process on Kafka.
#include "base/end_process.h"
#include "host/kafka_of.h"
#include "host/worker_process.h"
#include "log_kafka/fetch_memory.h"

int main(int argc, char** argv) {
  tidemark::KeepFetchMemory();
  tidemark::EndProcess(tidemark::RunWorkerProcess(argc, argv, tidemark::OpenKafkaLog));
}
