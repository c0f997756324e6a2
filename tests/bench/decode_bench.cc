// Nanoseconds per event of reading 7 fields: of call events (three levels, about 40 fields
// present), and of flat events like those that the mark was measured with (one level, 20 fields,
// 137 bytes). Each beside the generated class.
//
//   decode_bench [call|flat]
#include <google/protobuf/descriptor.pb.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include "base/check.h"
#include "cpu_time.h"
#include "flat_events.h"
#include "generator/generator.h"
#include "hand_parser.h"
#include "record/decoder.h"
#include "tidemark/events/v1/call_metric.pb.h"

namespace tidemark {
namespace {

constexpr std::uint64_t kRecords = 300'000;
constexpr int kRounds = 7;

std::vector<std::string> MakeCalls() {
  CallGenerator generator({.count = kRecords, .duplicate_ppm = 0, .malformed_ppm = 0});
  std::vector<std::string> records;
  records.reserve(kRecords);
  GeneratedRecord record;
  const double begin = CpuNanoseconds();
  std::size_t bytes = 0;
  while (generator.Next(record)) {
    records.emplace_back(record.value);
    bytes += record.value.size();
  }
  const double spent = CpuNanoseconds() - begin;
  std::printf("generate  %7.1f ns/event  %zu bytes/event\n", spent / kRecords, bytes / kRecords);
  return records;
}

std::vector<std::string> MakeFlatEvents() {
  FlatEvents events({});
  std::vector<std::string> records;
  records.reserve(kRecords);
  for (std::uint64_t i = 0; i < kRecords; ++i)
    records.push_back(events.Next(1'767'225'600'000 + static_cast<std::int64_t>(i)));
  std::printf("flat events of %zu bytes\n", records[0].size());
  return records;
}

DecodeSpec SevenOfFlat() {
  google::protobuf::FileDescriptorSet files;
  bench::FlatEvent::descriptor()->file()->CopyTo(files.add_file());
  DecodeSpec spec{.schema = MessageSchema::FromDescriptorSet(files.SerializeAsString(),
                                                             "tidemark.bench.FlatEvent")
                                .value()};
  const auto resolve = [&](const char* name) { return spec.schema->Resolve(name, {}).value(); };
  spec.event_time = resolve("event_time_ms");
  for (const char* name : {"tenant", "service", "operation", "region", "status", "duration_us"}) {
    spec.fields.push_back(resolve(name));
  }
  return spec;
}

DecodeSpec SevenOfCall() {
  DecodeSpec spec{.schema = MessageSchema::CallMetric()};
  const auto resolve = [&](const char* name) { return spec.schema->Resolve(name, {}).value(); };
  spec.event_time = resolve("event_time_ms");
  for (const char* name : {"account_sid", "dims.to_country", "dims.carrier_sid", "summary.state",
                           "summary.connect_duration_ms", "summary.pdd_ms", "summary.tags"}) {
    spec.fields.push_back(resolve(name));
  }
  return spec;
}

double DecodeAll(const std::vector<std::string>& records, Decoder& decoder, DecodedRows& rows) {
  std::array<std::string_view, 32> group;
  std::size_t live = 0;
  const double begin = CpuNanoseconds();
  for (std::span<const std::string> rest = records; !rest.empty();) {
    if (rows.full()) rows.Clear();
    const std::size_t size = std::min(rest.size(), group.size());
    std::copy_n(rest.begin(), size, group.begin());
    const DecodedRecords decoded = decoder.Decode(std::span(group).first(size), rows);
    for (const Element& element : decoded.elements) live += element.row >= 0 ? 1U : 0U;
    rest = rest.subspan(decoded.taken);
  }
  const double spent = CpuNanoseconds() - begin;
  TM_CHECK(live == records.size(), "the records are whole");
  return spent / static_cast<double>(records.size());
}

// The mark to beat: the generated class, one object for all records.
template <class Message>
double ParseAll(const std::vector<std::string>& records) {
  Message call;
  std::size_t whole = 0;
  const double begin = CpuNanoseconds();
  for (const std::string& record : records) {
    whole += call.ParseFromArray(record.data(), static_cast<int>(record.size())) ? 1U : 0U;
  }
  const double spent = CpuNanoseconds() - begin;
  TM_CHECK(whole == records.size(), "the records are whole");
  return spent / static_cast<double>(records.size());
}

// What the mark was measured with: a parser written by hand for this one message, which checks no
// text. It says what the mark is on this machine.
struct FlatRow {
  std::int64_t time = 0;
  std::array<std::string_view, 4> texts;
  std::uint64_t status = 0;
  std::uint64_t duration = 0;
};

bool HandParse(std::string_view record, FlatRow& row) {
  const auto* at = reinterpret_cast<by_hand::At>(record.data());
  const auto take = [&row](std::uint64_t tag, std::uint64_t value, by_hand::At behind) {
    const std::uint64_t number = tag >> 3U;
    if ((tag & 7U) == 2 && number >= 2 && number <= 5) {
      row.texts[number - 2] = by_hand::Text(behind, value);
    } else if (tag == 1U << 3U) {
      row.time = static_cast<std::int64_t>(value);
    } else if (tag == 6U << 3U) {
      row.status = value;
    } else if (tag == 7U << 3U) {
      row.duration = value;
    }
    return true;
  };
  return by_hand::Fields(at, at + record.size(), take);
}

double HandParseAll(const std::vector<std::string>& records) {
  std::vector<FlatRow> rows(kBatchRows);
  std::size_t whole = 0;
  std::size_t row = 0;
  const double begin = CpuNanoseconds();
  for (const std::string& record : records) {
    if (row == rows.size()) row = 0;
    whole += HandParse(record, rows[row++]) ? 1U : 0U;
  }
  const double spent = CpuNanoseconds() - begin;
  TM_CHECK(whole == records.size() && rows[0].time > 0 && !rows[0].texts[3].empty(),
           "the records are whole");
  return spent / static_cast<double>(records.size());
}

template <class Message>
void Compare(const char* what, const std::vector<std::string>& records, const DecodeSpec& spec) {
  Decoder decoder(spec);
  DecodedRows rows(spec);
  for (int round = 0; round < kRounds; ++round) {
    const double decode = DecodeAll(records, decoder, rows);
    const double parse = ParseAll<Message>(records);
    std::printf("%s: decode %7.1f  generated %7.1f ns/event  ratio %.3f\n", what, decode, parse,
                decode / parse);
  }
}

int Main(const std::string& what) {
  if (what.empty() || what == "call")
    Compare<events::v1::CallMetric>("call", MakeCalls(), SevenOfCall());
  if (what == "call") return 0;
  const std::vector<std::string> flat = MakeFlatEvents();
  Compare<bench::FlatEvent>("flat", flat, SevenOfFlat());
  for (int round = 0; round < kRounds; ++round)
    std::printf("flat: by hand %5.1f ns/event\n", HandParseAll(flat));
  return 0;
}

}  // namespace
}  // namespace tidemark

int main(int argc, char** argv) { return tidemark::Main(argc > 1 ? argv[1] : ""); }
