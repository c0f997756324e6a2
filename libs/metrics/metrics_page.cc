#include "metrics/metrics_page.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"

namespace tidemark {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;

std::vector<std::string> LabelNames(const MetricInfo& info) {
  std::vector<std::string> names;
  std::string_view rest = info.labels;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    names.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return names;
}

prometheus::MetricType TypeOf(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return prometheus::MetricType::Counter;
    case MetricType::kGauge:
      return prometheus::MetricType::Gauge;
    case MetricType::kHistogram:
      return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

ClientMetric Labelled(const MetricInfo& info, const MetricsPage::LabelValues& values) {
  const std::vector<std::string> names = LabelNames(info);
  TM_CHECK(names.size() == values.size(), "a metric needs one value for each of its labels");
  ClientMetric metric;
  for (std::size_t i = 0; i < names.size(); ++i) metric.label.push_back({names[i], values[i]});
  return metric;
}

ClientMetric::Histogram Cumulative(const MetricInfo& info, const HistogramValue& value) {
  ClientMetric::Histogram histogram;
  for (std::size_t i = 0; i < value.counts.size(); ++i) {
    histogram.sample_count += value.counts[i];
    const double bound =
        i < info.bounds.size() ? info.bounds[i] : std::numeric_limits<double>::infinity();
    histogram.bucket.push_back({histogram.sample_count, bound});
  }
  histogram.sample_sum = value.sum;
  return histogram;
}

}  // namespace

void MetricsPage::Add(Metric metric, const LabelValues& labels, double value) {
  TM_CHECK(InfoOf(metric).type != MetricType::kHistogram, "a histogram has no single value");
  TM_CHECK(std::isfinite(value), "a metric is finite");
  values_[metric][labels] += value;
}

void MetricsPage::Add(Metric metric, const LabelValues& labels, const HistogramValue& value) {
  TM_CHECK(value.counts.size() == InfoOf(metric).bounds.size() + 1, "one count for each bucket");
  HistogramValue& into =
      histograms_[metric].try_emplace(labels, EmptyHistogram(InfoOf(metric).bounds)).first->second;
  AddUp(value, into);
}

std::string MetricsPage::Text() const {
  std::vector<MetricFamily> families;
  for (const MetricInfo& info : Metrics()) {
    MetricFamily family{std::string(info.name), std::string(info.help), TypeOf(info.type), {}};
    if (const auto found = values_.find(info.metric); found != values_.end()) {
      for (const auto& [labels, value] : found->second) {
        ClientMetric metric = Labelled(info, labels);
        (info.type == MetricType::kCounter ? metric.counter.value : metric.gauge.value) = value;
        family.metric.push_back(std::move(metric));
      }
    }
    if (const auto found = histograms_.find(info.metric); found != histograms_.end()) {
      for (const auto& [labels, value] : found->second) {
        family.metric.push_back(Labelled(info, labels));
        family.metric.back().histogram = Cumulative(info, value);
      }
    }
    if (!family.metric.empty()) families.push_back(std::move(family));
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace tidemark
