#include "generator/generator.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <set>

#include "base/bytes.h"
#include "base/hash.h"
#include "generator/exact_math.h"
#include "generator/profile.h"
#include "tidemark/events/v1/call_metric.pb.h"

namespace tidemark {
namespace {

using events::v1::CallMetric;

GeneratorOptions Clean(std::uint64_t count) {
  return {.count = count, .late_ppm = 0, .duplicate_ppm = 0, .malformed_ppm = 0, .future_ppm = 0};
}

// Calls `visit` with each record and its message; requires that every record parses.
template <class Visit>
void ForEachCall(const GeneratorOptions& options, Visit visit) {
  CallGenerator generator(options);
  GeneratedRecord record;
  CallMetric call;
  while (generator.Next(record)) {
    REQUIRE(call.ParseFromArray(record.value.data(), static_cast<int>(record.value.size())));
    visit(record, call);
  }
}

std::uint64_t HashOfRecords(std::uint64_t seed) {
  CallGenerator generator({.seed = seed, .count = 10'000});
  GeneratedRecord record;
  std::string bytes;
  ByteWriter writer(bytes);
  for (int i = 0; i < 10'000 && generator.Next(record); ++i) {
    writer.Fixed32(static_cast<std::uint32_t>(record.partition.value()));
    writer.Fixed64(static_cast<std::uint64_t>(record.timestamp_ms));
    writer.LengthPrefixed(record.key);
    writer.LengthPrefixed(record.value);
  }
  return Hash64(bytes);
}

TEST_CASE("seed 1 gives the same bytes as ever") {
  CHECK(HashOfRecords(1) == 0x76b83004532df143ULL);
}

TEST_CASE("another seed gives other bytes, the same seed the same ones") {
  CHECK(HashOfRecords(2) == HashOfRecords(2));
  CHECK(HashOfRecords(2) != HashOfRecords(1));
}

TEST_CASE("a clean stream has one whole event per record, in canonical bytes") {
  std::set<std::string> ids;
  ForEachCall(Clean(5'000), [&](const GeneratedRecord& record, const CallMetric& call) {
    REQUIRE(call.SerializeAsString() == record.value);
    REQUIRE(record.key == call.account_sid());
    REQUIRE(ids.insert(call.event_id()).second);
    REQUIRE(call.event_id().size() <= 64);
  });
  CHECK(ids.size() == 5'000);
}

TEST_CASE(
    "records reach each partition in the order of their timestamps, out of order by event time") {
  std::map<std::int32_t, std::int64_t> last;
  std::map<std::int32_t, std::int64_t> last_event;
  int disordered = 0;
  const GeneratorOptions options = Clean(20'000);
  ForEachCall(options, [&](const GeneratedRecord& record, const CallMetric& call) {
    REQUIRE(record.timestamp_ms >= last[record.partition.value()]);
    last[record.partition.value()] = record.timestamp_ms;
    const std::int64_t delay = record.timestamp_ms - call.event_time_ms();
    REQUIRE(delay >= 0);
    REQUIRE(delay <= options.max_delay.count());
    REQUIRE(call.event_time_ms() >= options.start.value());
    std::int64_t& before = last_event[record.partition.value()];
    disordered += call.event_time_ms() < before ? 1 : 0;
    before = call.event_time_ms();
  });
  CHECK(last.size() == 6);
  CHECK(disordered > 2'000);
}

TEST_CASE("event time advances by the rate") {
  std::int64_t last = 0;
  GeneratorOptions options = Clean(10'000);
  options.rate = 50;
  ForEachCall(options, [&](const GeneratedRecord& record, const CallMetric&) {
    last = record.timestamp_ms;
  });
  CHECK(last == options.start.value() + 9'999 * 20);
}

TEST_CASE("a duplicate repeats the bytes of an earlier record of its partition") {
  GeneratorOptions options = Clean(5'000);
  options.duplicate_ppm = 20'000;
  std::map<std::string, int> seen;
  CallGenerator generator(options);
  GeneratedRecord record;
  std::uint64_t repeated = 0;
  while (generator.Next(record)) {
    const auto partition = static_cast<char>('0' + record.partition.value());
    repeated += seen[partition + std::string(record.value)]++ > 0 ? 1 : 0;
  }
  CHECK(seen.size() == 5'000);
  CHECK(repeated == generator.counts().duplicates);
  CHECK(repeated > 50);
  CHECK(generator.counts().records == 5'000 + repeated);
}

TEST_CASE("late and future events are as many as the manifest says") {
  GeneratorOptions options = Clean(300'000);
  options.late_ppm = 3'000;
  options.future_ppm = 2'000;
  CallGenerator generator(options);
  GeneratedRecord record;
  CallMetric call;
  std::uint64_t late = 0;
  std::uint64_t future = 0;
  while (generator.Next(record)) {
    REQUIRE(call.ParseFromArray(record.value.data(), static_cast<int>(record.value.size())));
    const std::int64_t delay = record.timestamp_ms - call.event_time_ms();
    late += delay >= options.late_by.count() ? 1 : 0;
    future += delay == -3'600'000 ? 1 : 0;
    REQUIRE((delay >= 0 || delay == -3'600'000));
  }
  CHECK(late == generator.counts().late);
  CHECK(future == generator.counts().future);
  CHECK(late > 300);
  CHECK(future > 400);
}

TEST_CASE("malformed records are of four kinds, in turn") {
  GeneratorOptions options = Clean(20'000);
  options.malformed_ppm = 1'000;
  CallGenerator generator(options);
  GeneratedRecord record;
  CallMetric call;
  std::uint64_t unparsed = 0;
  std::uint64_t timeless = 0;
  while (generator.Next(record)) {
    if (!call.ParseFromArray(record.value.data(), static_cast<int>(record.value.size()))) {
      ++unparsed;
    } else {
      timeless += call.event_time_ms() == 0 ? 1 : 0;
    }
  }
  CHECK(generator.counts().malformed >= 8);
  CHECK(timeless == generator.counts().malformed / 4);
  CHECK(unparsed + timeless == generator.counts().malformed);
}

TEST_CASE("state, SIP code and durations of a summary fit together") {
  std::map<int, int> states;
  ForEachCall(Clean(20'000), [&](const GeneratedRecord&, const CallMetric& call) {
    if (!call.has_summary()) return;
    const auto& summary = call.summary();
    const bool completed = summary.state() == events::v1::CALL_STATE_COMPLETED;
    const bool undialed = summary.state() == events::v1::CALL_STATE_UNDIALED;
    ++states[summary.state()];
    REQUIRE(completed == (summary.last_sip_response() == 200));
    REQUIRE(completed == (summary.connect_duration_ms() > 0));
    REQUIRE(undialed == !summary.has_pdd_ms());
    REQUIRE(undialed == (summary.last_sip_response() == 0));
    REQUIRE(summary.duration_ms() >= summary.connect_duration_ms());
    REQUIRE(summary.start_time_ms() + static_cast<std::int64_t>(summary.duration_ms()) ==
            call.event_time_ms());
  });
  CHECK(states.size() == 6);
}

struct Shares {
  double summaries = 0;
  double completed = 0;
  double to_us = 0;
  double top_account = 0;
  double events = 0;
};

TEST_CASE("the traffic has the shares of the profile") {
  Shares shares;
  const std::string top = Profile(1, 20'000).account(0);
  std::vector<std::uint64_t> connected;
  ForEachCall(Clean(60'000), [&](const GeneratedRecord&, const CallMetric& call) {
    shares.events += 1;
    shares.top_account += call.account_sid() == top ? 1 : 0;
    shares.to_us += call.dims().to_country() == "US" ? 1 : 0;
    if (!call.has_summary()) return;
    shares.summaries += 1;
    if (call.summary().connect_duration_ms() == 0) return;
    shares.completed += 1;
    connected.push_back(call.summary().connect_duration_ms());
  });
  CHECK(shares.top_account / shares.events == Approx(0.146).margin(0.02));
  CHECK(shares.to_us / shares.events == Approx(0.55).margin(0.02));
  CHECK(shares.summaries / shares.events == Approx(0.80).margin(0.02));
  CHECK(shares.completed / shares.summaries == Approx(0.62).margin(0.06));
  std::sort(connected.begin(), connected.end());
  CHECK(static_cast<double>(connected[connected.size() / 2]) == Approx(55'000).epsilon(0.1));
}

TEST_CASE("the default incident cuts the answers of its carrier only while it lasts") {
  GeneratorOptions options = Clean(120'000);
  const Duration length{120'000};
  options.incidents = DefaultIncidents(length);
  const Incident incident = options.incidents.at(0);
  std::map<std::pair<bool, bool>, std::pair<double, double>>
      counts;  // {hit, during}: {completed, all}
  ForEachCall(options, [&](const GeneratedRecord&, const CallMetric& call) {
    if (!call.has_summary()) return;
    const Duration age{call.event_time_ms() - options.start.value()};
    const bool during = age >= incident.from && age < incident.until;
    auto& [completed, all] = counts[{call.dims().carrier_sid() == incident.carrier, during}];
    all += 1;
    completed += call.summary().state() == events::v1::CALL_STATE_COMPLETED ? 1 : 0;
  });
  const auto rate = [&](bool hit, bool during) {
    return counts[{hit, during}].first / counts[{hit, during}].second;
  };
  CHECK(rate(true, true) == Approx(rate(true, false) * 0.25).margin(0.03));
  CHECK(rate(false, true) == Approx(rate(false, false)).margin(0.02));
}

TEST_CASE("an idle partition receives nothing during its phase and all of it is elsewhere") {
  GeneratorOptions options = Clean(10'000);
  options.idle = {{.partition = Partition(2), .from = Duration(3'000), .until = Duration(6'000)}};
  std::map<bool, int> records_of_idle;  // by "during the phase"
  int records = 0;
  ForEachCall(options, [&](const GeneratedRecord& record, const CallMetric&) {
    const std::int64_t age = record.timestamp_ms - options.start.value();
    ++records;
    if (record.partition == Partition(2)) ++records_of_idle[age >= 3'000 && age < 6'000];
  });
  CHECK(records == 10'000);
  CHECK(records_of_idle[true] == 0);
  CHECK(records_of_idle[false] > 100);
}

TEST_CASE("the elementary functions agree with the library's") {
  for (double x = -30; x < 30; x += 0.37) CHECK(ExactExp(x) == Approx(std::exp(x)).epsilon(1e-12));
  for (double x = 1e-6; x < 1e9; x *= 1.7) {
    CHECK(ExactLog(x) == Approx(std::log(x)).epsilon(1e-12).margin(1e-12));
  }
}

TEST_CASE("a delimited value is its length as a varint and its bytes") {
  std::string out;
  WriteDelimited("abc", out);
  WriteDelimited("", out);
  WriteDelimited(std::string(200, 'x'), out);
  CHECK(out == std::string("\x03"
                           "abc"
                           "\x00"
                           "\xc8\x01",
                           7) +
                   std::string(200, 'x'));
}

}  // namespace
}  // namespace tidemark
