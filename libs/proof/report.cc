#include "proof/report.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.h"

namespace tidemark::proof {
namespace {

constexpr std::size_t kMaxExamples = 5;

void AddExample(Comparison& comparison, std::string text) {
  if (comparison.examples.size() < kMaxExamples) comparison.examples.push_back(std::move(text));
}

// What tells two copies of one thing from two things: a row's key and revision, a side record's
// source and reason.
using Identity = std::pair<std::string, std::string>;
using Expectations = std::map<Identity, Fields>;

std::string Name(const Identity& identity) { return StrCat(identity.first, " ", identity.second); }

// "calls: 3, not 4"
std::string Difference(const Fields& expected, const Fields& found) {
  std::string text;
  const auto add = [&](const std::string& name, const std::string& is, const std::string& should) {
    text += StrCat(text.empty() ? "" : "; ", name, ": ", is, ", not ", should);
  };
  for (const auto& [name, value] : expected) {
    const auto at = found.find(name);
    if (at == found.end()) add(name, "absent", value);
    if (at != found.end() && at->second != value) add(name, at->second, value);
  }
  for (const auto& [name, value] : found) {
    if (!expected.contains(name)) add(name, value, "absent");
  }
  return text;
}

class Comparer {
 public:
  Comparer(std::string what, Expectations expected) : expected_(std::move(expected)) {
    comparison_.what = std::move(what);
    comparison_.expected = expected_.size();
  }

  void Take(const Identity& identity, const Fields& fields) {
    ++comparison_.found;
    const auto at = expected_.find(identity);
    if (at == expected_.end()) return Extra(Name(identity));
    if (!seen_.insert(identity).second) {
      ++comparison_.twice;
      return AddExample(comparison_, "twice: " + Name(identity));
    }
    if (at->second == fields) return;
    ++comparison_.unequal;
    AddExample(comparison_,
               StrCat("unequal: ", Name(identity), ": ", Difference(at->second, fields)));
  }

  // Something that cannot even be named.
  void TakeUnreadable(std::string_view text) {
    ++comparison_.found;
    Extra(text);
  }

  Comparison Finish() {
    for (const auto& [identity, fields] : expected_) {
      if (seen_.contains(identity)) continue;
      ++comparison_.missing;
      AddExample(comparison_, "missing: " + Name(identity));
    }
    return std::move(comparison_);
  }

 private:
  void Extra(std::string_view name) {
    ++comparison_.extra;
    AddExample(comparison_, StrCat("extra: ", name));
  }

  Expectations expected_;
  std::set<Identity> seen_;
  Comparison comparison_;
};

Identity RowIdentity(const std::string& key, const std::string& revision) {
  return {key, "revision " + revision};
}

Comparison CompareRows(const QueryBatch& query, const std::vector<PublishedRow>& published) {
  Expectations expected;
  for (const ExpectedRow& row : query.rows)
    expected[RowIdentity(row.key, std::to_string(row.revision))] = row.fields;
  Comparer comparer(StrCat(query.topic, " (", query.name, ")"), std::move(expected));
  for (const PublishedRow& row : published) {
    const std::optional<Fields> fields = row.value ? ParseFields(*row.value) : std::nullopt;
    if (!fields || !fields->contains("revision")) {
      comparer.TakeUnreadable(
          StrCat(row.key, row.value ? " with a value that is no row" : " as a tombstone"));
    } else {
      comparer.Take(RowIdentity(row.key, fields->at("revision")), *fields);
    }
  }
  return comparer.Finish();
}

bool NamesQueries(const SideRecord& record) {
  return record.reason == "LATE" || record.reason == "KEY_TOO_LARGE";
}

Fields SideFields(SideRecord record) {
  std::sort(record.queries.begin(), record.queries.end());
  return NamesQueries(record) ? Fields{{"queries", Join(record.queries, ",")}} : Fields{};
}

Comparison CompareSide(std::string what, const std::vector<SideRecord>& expected,
                       const std::vector<SideRecord>& published) {
  Expectations expectations;
  for (const SideRecord& record : expected)
    expectations[{record.source, record.reason}] = SideFields(record);
  Comparer comparer(std::move(what), std::move(expectations));
  for (const SideRecord& record : published)
    comparer.Take({record.source, record.reason}, SideFields(record));
  return comparer.Finish();
}

std::string Sentence(const Comparison& comparison) {
  if (comparison.IsEqual()) {
    return StrCat(comparison.what, ": all ", comparison.expected,
                  " records are there exactly once and equal");
  }
  return StrCat(comparison.what, ": of ", comparison.expected, " records ", comparison.missing,
                " are missing, ", comparison.extra, " are extra, ", comparison.twice,
                " are there twice, ", comparison.unequal, " are unequal");
}

std::string Sentence(const QueryTotals& totals) {
  return StrCat(totals.query, ": ", totals.events, " events = ", totals.in_results,
                " in results + ", totals.filtered, " filtered + ", totals.late, " late");
}

}  // namespace

bool Report::IsBalanced() const {
  const bool equal = std::all_of(comparisons.begin(), comparisons.end(),
                                 [](const Comparison& c) { return c.IsEqual(); });
  const bool settled = std::all_of(totals.begin(), totals.end(), [](const QueryTotals& t) {
    return t.events == t.in_results + t.filtered + t.late;
  });
  return equal && settled && records == events + dead_letter + tombstones;
}

std::vector<std::string> Report::Sentences() const {
  std::vector<std::string> lines;
  lines.push_back(StrCat(records, " records = ", events, " events + ", dead_letter,
                         " dead letters + ", tombstones, " tombstones"));
  for (const QueryTotals& query : totals) lines.push_back(Sentence(query));
  for (const Comparison& comparison : comparisons) {
    lines.push_back(Sentence(comparison));
    for (const std::string& example : comparison.examples) lines.push_back("  " + example);
  }
  return lines;
}

Report Compare(const BatchResult& batch, const Published& published) {
  Report report{.records = batch.records,
                .events = batch.events,
                .dead_letter = batch.dead_letter,
                .tombstones = batch.tombstones,
                .totals = {},
                .comparisons = {}};
  for (const QueryBatch& query : batch.queries) {
    report.totals.push_back({.query = query.name,
                             .events = batch.events,
                             .in_results = query.aggregated,
                             .filtered = query.filtered,
                             .late = query.late});
    const auto rows = published.rows.find(query.topic);
    report.comparisons.push_back(CompareRows(
        query, rows == published.rows.end() ? std::vector<PublishedRow>() : rows->second));
  }
  report.comparisons.push_back(CompareSide("late records", batch.late, published.late));
  report.comparisons.push_back(
      CompareSide("dead letters", batch.dead_letters, published.dead_letters));
  return report;
}

}  // namespace tidemark::proof
