// Realistic call events, the same on every machine for one seed.
//
// Event time starts at `start` and advances by 1 / rate per event; each event reaches the log after
// a random delay, so partitions are out of order by seconds, and a planted few are late by minutes.
// Records come in the order in which they reach the log, with that instant as their timestamp.
// Accounts, carriers and countries follow Zipf laws; each pair of carrier and country has its own
// answer rate and post-dial delay; SIP codes, states, durations and tags fit together. Incidents
// change the rates of one carrier for a while. The figures behind it all are in profile.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "model/ids.h"
#include "model/time.h"

namespace tidemark {

// Something that goes wrong in the generated world, in [from, until) after the start. Empty scope:
// everywhere.
struct Incident {
  std::string name;
  Duration from{0};
  Duration until{0};
  std::string carrier;  // carrier_sid
  std::string country;  // to_country
  // What becomes of the rates in scope: calls are answered `answer_percent` % as often, post-dial
  // delay and 5xx share grow by these factors (in percent; 100 leaves them).
  std::uint32_t answer_percent = 100;
  std::uint32_t pdd_percent = 100;
  std::uint32_t server_error_percent = 100;
};

// A partition that receives nothing in [from, until) after the start; its calls go to the next
// partition.
struct IdlePhase {
  Partition partition;
  Duration from{0};
  Duration until{0};
};

struct GeneratorOptions {
  std::uint64_t seed = 1;
  EventTime start{std::int64_t{1'764'028'800'000}};  // 2025-11-25T00:00:00Z
  std::uint64_t count = 0;                           // of distinct events; 0: without end
  std::uint32_t rate = 1'000;                        // events per second of event time, at least 1
  std::int32_t partitions = 6;                       // by account; at least 1
  std::uint32_t accounts = 20'000;                   // distinct keys; at least 1
  Duration median_delay{
      2'000};  // from the event to the log: lognormal, sigma 0.8, at most `max_delay`
  Duration max_delay{
      25'000};  // of an event that is not planted late; keep it below max_out_of_orderness
  Duration late_by{
      120'000};  // planted late events arrive between this and 10 times this after they happened
  std::uint32_t late_ppm = 1'000;
  std::uint32_t duplicate_ppm = 1'000;  // the same bytes once more, up to 10 s later
  std::uint32_t malformed_ppm =
      20;  // in turn: cut short, broken summary, text not UTF-8, no event time
  std::uint32_t future_ppm = 100;  // stamped an hour ahead
  std::vector<IdlePhase> idle;
  std::vector<Incident> incidents;
};

// An outage of the second largest carrier, from 30 % to 60 % of `length`: 25 % of the usual
// answers, 20 times the 5xx.
std::vector<Incident> DefaultIncidents(Duration length);

// One record for the log. Views are valid until the next call of Next.
struct GeneratedRecord {
  Partition partition;
  std::int64_t timestamp_ms = 0;  // when it reaches the log; never decreases within a partition
  std::string_view key;           // the account
  std::string_view value;
};

// What was planted, for display; nothing is proved with it.
struct ManifestCounts {
  std::uint64_t records = 0;  // duplicates included
  std::uint64_t late = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t malformed = 0;
  std::uint64_t future = 0;
};

// Thread: owned by one thread.
class CallGenerator {
 public:
  explicit CallGenerator(GeneratorOptions options);
  ~CallGenerator();
  // False: `count` events and their duplicates have all been given.
  bool Next(GeneratedRecord& record);
  const ManifestCounts& counts() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Appends `value` in the form of length-delimited protobuf files: its length as a varint, then its
// bytes.
void WriteDelimited(std::string_view value, std::string& out);

}  // namespace tidemark
