#include "task/dead_letter.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <span>
#include <utility>

#include "base/check.h"
#include "base/text.h"
#include "model/time.h"
#include "model/value.h"

namespace tidemark {
namespace {

// What a record costs in its batch beyond key, value and headers, at most: lengths, offsets,
// timestamps, batch header.
constexpr std::size_t kRecordOverhead = 128;

std::string SourceText(const SideOrigin& origin) {
  return StrCat(origin.where->topic, "/", origin.where->partition, "@", origin.record->offset);
}

template <class Part>
std::vector<std::uint32_t> Elements(std::span<const Part> parts) {
  std::set<std::uint32_t> elements;
  for (const Part& part : parts) elements.insert(part.element);
  return {elements.begin(), elements.end()};
}

// The part that gives the record its reason: a dead element before a key that is too large for a
// query.
const DeadPart& Leading(std::span<const DeadPart> parts) {
  const auto dead =
      std::find_if(parts.begin(), parts.end(), [](const DeadPart& part) { return !part.query; });
  return dead == parts.end() ? parts.front() : *dead;
}

}  // namespace

std::string_view DeadReasonName(DeadReason reason) {
  static constexpr std::array<std::string_view, 4> kNames = {"DECODE_FAILED", "INVALID_EVENT_TIME",
                                                             "FUTURE_TIMESTAMP", "KEY_TOO_LARGE"};
  return kNames.at(static_cast<std::size_t>(reason));
}

std::size_t SideRecord::bytes() const {
  std::size_t size = kRecordOverhead + (key ? key->size() : 0) + (value ? value->size() : 0);
  for (const SideHeader& header : headers)
    size += header.name.size() + (header.value ? header.value->size() : 0) + 10;
  return size;
}

std::string RangesText(const std::vector<std::uint32_t>& numbers) {
  std::string text;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t last = i;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
    if (!text.empty()) text += ',';
    text += last == i ? StrCat(numbers[i]) : StrCat(numbers[i], "-", numbers[last]);
    i = last + 1;
  }
  return text;
}

const SideTopicOptions& SideRecordWriter::OptionsOf(SideRecord::Kind kind) const {
  return kind == SideRecord::Kind::kLate ? plan_.late : plan_.dead_letter;
}

SideRecord SideRecordWriter::Begin(SideRecord::Kind kind, const SideOrigin& origin,
                                   std::string_view reason) const {
  const RecordView& original = *origin.record;
  SideRecord record{.kind = kind};
  if (OptionsOf(kind).full_payload) {
    if (original.key) record.key = std::string(*original.key);
    if (original.value) record.value = std::string(*original.value);
  }
  for (const HeaderView& header : original.headers) {
    record.headers.push_back(
        {std::string(header.name),
         header.value ? std::optional(std::string(*header.value)) : std::nullopt});
  }
  record.headers.push_back({"tidemark-reason", std::string(reason)});
  record.headers.push_back({"tidemark-source", SourceText(origin)});
  record.headers.push_back({"tidemark-source-timestamp", StrCat(original.timestamp_ms)});
  return record;
}

void SideRecordWriter::AddElements(const std::vector<std::uint32_t>& elements,
                                   SideRecord& record) const {
  if (!plan_.decode.unnest.empty())
    record.headers.push_back({"tidemark-elements", RangesText(elements)});
}

std::string SideRecordWriter::WindowsText(std::span<const LatePart> parts) const {
  std::map<std::uint32_t, std::set<std::int64_t>> ends;
  for (const LatePart& part : parts)
    ends[part.query].insert(part.window_ends.begin(), part.window_ends.end());
  std::string text;
  for (const auto& [query, windows] : ends) {
    text += StrCat(text.empty() ? "" : ";", plan_.queries[query].name, "=");
    const std::int64_t size = plan_.queries[query].window.size.count();
    const char* separator = "";
    for (const std::int64_t end : windows) {
      text += StrCat(separator, FormatTime(end - size), "/", FormatTime(end));
      separator = ",";
    }
  }
  return text;
}

SideRecord SideRecordWriter::Late(const SideOrigin& origin, std::span<const LatePart> parts) const {
  TM_CHECK(!parts.empty(), "a late record is late for some query");
  SideRecord record = Begin(SideRecord::Kind::kLate, origin, "LATE");
  std::set<std::string> queries;
  for (const LatePart& part : parts) queries.insert(plan_.queries[part.query].name);
  record.headers.push_back(
      {"tidemark-detail", "the partition's watermark had passed every window of the event"});
  record.headers.push_back({"tidemark-queries", Join(queries, ",")});
  record.headers.push_back({"tidemark-windows", WindowsText(parts)});
  AddElements(Elements(parts), record);
  return Bounded(origin, std::move(record));
}

SideRecord SideRecordWriter::DeadLetter(const SideOrigin& origin,
                                        std::span<const DeadPart> parts) const {
  TM_CHECK(!parts.empty(), "a dead letter has a reason");
  const DeadPart& leading = Leading(parts);
  SideRecord record = Begin(SideRecord::Kind::kDeadLetter, origin, DeadReasonName(leading.reason));
  record.headers.push_back({"tidemark-detail", std::string(leading.detail)});
  std::set<std::string> queries;
  for (const DeadPart& part : parts) {
    if (part.query) queries.insert(plan_.queries[*part.query].name);
  }
  if (!queries.empty()) record.headers.push_back({"tidemark-queries", Join(queries, ",")});
  AddElements(Elements(parts), record);
  return Bounded(origin, std::move(record));
}

SideRecord SideRecordWriter::Bounded(const SideOrigin& origin, SideRecord record) const {
  const std::size_t limit =
      record.kind == SideRecord::Kind::kLate ? limits_.late : limits_.dead_letter;
  const std::size_t size = record.bytes();
  if (size <= limit) return record;
  SideRecord stub{.kind = record.kind};
  std::string value = "{\"topic\":";
  AppendJsonString(origin.where->topic, value);
  value += StrCat(",\"partition\":", origin.where->partition, ",\"offset\":", origin.record->offset,
                  ",\"size\":", size, ",\"reason\":");
  const std::size_t ours = origin.record->headers.size();
  AppendJsonString(*record.headers[ours].value, value);
  stub.value = value + "}";
  stub.headers = {{"tidemark-reason", "RECORD_TOO_LARGE"},
                  {"tidemark-detail",
                   StrCat("with its headers it has ", size, " bytes; the topic takes ", limit)},
                  {"tidemark-source", SourceText(origin)},
                  {"tidemark-source-timestamp", StrCat(origin.record->timestamp_ms)}};
  return stub;
}

}  // namespace tidemark
