#include "generator/call.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/bytes.h"
#include "base/text.h"
#include "generator/exact_math.h"
#include "tidemark/events/v1/call_metric.pb.h"

namespace tidemark {
namespace {

using events::v1::CallMetric;

// Shares of summaries, quality samples and progress reports.
const std::vector<double> kKindShares{80, 14, 6};
constexpr std::uint32_t kProducers = 24;
constexpr double kMaxCallMs = 4.0 * 3600 * 1000;

constexpr std::array<std::string_view, 3> kCodecs{"PCMU", "opus", "G729"};
constexpr std::array<std::string_view, 4> kRegions{"us1", "ie1", "au1", "jp1"};
constexpr std::array<std::string_view, 4> kLocations{"ashburn", "dublin", "sydney", "tokyo"};

// 32 hexadecimal digits that no other call has.
void SetCallSid(std::uint64_t number, std::uint64_t salt, std::string& sid) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  sid.assign("CA");
  for (std::uint64_t bits : {salt, number}) {
    for (int i = 0; i < 16; ++i, bits >>= 4U) sid.push_back(kDigits[bits & 15U]);
  }
}

// Sixteen bytes; a party calls again now and then.
void SetPartyHash(Random& random, std::string& hash) {
  constexpr std::uint64_t kParties = 1'000'000;
  Random party(random.Below(kParties));
  hash.clear();
  ByteWriter writer(hash);
  writer.Fixed64(party.Next());
  writer.Fixed64(party.Next());
}

events::v1::CallType DrawCallType(Random& random) {
  const std::uint64_t percent = random.Below(100);
  if (percent < 66) return events::v1::CALL_TYPE_CARRIER;
  if (percent < 82) return events::v1::CALL_TYPE_TRUNKING;
  return percent < 94 ? events::v1::CALL_TYPE_CLIENT : events::v1::CALL_TYPE_SIP;
}

double Percent(std::uint32_t percent) { return static_cast<double>(percent) / 100; }

std::uint32_t Rounded(double value) { return static_cast<std::uint32_t>(value + 0.5); }

}  // namespace

struct CallDraw::Route {
  std::size_t account = 0;
  std::size_t carrier = 0;
  std::size_t country = 0;
  std::size_t origin = 0;
  double answered = 0;
  double pdd_median_ms = 0;
  double server_errors = 1;  // factor on the weight of 5xx
};

CallDraw::CallDraw(const GeneratorOptions& options, Random random)
    : incidents_(options.incidents),
      start_ms_(options.start.value()),
      profile_(options.seed, std::max<std::uint32_t>(options.accounts, 1)),
      kinds_(kKindShares),
      random_(random) {}

CallDraw::Route CallDraw::DrawRoute(EventTime event_time) {
  Route route{.account = profile_.accounts().Draw(random_),
              .carrier = profile_.carriers().Draw(random_),
              .country = profile_.countries().Draw(random_)};
  const bool domestic = random_.Below(100) < 70;
  route.origin = domestic ? route.country : profile_.countries().Draw(random_);
  const RouteProfile& usual = profile_.route(route.carrier, route.country);
  route.answered = usual.answered;
  route.pdd_median_ms = usual.pdd_median_ms * (route.origin == route.country ? 1 : 2.5);
  const Duration age{event_time.value() - start_ms_};
  for (const Incident& incident : incidents_) {
    if (age < incident.from || age >= incident.until) continue;
    if (!incident.carrier.empty() && incident.carrier != profile_.carrier(route.carrier)) continue;
    if (!incident.country.empty() && incident.country != profile_.country(route.country)) continue;
    route.answered = std::min(route.answered * Percent(incident.answer_percent), 1.0);
    route.pdd_median_ms *= Percent(incident.pdd_percent);
    route.server_errors *= Percent(incident.server_error_percent);
  }
  return route;
}

std::size_t CallDraw::Draw(EventTime event_time, CallMetric& event) {
  const Route route = DrawRoute(event_time);
  event.Clear();
  SetCallSid(++calls_, random_.Next(), *event.mutable_call_sid());
  event.set_event_time_ms(event_time.value());
  event.set_account_sid(profile_.account(route.account));
  if (route.account % 10 == 9) event.set_parent_account_sid(profile_.account(route.account / 10));
  event.set_producer_id(static_cast<std::uint32_t>(calls_ % kProducers) + 1);
  event.set_producer_seq(calls_ / kProducers);
  DrawDimensions(route, event);
  switch (kinds_.Draw(random_)) {
    case 0:
      DrawSummary(route, event);
      break;
    case 1:
      DrawSample(event);
      break;
    default:
      DrawProgress(event);
  }
  return route.account;
}

void CallDraw::DrawDimensions(const Route& route, CallMetric& event) {
  auto& dims = *event.mutable_dims();
  const events::v1::CallType type = DrawCallType(random_);
  const bool sdk = type == events::v1::CALL_TYPE_CLIENT;
  dims.set_call_type(type);
  dims.set_direction(random_.Below(100) < 60 ? events::v1::DIRECTION_OUTBOUND_API
                                             : events::v1::DIRECTION_INBOUND);
  dims.set_edge(sdk ? events::v1::EDGE_SDK : events::v1::EDGE_CARRIER);
  dims.set_stream(events::v1::STREAM_DIRECTION_BOTH);
  dims.set_from_country(std::string(profile_.country(route.origin)));
  dims.set_to_country(std::string(profile_.country(route.country)));
  dims.set_from_prefix(std::string(profile_.prefix(route.origin)));
  dims.set_to_prefix(StrCat(profile_.prefix(route.country), random_.Between(100, 999)));
  dims.set_carrier_sid(profile_.carrier(route.carrier));
  const std::size_t place = random_.Below(kRegions.size());
  dims.set_region(std::string(kRegions[place]));
  dims.set_edge_location(std::string(kLocations[place]));
  const std::uint64_t codec = random_.Below(100);
  dims.set_codec(std::string(kCodecs[codec < 60 ? 0 : codec < 85 ? 1 : 2]));
  if (sdk) {
    dims.set_sdk_type("voice-js");
    dims.set_sdk_version("2.11.2");
  }
  SetPartyHash(random_, *dims.mutable_from_hash());
  SetPartyHash(random_, *dims.mutable_to_hash());
  dims.set_stir_shaken(static_cast<events::v1::StirShaken>(1 + random_.Below(3)));
}

void CallDraw::DrawSummary(const Route& route, CallMetric& event) {
  event.set_event_id(StrCat(event.call_sid(), "|S|1"));
  auto& summary = *event.mutable_summary();
  summary.set_processing_state(events::v1::PROCESSING_STATE_COMPLETE);
  summary.set_summary_version(1);
  if (random_.Unit() < route.answered) {
    DrawAnswered(event);
  } else {
    DrawFailed(route, event);
  }
  if (summary.state() != events::v1::CALL_STATE_UNDIALED) {
    const double pdd = std::min(LognormalDraw(random_, route.pdd_median_ms, 0.6), 60'000.0);
    summary.set_pdd_ms(Rounded(pdd));
    summary.set_duration_ms(summary.duration_ms() + summary.pdd_ms());
  }
  summary.set_start_time_ms(event.event_time_ms() -
                            static_cast<std::int64_t>(summary.duration_ms()));
  DrawTags(route, event);
}

void CallDraw::DrawAnswered(CallMetric& event) {
  auto& summary = *event.mutable_summary();
  const bool brief = random_.Below(100) < 45;
  const double seconds =
      brief ? LognormalDraw(random_, 22, 0.7) : LognormalDraw(random_, 150, 1.05);
  const double connected = std::min(seconds * 1000, kMaxCallMs);
  summary.set_state(events::v1::CALL_STATE_COMPLETED);
  summary.set_last_sip_response(200);
  summary.set_ring_ms(static_cast<std::uint32_t>(random_.Between(500, 20'000)));
  summary.set_connect_duration_ms(Rounded(connected) + 1);
  summary.set_duration_ms(summary.connect_duration_ms() + summary.ring_ms());
  summary.set_answer_time_ms(event.event_time_ms() -
                             static_cast<std::int64_t>(summary.connect_duration_ms()));
  summary.set_answered_by(random_.Below(100) < 78 ? events::v1::ANSWERED_BY_HUMAN
                                                  : events::v1::ANSWERED_BY_MACHINE_START);
  summary.set_disconnected_by(random_.Below(2) == 0 ? events::v1::DISCONNECTED_BY_CALLER
                                                    : events::v1::DISCONNECTED_BY_CALLEE);
}

void CallDraw::DrawFailed(const Route& route, CallMetric& event) {
  const auto is_server_error = [](const FailureProfile& f) { return f.sip >= 500 && f.sip < 600; };
  const auto weight = [&](const FailureProfile& failure) {
    return failure.weight * (is_server_error(failure) ? route.server_errors : 1);
  };
  double sum = 0;
  for (const FailureProfile& failure : Profile::failures()) sum += weight(failure);
  double at = random_.Unit() * sum;
  const FailureProfile* drawn = &Profile::failures().front();
  for (const FailureProfile& failure : Profile::failures()) {
    drawn = &failure;
    if ((at -= weight(failure)) < 0) break;
  }
  auto& summary = *event.mutable_summary();
  summary.set_state(static_cast<events::v1::CallState>(drawn->state));
  if (drawn->sip != 0) summary.set_last_sip_response(drawn->sip);
  // Timer B of SIP gives up after 32 s.
  const bool rang = drawn->sip == 480 || drawn->sip == 487 || drawn->sip == 603;
  const std::int64_t waited = drawn->sip == 408 ? 32'000
                              : rang            ? random_.Between(2'000, 40'000)
                                                : 0;
  if (rang) summary.set_ring_ms(static_cast<std::uint32_t>(waited));
  summary.set_duration_ms(static_cast<std::uint64_t>(waited));
}

void CallDraw::DrawTags(const Route& route, CallMetric& event) {
  auto& summary = *event.mutable_summary();
  if (summary.pdd_ms() > 2.7 * route.pdd_median_ms) summary.add_tags(events::v1::TAG_HIGH_PDD);
  if (summary.state() != events::v1::CALL_STATE_COMPLETED) return;
  if (random_.Below(1'000) < 12) summary.add_tags(events::v1::TAG_SILENCE);
  if (random_.Below(1'000) < 35) summary.add_tags(events::v1::TAG_HIGH_JITTER);
  if (random_.Below(1'000) < 18) summary.add_tags(events::v1::TAG_HIGH_PACKET_LOSS);
  if (summary.connect_duration_ms() < 10'000) summary.add_tags(events::v1::TAG_SHORT_CALL);
}

void CallDraw::DrawSample(CallMetric& event) {
  const auto sequence = static_cast<std::uint32_t>(1 + random_.Below(30));
  event.set_event_id(StrCat(event.call_sid(), "|Q|", sequence));
  auto& sample = *event.mutable_sample();
  sample.set_interval_ms(10'000);
  sample.set_sample_seq(sequence);
  auto& quality = *sample.mutable_q();
  const bool sdk = event.dims().edge() == events::v1::EDGE_SDK;
  const double jitter =
      sdk ? LognormalDraw(random_, 6'000, 1.1) : LognormalDraw(random_, 2'000, 0.9);
  const bool lossy = random_.Below(100) < (sdk ? 30U : 10U);
  const auto lost = static_cast<std::uint32_t>(lossy ? random_.Between(5, 75) : 0);
  quality.set_packets_expected(500);
  quality.set_packets_lost(lost);
  quality.set_jitter_avg_us(Rounded(jitter));
  quality.set_jitter_max_us(Rounded(jitter * 3));
  quality.set_rtt_us(Rounded(LognormalDraw(random_, sdk ? 90'000 : 40'000, 0.5)));
  quality.set_mos_milli(lost > 25 ? 3'400 : lost > 0 ? 4'050 : 4'380);
  quality.set_mos_kind(events::v1::MOS_KIND_EMODEL);
  quality.set_bytes_received((500ULL - lost) * 172);
  if (lost > 25) sample.add_tags(events::v1::TAG_HIGH_PACKET_LOSS);
  if (jitter > 30'000) sample.add_tags(events::v1::TAG_HIGH_JITTER);
}

void CallDraw::DrawProgress(CallMetric& event) {
  const std::uint64_t kind = 1 + random_.Below(5);
  static constexpr std::array<std::uint32_t, 5> kResponses{0, 100, 180, 200, 200};
  event.set_event_id(StrCat(event.call_sid(), "|P|", kind));
  auto& progress = *event.mutable_progress();
  progress.set_kind(static_cast<events::v1::ProgressKind>(kind));
  progress.set_sip_response(kResponses[kind - 1]);
}

}  // namespace tidemark
