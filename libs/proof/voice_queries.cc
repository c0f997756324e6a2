#include <algorithm>
#include <map>

#include "proof/batch_query.h"
#include "proof/json.h"
#include "proof/percentile.h"
#include "tidemark/events/v1/call_metric.pb.h"

namespace tidemark::proof {
namespace {

namespace pb = events::v1;

constexpr std::int64_t kMinute = 60'000;
constexpr Share kP95{95, 100};

template <class Condition>
std::int64_t CountIf(const Calls& calls, Condition condition) {
  return std::count_if(calls.begin(), calls.end(),
                       [&](const Call* call) { return condition(*call); });
}

// part * factor / whole, null if the whole is nothing.
std::string Quotient(Int128 part, std::int64_t factor, Int128 whole) {
  return whole == 0 ? "null" : QuotientText(part * factor, whole);
}

std::string Count(const Calls& calls) { return std::to_string(calls.size()); }

bool HasState(const Call& call) { return call.state != pb::CALL_STATE_UNSPECIFIED; }
bool IsCompleted(const Call& call) { return call.state == pb::CALL_STATE_COMPLETED; }
bool IsFailed(const Call& call) {
  return call.state == pb::CALL_STATE_FAIL || call.state == pb::CALL_STATE_UNDIALED;
}

std::string AnswerSeizureRatio(const Calls& calls) {
  return Quotient(CountIf(calls, IsCompleted), 100, CountIf(calls, HasState));
}

std::string FailedPercent(const Calls& calls) {
  return Quotient(CountIf(calls, IsFailed), 100, CountIf(calls, HasState));
}

std::string ServerErrors(const Calls& calls) {
  return std::to_string(
      CountIf(calls, [](const Call& call) { return call.last_sip_response >= 500; }));
}

std::string Completed(const Calls& calls) { return std::to_string(CountIf(calls, IsCompleted)); }

Int128 ConnectedMs(const Calls& calls) {
  Int128 sum = 0;
  for (const Call* call : calls) sum += call->connect_duration_ms;
  return sum;
}

std::string Connected(const Calls& calls) { return ToString(ConnectedMs(calls)); }

std::string Longest(const Calls& calls) {
  std::uint64_t longest = 0;
  for (const Call* call : calls) longest = std::max(longest, call->connect_duration_ms);
  return std::to_string(longest);
}

// In seconds, over the calls that were connected at all.
std::string AverageLengthOfCall(const Calls& calls) {
  const auto connected =
      CountIf(calls, [](const Call& call) { return call.connect_duration_ms > 0; });
  return Quotient(ConnectedMs(calls), 1, Int128{connected} * 1'000);
}

std::vector<std::uint64_t> PostDialDelays(const Calls& calls) {
  std::vector<std::uint64_t> delays;
  for (const Call* call : calls) {
    if (call->pdd_ms) delays.push_back(*call->pdd_ms);
  }
  return delays;
}

std::string DelayPercentile(const Calls& calls) { return Percentile(PostDialDelays(calls), kP95); }

std::string DelayAverage(const Calls& calls) {
  const std::vector<std::uint64_t> delays = PostDialDelays(calls);
  Int128 sum = 0;
  for (const std::uint64_t delay : delays) sum += delay;
  return Quotient(sum, 1, static_cast<Int128>(delays.size()));
}

std::string TagCounts(const Calls& calls) {
  std::map<std::string, std::int64_t> counts;
  for (const Call* call : calls) {
    for (const int tag : call->tags) ++counts[TagName(tag)];
  }
  Fields fields;
  for (const auto& [name, count] : counts) fields[name] = std::to_string(count);
  return ObjectText(fields);
}

std::optional<std::string> Account(const Call& call) { return call.account_sid; }
std::optional<std::string> Country(const Call& call) { return call.to_country; }
std::optional<std::string> Carrier(const Call& call) { return call.carrier_sid; }

bool HasSummary(const Call& call) { return call.has_summary; }
bool IsCarriersCall(const Call& call) {
  return call.has_summary && HasState(call) && call.carrier_sid && !call.carrier_sid->empty();
}

BatchQuery AsrByAccountCountry() {
  return {.name = "asr_by_account_country",
          .topic = "asr-1m",
          .revisions = Revisions::kAll,
          .size_ms = kMinute,
          .slide_ms = kMinute,
          .lateness_ms = 0,
          .where = HasSummary,
          .group = {{"account_sid", Account}, {"country", Country}},
          .outputs = {{"calls", Count},
                      {"asr", AnswerSeizureRatio},
                      {"aloc_s", AverageLengthOfCall},
                      {"pdd_p95_ms", DelayPercentile},
                      {"tags", TagCounts}}};
}

BatchQuery CarrierHealth() {
  return {.name = "carrier_health",
          .topic = "carrier-health",
          .revisions = Revisions::kFinal,
          .size_ms = 5 * kMinute,
          .slide_ms = kMinute,
          .lateness_ms = 0,
          .where = IsCarriersCall,
          .group = {{"carrier_sid", Carrier}, {"to_country", Country}},
          .outputs = {{"calls", Count},
                      {"asr", AnswerSeizureRatio},
                      {"failed_percent", FailedPercent},
                      {"server_errors", ServerErrors},
                      {"pdd_avg_ms", DelayAverage},
                      {"pdd_p95_ms", DelayPercentile}}};
}

BatchQuery MinutesByAccount() {
  return {
      .name = "minutes_by_account",
      .topic = "account-minutes",
      .revisions = Revisions::kAll,
      .size_ms = 5 * kMinute,
      .slide_ms = 5 * kMinute,
      .lateness_ms = 10 * kMinute,
      .where = HasSummary,
      .group = {{"account_sid", Account}},
      .outputs = {{"completed", Completed}, {"connected_ms", Connected}, {"longest_ms", Longest}}};
}

}  // namespace

std::vector<BatchQuery> VoiceQueries() {
  return {AsrByAccountCountry(), CarrierHealth(), MinutesByAccount()};
}

}  // namespace tidemark::proof
