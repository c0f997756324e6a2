// Seeded randomness: the same seed gives the same numbers on every machine (splitmix64,
// xoshiro256**).
#pragma once

#include <array>
#include <cstdint>

namespace tidemark {

class Random {
 public:
  explicit Random(std::uint64_t seed);

  std::uint64_t Next();
  // Uniform in [0, bound). REQUIRES: bound > 0.
  std::uint64_t Below(std::uint64_t bound);
  // Uniform in [low, high]. REQUIRES: low <= high.
  std::int64_t Between(std::int64_t low, std::int64_t high);
  // Uniform in [0, 1), a multiple of 2^-53.
  double Unit();
  // True with the probability `ppm` / 1,000,000.
  bool PartsPerMillion(std::uint64_t ppm) { return Below(1'000'000) < ppm; }
  // An independent generator; the order of later draws from this one does not touch it.
  Random Fork() { return Random(Next()); }

 private:
  std::array<std::uint64_t, 4> state_;
};

}  // namespace tidemark
