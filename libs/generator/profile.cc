#include "generator/profile.h"

#include <algorithm>
#include <array>

#include "base/hash.h"
#include "base/text.h"
#include "generator/exact_math.h"
#include "tidemark/events/v1/call_metric.pb.h"

namespace tidemark {
namespace {

constexpr std::size_t kCarriers = 40;

struct Country {
  std::string_view code;
  std::string_view prefix;
  double share;
};

constexpr std::array<Country, 24> kCountries{{
    {"US", "1", 55},   {"GB", "44", 8},    {"CA", "1", 5},    {"IN", "91", 5},    {"AU", "61", 4},
    {"DE", "49", 4},   {"BR", "55", 4},    {"FR", "33", 3},   {"MX", "52", 2},    {"JP", "81", 2},
    {"ES", "34", 1.6}, {"IT", "39", 1.2},  {"NL", "31", 0.9}, {"PL", "48", 0.7},  {"SE", "46", 0.6},
    {"PH", "63", 0.5}, {"SG", "65", 0.5},  {"ZA", "27", 0.4}, {"NG", "234", 0.4}, {"CO", "57", 0.3},
    {"AR", "54", 0.3}, {"IE", "353", 0.2}, {"CH", "41", 0.2}, {"KE", "254", 0.2},
}};

std::string Sid(std::string_view prefix, std::string_view what, std::uint64_t number) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string sid(prefix);
  for (const char half : {'a', 'b'}) {
    std::uint64_t bits = Hash64(StrCat(what, number, half));
    for (int i = 0; i < 16; ++i, bits >>= 4U) sid.push_back(kDigits[bits & 15U]);
  }
  return sid;
}

std::vector<double> CountryShares() {
  std::vector<double> shares;
  for (const Country& country : kCountries) shares.push_back(country.share);
  return shares;
}

RouteProfile DrawRoute(Random& random) {
  const double answered = std::clamp(0.62 + 0.12 * NormalDraw(random), 0.25, 0.92);
  return {.answered = answered, .pdd_median_ms = LognormalDraw(random, 1'200, 0.25)};
}

}  // namespace

WeightedChoice::WeightedChoice(const std::vector<double>& weights) {
  double sum = 0;
  for (const double weight : weights) cumulative_.push_back(sum += weight);
}

std::size_t WeightedChoice::Draw(Random& random) const {
  const double at = random.Unit() * cumulative_.back();
  const auto found = std::upper_bound(cumulative_.begin(), cumulative_.end() - 1, at);
  return static_cast<std::size_t>(found - cumulative_.begin());
}

std::vector<double> ZipfWeights(std::size_t size, double exponent) {
  std::vector<double> weights;
  for (std::size_t rank = 1; rank <= size; ++rank) {
    weights.push_back(ExactExp(-exponent * ExactLog(static_cast<double>(rank))));
  }
  return weights;
}

std::string CarrierSid(std::size_t rank) { return StrCat("CR", rank < 10 ? "0" : "", rank); }

Profile::Profile(std::uint64_t seed, std::uint32_t accounts)
    : accounts_(ZipfWeights(accounts, 1.1)),
      carriers_(ZipfWeights(kCarriers, 0.9)),
      countries_(CountryShares()) {
  Random random(seed);
  for (std::uint32_t i = 0; i < accounts; ++i) account_sids_.push_back(Sid("AC", "account", i));
  for (std::size_t i = 0; i < kCarriers; ++i) carrier_sids_.push_back(CarrierSid(i));
  for (std::size_t i = 0; i < kCarriers * kCountries.size(); ++i) {
    routes_.push_back(DrawRoute(random));
  }
}

std::string_view Profile::country(std::size_t index) const { return kCountries[index].code; }
std::string_view Profile::prefix(std::size_t country) const { return kCountries[country].prefix; }

const RouteProfile& Profile::route(std::size_t carrier, std::size_t country) const {
  return routes_[carrier * kCountries.size() + country];
}

const std::vector<FailureProfile>& Profile::failures() {
  static const std::vector<FailureProfile> kFailures{
      {487, events::v1::CALL_STATE_CANCELED, 12},  {486, events::v1::CALL_STATE_BUSY, 7},
      {480, events::v1::CALL_STATE_NOANSWER, 6},   {404, events::v1::CALL_STATE_FAIL, 3},
      {503, events::v1::CALL_STATE_FAIL, 2.5},     {603, events::v1::CALL_STATE_BUSY, 1.5},
      {408, events::v1::CALL_STATE_NOANSWER, 1.5}, {500, events::v1::CALL_STATE_FAIL, 1.5},
      {403, events::v1::CALL_STATE_FAIL, 1},       {488, events::v1::CALL_STATE_FAIL, 0.5},
      {607, events::v1::CALL_STATE_FAIL, 0.25},    {608, events::v1::CALL_STATE_FAIL, 0.25},
      {0, events::v1::CALL_STATE_UNDIALED, 0.3}};
  return kFailures;
}

}  // namespace tidemark
