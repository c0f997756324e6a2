#include "cli/kafka_access.h"

#include "base/text.h"
#include "config/load.h"

namespace tidemark {

Result<KafkaLogOptions> ResolveKafka(const KafkaAccess& access) {
  TM_ASSIGN_OR_RETURN(const LoadedConfiguration loaded,
                      LoadConfiguration(SourcesOfProcess(access.config_file, access.assignments)));
  KafkaLogOptions options;
  options.bootstrap_servers =
      access.bootstrap.empty() ? loaded.values.kafka.bootstrap_servers : access.bootstrap;
  options.properties = loaded.values.kafka.properties;
  options.client_id = "tidemark-cli";
  return options;
}

Result<TopicDescription> DescribeTopic(Admin& admin, const KafkaLogOptions& kafka,
                                       const std::string& topic) {
  constexpr Duration kDescribePatience{9'000};
  auto described = admin.DescribeTopic(topic, kDescribePatience);
  if (described.ok()) return std::move(*described.value);
  switch (described.error) {
    case LogError::kUnknownTopic:
      return Status::NotFound(StrCat("there is no topic ", topic, " at ", kafka.bootstrap_servers));
    case LogError::kPending:
    case LogError::kRetriable:
      return Status::Unavailable(
          StrCat("no broker at ", kafka.bootstrap_servers, " answers (", described.message,
                 "); is Kafka running there? Another address: --bootstrap HOST:PORT or "
                 "kafka.bootstrap_servers of the configuration"));
    default:
      return Status::FailedPrecondition(StrCat("topic ", topic, ": ", described.message));
  }
}

}  // namespace tidemark
