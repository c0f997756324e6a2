// Messages of the admin API for people and programs: a table, JSON or one JSON object per line.
//
// JSON has every field under its own name, numbers as numbers, times as RFC 3339, enum values
// without their type's prefix; what is absent is null.
#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <vector>

namespace tidemark {

enum class AdminOutput : std::uint8_t { kTable, kJson, kNdjson };

std::string ToJson(const google::protobuf::Message& message);

// Columns of a table are fields of the messages, by name; the head is in capitals.
using Rows = std::vector<const google::protobuf::Message*>;
void PrintList(AdminOutput output, const Rows& rows, const std::vector<std::string>& columns);
std::string TableOf(const Rows& rows, const std::vector<std::string>& columns);

template <class Message>
Rows RowsOf(const Message& messages) {
  Rows rows;
  for (const auto& message : messages) rows.push_back(&message);
  return rows;
}

}  // namespace tidemark
