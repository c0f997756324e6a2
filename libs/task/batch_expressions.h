// The expressions of a pipeline's queries over one batch: each is evaluated at most once per batch,
// however many queries spell it alike. Thread: owned by one task thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "expression/evaluator.h"
#include "task/intake.h"

namespace tidemark {

class BatchExpressions {
 public:
  using Id = std::size_t;

  // Expressions of equal text have one id. REQUIRES: not nullptr.
  Id Add(const ExpressionPtr& expression);

  // Forgets the values of the batch before.
  void NextBatch() { ++batch_; }
  // The expression's value by row; valid until NextBatch.
  const Column& Value(Id id, const JudgedBatch& batch);
  // The live rows for which it is TRUE; valid until NextBatch. REQUIRES: it is of kind bool.
  const Selection& Passing(Id id, const JudgedBatch& batch);

 private:
  struct Entry {
    std::string text;
    Evaluator evaluator;
    std::uint64_t evaluated = 0;  // the batch of `value`
    std::uint64_t filtered = 0;   // the batch of `passing`
    const Column* value = nullptr;
    Selection passing;
  };

  std::vector<Entry> entries_;
  std::uint64_t batch_ = 1;
};

}  // namespace tidemark
