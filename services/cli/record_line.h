// One record of a topic as a line of text.
#pragma once

#include <string>

#include "cli/commands.h"
#include "log/log.h"

namespace tidemark {

// kNdjson: the value alone, as it is if it is a JSON object, else as a JSON string, or
// {"base64":"..."} if it is no text, or null for a tombstone. kJson: an object of partition,
// offset, timestamp, key, headers and value. kTable: columns. With its line end.
std::string RecordLine(const TopicPartition& partition, const RecordView& record,
                       TailOptions::Output output);
std::string TableHead();

}  // namespace tidemark
