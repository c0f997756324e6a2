#include "task/batch_expressions.h"

#include <algorithm>
#include <utility>

namespace tidemark {

BatchExpressions::Id BatchExpressions::Add(const ExpressionPtr& expression) {
  std::string text = expression->ToString();
  const auto known = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.text == text; });
  const auto id = static_cast<Id>(known - entries_.begin());
  if (known == entries_.end()) {
    entries_.push_back(
        {.text = std::move(text), .evaluator = Evaluator(expression), .passing = {}});
    entries_.back().passing.reserve(kBatchRows);
  }
  return id;
}

const Column& BatchExpressions::Value(Id id, const JudgedBatch& batch) {
  Entry& entry = entries_[id];
  if (entry.evaluated != batch_) {
    entry.value = &entry.evaluator.Evaluate(batch.rows.columns, batch.rows.rows);
    entry.evaluated = batch_;
  }
  return *entry.value;
}

const Selection& BatchExpressions::Passing(Id id, const JudgedBatch& batch) {
  Entry& entry = entries_[id];
  if (entry.filtered != batch_) {
    entry.passing.clear();
    const Column& value = Value(id, batch);
    for (const std::uint32_t row : batch.live) {
      if (value.valid[row] != 0 && value.integers[row] != 0) entry.passing.push_back(row);
    }
    entry.filtered = batch_;
  }
  return entry.passing;
}

}  // namespace tidemark
