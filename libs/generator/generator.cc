#include "generator/generator.h"

#include <algorithm>
#include <queue>

#include "base/bytes.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/random.h"
#include "generator/call.h"
#include "generator/exact_math.h"
#include "generator/profile.h"
#include "tidemark/events/v1/call_metric.pb.h"

namespace tidemark {
namespace {

constexpr std::int64_t kFutureMs = 3'600'000;
constexpr std::int64_t kMaxDuplicateDelayMs = 10'000;
// A second occurrence of the summary that holds one byte: a tag with wire type 7.
constexpr std::string_view kBrokenSummary = "\x82\x01\x01\x0f";

struct Pending {
  std::int64_t due_ms;
  std::uint64_t order;
  Partition partition;
  std::size_t account;
  std::string value;
  bool operator>(const Pending& other) const {
    return std::pair(due_ms, order) > std::pair(other.due_ms, other.order);
  }
};

}  // namespace

std::vector<Incident> DefaultIncidents(Duration length) {
  return {{.name = "outage of the second largest carrier",
           .from = length * 3 / 10,
           .until = length * 6 / 10,
           .carrier = CarrierSid(1),
           .answer_percent = 25,
           .server_error_percent = 2'000}};
}

struct CallGenerator::Impl {
  explicit Impl(GeneratorOptions generator_options)
      : options(std::move(generator_options)), random(options.seed), calls(options, random.Fork()) {
    TM_CHECK(options.rate > 0 && options.partitions > 0, "a rate and partitions are needed");
  }

  void NextEvent(GeneratedRecord& record);
  EventTime DrawEventTime(std::int64_t arrival_ms);
  std::int64_t ArrivalOf(std::uint64_t event) const;
  void Damage();
  Partition PartitionOf(std::size_t account, std::int64_t arrival_ms) const;
  bool IsIdle(Partition partition, std::int64_t arrival_ms) const;
  void Duplicate(const GeneratedRecord& record, std::size_t account);

  GeneratorOptions options;
  Random random;
  CallDraw calls;
  std::uint64_t events = 0;
  ManifestCounts counts;
  events::v1::CallMetric call;
  std::string value;
  std::priority_queue<Pending, std::vector<Pending>, std::greater<>> pending;
  std::uint64_t duplicates_made = 0;
};

std::int64_t CallGenerator::Impl::ArrivalOf(std::uint64_t event) const {
  const UInt128 passed = UInt128{event} * 1000 / options.rate;
  return options.start.value() + static_cast<std::int64_t>(passed);
}

EventTime CallGenerator::Impl::DrawEventTime(std::int64_t arrival_ms) {
  if (random.PartsPerMillion(options.future_ppm)) {
    ++counts.future;
    return EventTime(arrival_ms + kFutureMs);
  }
  const std::int64_t age = arrival_ms - options.start.value();
  const std::int64_t late_ms = options.late_by.count();
  if (random.PartsPerMillion(options.late_ppm) && age > late_ms) {
    ++counts.late;
    return EventTime(arrival_ms - random.Between(late_ms, std::min(age, 10 * late_ms)));
  }
  const double drawn =
      LognormalDraw(random, static_cast<double>(options.median_delay.count()), 0.8);
  const auto delay = static_cast<std::int64_t>(drawn);
  return EventTime(arrival_ms - std::min({delay, options.max_delay.count(), age}));
}

bool CallGenerator::Impl::IsIdle(Partition partition, std::int64_t arrival_ms) const {
  const Duration age{arrival_ms - options.start.value()};
  return std::any_of(options.idle.begin(), options.idle.end(), [&](const IdlePhase& phase) {
    return phase.partition == partition && age >= phase.from && age < phase.until;
  });
}

Partition CallGenerator::Impl::PartitionOf(std::size_t account, std::int64_t arrival_ms) const {
  const auto hash = Hash64(calls.profile().account(account));
  const auto first =
      static_cast<std::int32_t>(hash % static_cast<std::uint64_t>(options.partitions));
  for (std::int32_t i = 0; i < options.partitions; ++i) {
    const Partition candidate((first + i) % options.partitions);
    if (!IsIdle(candidate, arrival_ms)) return candidate;
  }
  return Partition(first);
}

void CallGenerator::Impl::Damage() {
  switch (counts.malformed++ % 4) {
    case 0:
      value.resize(value.size() - 1);
      break;
    case 1:
      value.append(kBrokenSummary);
      break;
    case 2:
      value[value.find(call.account_sid()) + 2] = '\xff';
      break;
    default:
      call.clear_event_time_ms();
      call.SerializeToString(&value);
  }
}

void CallGenerator::Impl::Duplicate(const GeneratedRecord& record, std::size_t account) {
  pending.push({.due_ms = record.timestamp_ms + random.Between(0, kMaxDuplicateDelayMs),
                .order = duplicates_made++,
                .partition = record.partition,
                .account = account,
                .value = value});
}

void CallGenerator::Impl::NextEvent(GeneratedRecord& record) {
  const std::int64_t arrival_ms = ArrivalOf(events++);
  const std::size_t account = calls.Draw(DrawEventTime(arrival_ms), call);
  call.set_observed_time_ms(arrival_ms);
  call.SerializeToString(&value);
  if (random.PartsPerMillion(options.malformed_ppm)) Damage();
  record = {.partition = PartitionOf(account, arrival_ms),
            .timestamp_ms = arrival_ms,
            .key = calls.profile().account(account),
            .value = value};
  if (random.PartsPerMillion(options.duplicate_ppm)) Duplicate(record, account);
}

CallGenerator::CallGenerator(GeneratorOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}
CallGenerator::~CallGenerator() = default;

bool CallGenerator::Next(GeneratedRecord& record) {
  Impl& impl = *impl_;
  const bool exhausted = impl.options.count != 0 && impl.events == impl.options.count;
  const bool due = !impl.pending.empty() &&
                   (exhausted || impl.pending.top().due_ms <= impl.ArrivalOf(impl.events));
  if (!due && exhausted) return false;
  ++impl.counts.records;
  if (!due) {
    impl.NextEvent(record);
    return true;
  }
  const Pending& top = impl.pending.top();
  impl.value = top.value;
  record = {.partition = top.partition,
            .timestamp_ms = top.due_ms,
            .key = impl.calls.profile().account(top.account),
            .value = impl.value};
  impl.pending.pop();
  ++impl.counts.duplicates;
  return true;
}

const ManifestCounts& CallGenerator::counts() const { return impl_->counts; }

void WriteDelimited(std::string_view value, std::string& out) {
  ByteWriter(out).LengthPrefixed(value);
}

}  // namespace tidemark
