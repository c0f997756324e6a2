// tidemark generate --topic: the same events as in files, written to Kafka as fast as it takes them
// or in real time.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <thread>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/generator_options.h"
#include "cli/interrupt.h"
#include "cli/kafka_access.h"
#include "cli/progress_line.h"
#include "log_kafka/plain_producer.h"

namespace tidemark {
namespace {

constexpr Duration kFlushEvery{100};
constexpr Duration kEndPatience{30'000};

std::int64_t WallMs() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

// Partitions of the topic, which is created if its number was given; nullopt: it is to be left
// alone.
Result<std::optional<std::uint32_t>> PrepareTopic(const GenerateOptions& options,
                                                  const KafkaLogOptions& kafka) {
  TM_ASSIGN_OR_RETURN(const std::unique_ptr<KafkaLog> log, KafkaLog::Open(kafka));
  const auto admin = log->NewAdmin();
  const auto described = DescribeTopic(*admin, kafka, options.topic);
  if (described.ok()) {
    if (options.only_new) return std::optional<std::uint32_t>();
    const auto found = static_cast<std::uint32_t>(described->partitions);
    if (options.partitions.value_or(found) == found) return std::optional(found);
    return Status::FailedPrecondition(StrCat("topic ", options.topic, " has ", found,
                                             " partitions, not ", *options.partitions,
                                             "; leave --partitions out or choose another topic"));
  }
  if (described.status().code() != StatusCode::kNotFound) return described.status();
  if (!options.partitions) {
    return described.status().Annotate("to create it, say how many partitions with --partitions N");
  }
  const TopicSpec spec{.name = options.topic,
                       .partitions = static_cast<std::int32_t>(*options.partitions),
                       .replication_factor = -1,
                       .configs = {{"message.timestamp.type", "LogAppendTime"}}};
  const LogStatus created = admin->CreateTopic(spec, Duration(30'000));
  if (!created.ok()) return Status::FailedPrecondition(created.message);
  std::fprintf(stderr, "created topic %s with %u partitions\n", spec.name.c_str(),
               *options.partitions);
  return options.partitions;
}

class TopicWriter {
 public:
  TopicWriter(const GenerateOptions& options, GeneratorOptions generator,
              std::unique_ptr<PlainProducer> producer)
      : options_(options),
        start_(generator.start),
        generator_(std::move(generator)),
        producer_(std::move(producer)),
        progress_("records", options.count.value_or(0)),
        begun_(clock_.Now()),
        flushed_(begun_) {}

  Status Run();
  const ManifestCounts& counts() const { return generator_.counts(); }
  std::uint64_t acknowledged() const { return producer_->acknowledged(); }

 private:
  Status Send(const GeneratedRecord& record);
  Status AwaitItsTime(const GeneratedRecord& record);
  Status Finish();

  const GenerateOptions& options_;
  const EventTime start_;
  CallGenerator generator_;
  std::unique_ptr<PlainProducer> producer_;
  ProgressLine progress_;
  SteadyClock clock_;
  MonotonicTime begun_;
  MonotonicTime flushed_;
};

// In real time a record leaves when the world it comes from has got there.
Status TopicWriter::AwaitItsTime(const GeneratedRecord& record) {
  const Duration due{record.timestamp_ms - start_.value()};
  while (!Interrupted()) {
    const MonotonicTime now = clock_.Now();
    const Duration early = due - (now - begun_);
    if (early <= Duration(0)) break;
    if (now - flushed_ >= kFlushEvery) {
      flushed_ = now;
      const LogStatus flushed = producer_->Flush(Duration(0));
      if (!flushed.ok() && flushed.error != LogError::kPending)
        return Status::Unavailable(flushed.message);
      progress_.Update(producer_->acknowledged());
    }
    std::this_thread::sleep_for(std::min(early, kFlushEvery));
  }
  return {};
}

Status TopicWriter::Send(const GeneratedRecord& record) {
  const OutgoingRecord outgoing{.topic = options_.topic,
                                .partition = record.partition,
                                .key = record.key,
                                .value = record.value};
  while (!Interrupted()) {
    const LogStatus sent = producer_->Produce(outgoing, record.timestamp_ms);
    if (sent.ok()) return {};
    if (sent.error != LogError::kRetriable) return Status::Unavailable(sent.message);
    std::fprintf(stderr, "\ntidemark generate: %s; still trying\n", sent.message.c_str());
  }
  return {};
}

Status TopicWriter::Finish() {
  const LogStatus flushed = producer_->Flush(kEndPatience);
  progress_.Finish(producer_->acknowledged());
  return flushed.ok() ? Status() : Status::Unavailable(flushed.message);
}

Status TopicWriter::Run() {
  const bool paced = options_.rate || !options_.count;
  GeneratedRecord record;
  while (!Interrupted() && generator_.Next(record)) {
    if (paced) TM_RETURN_IF_ERROR(AwaitItsTime(record));
    TM_RETURN_IF_ERROR(Send(record));
    if (generator_.counts().records % 8'192 == 0) progress_.Update(producer_->acknowledged());
  }
  return Finish();
}

// Events of a live world happen now; a backlog of `count` of them ends now.
EventTime StartOf(const GenerateOptions& options, const GeneratorOptions& generator) {
  if (options.start) return *options.start;
  if (options.rate || !options.count) return EventTime(WallMs());
  return EventTime(WallMs() - static_cast<std::int64_t>(*options.count * 1'000 / generator.rate));
}

// nullptr: there is nothing to do.
Result<std::unique_ptr<TopicWriter>> Open(const GenerateOptions& options) {
  TM_ASSIGN_OR_RETURN(const KafkaLogOptions kafka, ResolveKafka(options.kafka));
  TM_ASSIGN_OR_RETURN(const auto partitions, PrepareTopic(options, kafka));
  if (!partitions) return std::unique_ptr<TopicWriter>();
  GeneratorOptions generator = ToGenerator(options);
  generator.partitions = static_cast<std::int32_t>(*partitions);
  generator.start = StartOf(options, generator);
  TM_ASSIGN_OR_RETURN(auto producer, PlainProducer::Open(kafka));
  return std::make_unique<TopicWriter>(options, std::move(generator), std::move(producer));
}

}  // namespace

int GenerateToTopic(const GenerateOptions& options) {
  WatchInterrupts();
  auto writer = Open(options);
  if (!writer.ok()) return FailWith("generate", writer.status());
  if (*writer == nullptr) {
    std::fprintf(stderr, "topic %s is there already: nothing is written\n", options.topic.c_str());
    return kExitDone;
  }
  const Status ran = (*writer)->Run();
  std::fprintf(stderr, "%s", DescribeCounts((*writer)->counts()).c_str());
  if (!ran.ok())
    return FailWith("generate", ran.Annotate(StrCat((*writer)->acknowledged(),
                                                    " records are acknowledged, then")));
  return kExitDone;
}

}  // namespace tidemark
