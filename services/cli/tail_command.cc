// tidemark tail --topic: the committed records of a topic as they come.
#include <cstdio>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/kafka_access.h"
#include "cli/record_line.h"
#include "cli/topic_follow.h"

namespace tidemark {
int TailTopic(const TailOptions& options) {
  WatchInterrupts();
  const auto kafka = ResolveKafka(options.kafka);
  if (!kafka.ok()) return FailWith("tail", kafka.status());
  if (options.output == AdminOutput::kTable) std::printf("%s", TableHead().c_str());
  const auto print = [&](const TopicPartition& partition, const RecordView& record) {
    const std::string line = RecordLine(partition, record, options.output);
    std::fwrite(line.data(), 1, line.size(), stdout);
    return true;
  };
  const Status followed = FollowTopic({.command = "tail",
                                       .topic = options.topic,
                                       .from_beginning = options.from_beginning,
                                       .partition = options.partition,
                                       .count = options.count},
                                      *kafka, print);
  return followed.ok() ? kExitDone : FailWith("tail", followed);
}

}  // namespace tidemark
