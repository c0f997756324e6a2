// The encodings of states outlive processes: docs/formats/states.md shows one of each, and these
// must stay.
#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <sstream>

#include "base/tests/format_example.h"
#include "bound_cases.h"
#include "scene.h"

namespace tidemark {
namespace {

const Type kInteger = Type::Of(TypeKind::kInteger);
const Type kDouble = Type::Of(TypeKind::kDouble);
const Type kString = Type::Of(TypeKind::kString);

// The index-th example is the state of `fold`, and is read back into `empty` without a change.
void CheckExample(int index, Fold& fold, Fold empty) {
  const std::string bytes = FormatExample("docs/formats/states.md", index);
  INFO(fold.bound().state.function->name);
  CHECK(ToHex(fold.Encode()) == ToHex(bytes));
  CHECK(empty.MergeEncoded(bytes));
  CHECK(ToHex(empty.Encode()) == ToHex(bytes));
  CHECK(empty.Json() == fold.Json());
}

TEST_CASE("the examples of docs/formats/states.md are what they say") {
  CheckExample(0, Fold("count", {}).Row({}).Row({}).Row({}), Fold("count", {}));
  CheckExample(1, Fold("sum", {kInteger}).Rows({I(200), I(100), kNull}), Fold("sum", {kInteger}));
  CheckExample(2, Fold("sum", {kDouble}).Rows({{-1.5}, {std::nan("")}}), Fold("sum", {kDouble}));
  CheckExample(3, Fold("asr", {CallStateType()}).Rows({I(3), I(1), I(3)}),
               Fold("asr", {CallStateType()}));
  CheckExample(4, Fold("aloc", {kInteger}).Rows({I(60'000), I(0)}), Fold("aloc", {kInteger}));
  CheckExample(5, Fold("ratio", {kInteger, kInteger}).Row({I(5), I(9)}).Row({I(1), kNull}),
               Fold("ratio", {kInteger, kInteger}));
  CheckExample(6, Fold("min", {kInteger}).Rows({I(-7), I(3)}), Fold("min", {kInteger}));
  CheckExample(7, Fold("max", {kDouble}).Rows({{4.25}, {std::nan("")}}), Fold("max", {kDouble}));
  CheckExample(8, Fold("max", {kString}).Rows({S("de"), S("us")}), Fold("max", {kString}));
  CheckExample(
      9, Fold("percentile", {kInteger}, {D(5, 1)}).Rows({I(0), I(100), I(1'000), I(1'001), I(-1)}),
      Fold("percentile", {kInteger}, {D(5, 1)}));
  CheckExample(10, Fold("counts", {CallStateType()}).Rows({I(4), I(3), I(4)}),
               Fold("counts", {CallStateType()}));
  CheckExample(11, Fold("counts", {kString}).Rows({S("us"), S("de"), S(std::string(300, 'x'))}),
               Fold("counts", {kString}));
}

TEST_CASE("docs/formats/states.md names every state function") {
  std::ifstream file("docs/formats/states.md");
  std::stringstream content;
  content << file.rdbuf();
  for (const StateFunction* function : StateFunctions()) {
    INFO(function->name);
    CHECK(content.str().find("`" + std::string(function->name) + "`") != std::string::npos);
  }
}

}  // namespace
}  // namespace tidemark
