#include "proof/call.h"

#include <initializer_list>

#include "base/text.h"
#include "proof/wire.h"
#include "tidemark/events/v1/call_metric.pb.h"

namespace tidemark::proof {
namespace {

namespace pb = events::v1;
using pb::CallMetric;

bool IsOneOf(std::uint32_t number, std::initializer_list<int> numbers) {
  for (const int candidate : numbers) {
    if (static_cast<std::uint32_t>(candidate) == number) return true;
  }
  return false;
}

// True if the level inside is well framed and its texts are UTF-8.
bool IsSoundLevel(std::string_view level, std::initializer_list<int> texts) {
  const auto fields = SplitFields(level);
  if (!fields) return false;
  for (const WireField& field : *fields) {
    if (field.is_length_delimited && IsOneOf(field.number, texts) && !IsUtf8(field.payload))
      return false;
  }
  return true;
}

bool IsSoundPayload(const std::vector<WireField>& fields) {
  for (const WireField& field : fields) {
    if (!field.is_length_delimited) continue;
    if (field.number == CallMetric::kAccountSidFieldNumber && !IsUtf8(field.payload)) return false;
    if (field.number == CallMetric::kSummaryFieldNumber && !IsSoundLevel(field.payload, {}))
      return false;
    if (field.number == CallMetric::kDimsFieldNumber &&
        !IsSoundLevel(field.payload, {pb::Dimensions::kToCountryFieldNumber,
                                      pb::Dimensions::kCarrierSidFieldNumber})) {
      return false;
    }
  }
  return true;
}

// REQUIRES: a sound level. The level without what nobody reads: the generated parser would look for
// damage there too.
std::string Keep(std::string_view level, std::initializer_list<int> numbers) {
  const auto fields = SplitFields(level);
  std::string kept;
  for (const WireField& field : *fields) {
    if (IsOneOf(field.number, numbers)) kept += field.whole;
  }
  return kept;
}

std::string Reduced(const std::vector<WireField>& fields) {
  std::string reduced;
  for (const WireField& field : fields) {
    if (IsOneOf(field.number,
                {CallMetric::kEventTimeMsFieldNumber, CallMetric::kAccountSidFieldNumber})) {
      reduced += field.whole;
    } else if (!field.is_length_delimited) {
      continue;
    } else if (field.number == CallMetric::kDimsFieldNumber) {
      AppendMessage(field.number,
                    Keep(field.payload, {pb::Dimensions::kToCountryFieldNumber,
                                         pb::Dimensions::kCarrierSidFieldNumber}),
                    reduced);
    } else if (field.number == CallMetric::kSummaryFieldNumber) {
      AppendMessage(
          field.number,
          Keep(field.payload,
               {pb::CallSummary::kStateFieldNumber, pb::CallSummary::kLastSipResponseFieldNumber,
                pb::CallSummary::kPddMsFieldNumber, pb::CallSummary::kConnectDurationMsFieldNumber,
                pb::CallSummary::kTagsFieldNumber}),
          reduced);
    } else if (IsOneOf(field.number,
                       {CallMetric::kSampleFieldNumber, CallMetric::kProgressFieldNumber})) {
      AppendMessage(field.number, "", reduced);  // the last member of the oneof wins
    }
  }
  return reduced;
}

std::int64_t EventTime(const std::vector<WireField>& fields) {
  std::string bytes;
  for (const WireField& field : fields) {
    if (field.number == CallMetric::kEventTimeMsFieldNumber) bytes += field.whole;
  }
  CallMetric metric;
  return metric.ParseFromString(bytes) ? metric.event_time_ms() : 0;
}

void ReadSummary(const pb::CallSummary& summary, Call& call) {
  call.has_summary = true;
  call.state = summary.state();
  call.last_sip_response = summary.last_sip_response();
  if (summary.has_pdd_ms()) call.pdd_ms = summary.pdd_ms();
  call.connect_duration_ms = summary.connect_duration_ms();
  for (const int tag : summary.tags()) {
    if (tag != pb::TAG_UNSPECIFIED) call.tags.push_back(tag);
  }
}

Call ToCall(const CallMetric& metric) {
  Call call{.event_time_ms = metric.event_time_ms(), .account_sid = metric.account_sid()};
  if (metric.has_dims()) {
    call.to_country = metric.dims().to_country();
    call.carrier_sid = metric.dims().carrier_sid();
  }
  if (metric.has_summary()) ReadSummary(metric.summary(), call);
  return call;
}

}  // namespace

ReadCall ReadCallMetric(std::string_view value) {
  const auto fields = SplitFields(value);
  if (!fields) return {.framed = false, .event_time_ms = 0, .call = std::nullopt};
  ReadCall read{.framed = true, .event_time_ms = EventTime(*fields), .call = std::nullopt};
  CallMetric metric;
  if (IsSoundPayload(*fields) && metric.ParseFromString(Reduced(*fields)))
    read.call = ToCall(metric);
  return read;
}

std::string TagName(int tag) {
  static constexpr std::string_view kPrefix = "TAG_";
  if (!pb::Tag_IsValid(tag)) return StrCat("UNKNOWN(", tag, ")");
  return pb::Tag_Name(static_cast<pb::Tag>(tag)).substr(kPrefix.size());
}

}  // namespace tidemark::proof
