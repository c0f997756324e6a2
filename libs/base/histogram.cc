#include "base/histogram.h"

#include <algorithm>

#include "base/check.h"

namespace tidemark {

HistogramValue EmptyHistogram(std::span<const double> bounds) {
  return {std::vector<std::uint64_t>(bounds.size() + 1, 0), 0};
}

void Observe(std::span<const double> bounds, double value, HistogramValue& into) {
  const auto bucket = std::lower_bound(bounds.begin(), bounds.end(), value) - bounds.begin();
  ++into.counts.at(static_cast<std::size_t>(bucket));
  into.sum += value;
}

void AddUp(const HistogramValue& value, HistogramValue& into) {
  TM_CHECK(value.counts.size() == into.counts.size(), "histograms of the same bounds add up");
  for (std::size_t i = 0; i < value.counts.size(); ++i) into.counts[i] += value.counts[i];
  into.sum += value.sum;
}

}  // namespace tidemark
