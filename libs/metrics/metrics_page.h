// The values of metrics at one moment, and the page that Prometheus reads. Only metrics_page.cc
// sees prometheus-cpp.
//
// A page is made anew each time from what the process knows; nothing is registered and nothing
// lingers: a partition that moved away is gone from the next page. Thread: one.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/histogram.h"
#include "metrics/metric_table.h"

namespace tidemark {

class MetricsPage {
 public:
  using LabelValues = std::vector<std::string>;  // in the order of the metric's label names

  // Adds to what is there under these labels. REQUIRES: one value per label name; a finite `value`;
  // a histogram of the metric's bounds.
  void Add(Metric metric, const LabelValues& labels, double value);
  void Add(Metric metric, const LabelValues& labels, const HistogramValue& value);

  // In Prometheus' text format, in the order of the table; metrics without values are left out.
  std::string Text() const;

 private:
  std::map<Metric, std::map<LabelValues, double>> values_;
  std::map<Metric, std::map<LabelValues, HistogramValue>> histograms_;
};

}  // namespace tidemark
