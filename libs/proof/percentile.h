// percentile(x, p) of the contract, over all values at once and in integers only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tidemark::proof {

// p = numerator / denominator, in [0, 1].
struct Share {
  std::uint64_t numerator = 0;
  std::uint64_t denominator = 1;
};

// JSON text of the percentile of `values`: null without values.
//
// Nearest rank ceil(p * n); zeros are exact; any other value stands for the middle of its bucket
// (g^i, g^(i+1)], 2g / (1+g) * g^i at 6 decimals, clamped to the smallest and largest value; g =
// 2^(1/32), squared as long as the buckets of all values span more than 320.
std::string Percentile(std::vector<std::uint64_t> values, Share p);

}  // namespace tidemark::proof
