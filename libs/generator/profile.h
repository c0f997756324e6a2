// The world that calls are drawn from: who calls, over which carrier, to which country, and how it
// usually goes.
//
// Immutable once built; the same for the same seed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"

namespace tidemark {

// Draws an index with the given weights.
class WeightedChoice {
 public:
  explicit WeightedChoice(const std::vector<double>& weights);
  std::size_t Draw(Random& random) const;
  std::size_t size() const { return cumulative_.size(); }

 private:
  std::vector<double> cumulative_;
};

// Weights 1 / rank^exponent.
std::vector<double> ZipfWeights(std::size_t size, double exponent);

// How calls over one carrier to one country go when nothing is wrong.
struct RouteProfile {
  double answered = 0;  // share of the seizures, 0 to 1
  double pdd_median_ms = 0;
};

struct FailureProfile {
  std::uint32_t sip = 0;
  int state = 0;  // events.v1.CallState
  double weight = 0;
};

class Profile {
 public:
  Profile(std::uint64_t seed, std::uint32_t accounts);

  const WeightedChoice& accounts() const { return accounts_; }
  const WeightedChoice& carriers() const { return carriers_; }
  const WeightedChoice& countries() const { return countries_; }
  const std::string& account(std::size_t index) const { return account_sids_[index]; }
  const std::string& carrier(std::size_t index) const { return carrier_sids_[index]; }
  std::string_view country(std::size_t index) const;
  std::string_view prefix(std::size_t country) const;
  const RouteProfile& route(std::size_t carrier, std::size_t country) const;
  static const std::vector<FailureProfile>& failures();

 private:
  WeightedChoice accounts_;
  WeightedChoice carriers_;
  WeightedChoice countries_;
  std::vector<std::string> account_sids_;
  std::vector<std::string> carrier_sids_;
  std::vector<RouteProfile> routes_;
};

// The carrier_sid of the carrier with that rank of traffic, 0 the largest; the same for every seed.
std::string CarrierSid(std::size_t rank);

}  // namespace tidemark
