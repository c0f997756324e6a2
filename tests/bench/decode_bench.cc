// Nanoseconds per event of reading 7 fields of distinct call events, and of making them.
#include <time.h>

#include <cstdio>
#include <string>
#include <vector>

#include "base/check.h"
#include "generator/generator.h"
#include "record/decoder.h"
#include "tidemark/events/v1/call_metric.pb.h"

namespace tidemark {
namespace {

constexpr std::uint64_t kRecords = 300'000;
constexpr int kRounds = 10;

// CPU time of this thread: the figures hold on a busy machine, too.
double Nanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

std::vector<std::string> MakeRecords() {
  CallGenerator generator({.count = kRecords, .duplicate_ppm = 0, .malformed_ppm = 0});
  std::vector<std::string> records;
  records.reserve(kRecords);
  GeneratedRecord record;
  const double begin = Nanoseconds();
  std::size_t bytes = 0;
  while (generator.Next(record)) {
    records.emplace_back(record.value);
    bytes += record.value.size();
  }
  const double spent = Nanoseconds() - begin;
  std::printf("generate  %7.1f ns/event  %zu bytes/event\n", spent / kRecords, bytes / kRecords);
  return records;
}

DecodeSpec SevenFields() {
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
  std::size_t live = 0;
  const double begin = Nanoseconds();
  for (const std::string& record : records) {
    if (rows.rows == kBatchRows) rows.Clear();
    live += decoder.Decode(record, rows).elements[0].row >= 0 ? 1U : 0U;
  }
  const double spent = Nanoseconds() - begin;
  TM_CHECK(live == records.size(), "the records are whole");
  return spent / static_cast<double>(records.size());
}

// The mark to beat: the generated class, one object for all records.
double ParseAll(const std::vector<std::string>& records) {
  events::v1::CallMetric call;
  std::size_t whole = 0;
  const double begin = Nanoseconds();
  for (const std::string& record : records) {
    whole += call.ParseFromArray(record.data(), static_cast<int>(record.size())) ? 1U : 0U;
  }
  const double spent = Nanoseconds() - begin;
  TM_CHECK(whole == records.size(), "the records are whole");
  return spent / static_cast<double>(records.size());
}

int Main() {
  const std::vector<std::string> records = MakeRecords();
  const DecodeSpec spec = SevenFields();
  Decoder decoder(spec);
  DecodedRows rows(spec);
  for (int round = 0; round < kRounds; ++round) {
    std::printf("decode    %7.1f ns/event\n", DecodeAll(records, decoder, rows));
  }
  std::printf("generated %7.1f ns/event\n", ParseAll(records));
  return 0;
}

}  // namespace
}  // namespace tidemark

int main() { return tidemark::Main(); }
