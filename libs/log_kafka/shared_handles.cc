#include "log_kafka/shared_handles.h"

#include <utility>

namespace tidemark {

Result<rd_kafka_t*> AdminClients::Of(Isolation isolation, ClientHandle& handle) {
  const std::lock_guard lock(mutex_);
  if (handle != nullptr) return handle.get();
  TM_ASSIGN_OR_RETURN(ClientConfig config, ClientConfig::Common(options_));
  const bool committed = isolation == Isolation::kReadCommitted;
  TM_RETURN_IF_ERROR(
      config.Set("isolation.level", committed ? "read_committed" : "read_uncommitted"));
  TM_ASSIGN_OR_RETURN(handle, std::move(config).Create(RD_KAFKA_CONSUMER));
  return handle.get();
}

}  // namespace tidemark
