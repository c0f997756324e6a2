// One record of a topic as a line of text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/admin_output.h"
#include "log/log.h"

namespace tidemark {

// Bytes as JSON: as they are if they are a JSON object, else as a JSON string, or {"base64":"..."}
// if they are no text, or null for none.
std::string BytesJson(std::optional<std::string_view> bytes);

// kNdjson: the value alone, as BytesJson. kJson: an object of partition, offset, timestamp, key,
// headers and value. kTable: columns. With its line end.
std::string RecordLine(const TopicPartition& partition, const RecordView& record,
                       AdminOutput output);
std::string TableHead();

}  // namespace tidemark
