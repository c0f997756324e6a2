// Observations by bucket, as monitoring reads them.
//
// Bucket i counts what is above bound i - 1 and at most bound i; the last one what is above all
// bounds. Invariant: counts.size() == bounds + 1.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace tidemark {

struct HistogramValue {
  std::vector<std::uint64_t> counts;
  double sum = 0;
};

// `bounds` ascend.
HistogramValue EmptyHistogram(std::span<const double> bounds);
void Observe(std::span<const double> bounds, double value, HistogramValue& into);
// REQUIRES: both have the same bounds.
void AddUp(const HistogramValue& value, HistogramValue& into);

}  // namespace tidemark
