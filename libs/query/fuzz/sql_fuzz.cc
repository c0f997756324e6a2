// Any bytes as the SQL of a pipeline: a plan or diagnostics that point into the file, never a
// crash.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "query/tests/pipeline_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view sql(reinterpret_cast<const char*>(data), size);
  const tidemark::PlanResult result = tidemark::PlanSql(sql);
  TM_CHECK(result.ok() == result.diagnostics.empty(), "a plan or diagnostics");
  for (const tidemark::Diagnostic& diagnostic : result.diagnostics) {
    TM_CHECK(diagnostic.line >= 1 && diagnostic.column >= 1 && diagnostic.length >= 1,
             "positions count from 1");
  }
  return 0;
}
