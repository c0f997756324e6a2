#include "log_memory/memory_log.h"

#include <utility>

#include "log_memory/broker.h"
#include "log_memory/connection.h"
#include "log_memory/memory_admin.h"
#include "log_memory/memory_consumer.h"
#include "log_memory/memory_producer.h"

namespace tidemark {

MemoryLog::MemoryLog(const Clock& clock, MemoryLogOptions options)
    : broker_(std::make_shared<Broker>(clock, options)) {}
MemoryLog::~MemoryLog() = default;

std::unique_ptr<MemoryLogClient> MemoryLog::NewClient(std::string name) {
  return std::unique_ptr<MemoryLogClient>(new MemoryLogClient(broker_, std::move(name)));
}

LogResult<Offset> MemoryLog::Append(const TopicPartition& partition, const InputRecord& record) {
  const auto lock = broker_->Lock();
  return broker_->Append(partition, record);
}

LogStatus MemoryLog::Compact(std::string_view topic) {
  const auto lock = broker_->Lock();
  return broker_->Compact(topic);
}

std::vector<DumpedRecord> MemoryLog::Dump(const TopicPartition& partition) const {
  const auto lock = broker_->Lock();
  const auto* found = broker_->FindPartition(partition);
  return found == nullptr ? std::vector<DumpedRecord>() : (*found)->Dump();
}

std::vector<std::string> MemoryLog::Topics() const {
  const auto lock = broker_->Lock();
  std::vector<std::string> names;
  for (const auto& [name, topic] : broker_->topics()) names.push_back(name);
  return names;
}

std::vector<std::string> MemoryLog::OpenTransactions() const {
  const auto lock = broker_->Lock();
  return broker_->transactions().Open();
}

std::uint64_t MemoryLog::refused_end_transactions() const {
  const auto lock = broker_->Lock();
  return broker_->transactions().refused();
}

std::uint64_t MemoryLog::stored_bytes() const {
  const auto lock = broker_->Lock();
  std::uint64_t sum = 0;
  for (const auto& [name, topic] : broker_->topics()) {
    for (const auto& partition : topic.all()) sum += partition->bytes();
  }
  return sum;
}

std::int64_t MemoryLog::WallMs() const { return broker_->Now().wall_ms; }

MemoryLogClient::MemoryLogClient(std::shared_ptr<Broker> broker, std::string name)
    : broker_(std::move(broker)), connection_(std::make_shared<Connection>(std::move(name))) {}
MemoryLogClient::~MemoryLogClient() = default;

std::unique_ptr<Producer> MemoryLogClient::NewProducer(const ProducerOptions& options) {
  return std::make_unique<MemoryProducer>(broker_, connection_, options);
}

std::unique_ptr<Consumer> MemoryLogClient::NewConsumer(Isolation isolation) {
  return std::make_unique<MemoryConsumer>(broker_, connection_, isolation);
}

std::unique_ptr<Admin> MemoryLogClient::NewAdmin() {
  return std::make_unique<MemoryAdmin>(broker_, connection_);
}

void MemoryLogClient::Kill() { connection_->Kill(); }
bool MemoryLogClient::killed() const { return connection_->dead(); }
void MemoryLogClient::SetFaults(FaultHook* hook) { connection_->SetFaults(hook); }

}  // namespace tidemark
