// tidemark-worker: the host's process on Kafka.
#include "host/kafka_of.h"
#include "host/worker_process.h"

int main(int argc, char** argv) {
  return tidemark::RunWorkerProcess(argc, argv, tidemark::OpenKafkaLog);
}
