// Bytes that are not, or no longer, an encoded state. Each attempt lies in a heap block of exactly
// its size, so that a sanitizer sees any read beyond the end.
#include <rapidcheck.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>

#include "bound_cases.h"

namespace tidemark {
namespace {

std::string EncodedState(const BoundCase& bound_case, Random& random) {
  const RandomRows rows(bound_case, random.Below(600), random);
  std::vector<std::uint32_t> picked;
  for (std::uint32_t row = 0; row < rows.rows(); ++row) picked.push_back(row);
  StateBox state(bound_case);
  state.Update(rows, picked);
  return state.Encode();
}

// Accepted or not, nothing crashes; what was accepted is a state whose encoding is canonical.
void Attempt(const BoundCase& bound_case, const std::string& bytes, StateBox& into) {
  const auto exact = std::make_unique<char[]>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), exact.get());
  ByteReader in({exact.get(), bytes.size()});
  if (!into.MergeEncoded(in)) return;
  const std::string encoded = into.Encode();
  into.Finish();
  StateBox again(bound_case);
  ByteReader reader(encoded);
  RC_ASSERT(again.MergeEncoded(reader));
  RC_ASSERT(again.Encode() == encoded);
}

template <class Attack>
void CheckEverywhere(Attack attack) {
  for (const BoundCase& bound_case : BoundCases()) {
    INFO(bound_case.call);
    CHECK(rc::check([&] {
      Random random(*rc::gen::arbitrary<std::uint64_t>());
      attack(bound_case, random);
    }));
  }
}

TEST_CASE("random bytes never crash a state") {
  CheckEverywhere([](const BoundCase& bound_case, Random& random) {
    for (int i = 0; i < 20; ++i) {
      std::string bytes(random.Below(40), '\0');
      const std::uint64_t bound = random.Below(2) == 0 ? 256 : 4;
      for (char& byte : bytes) byte = static_cast<char>(random.Below(bound));
      StateBox state(bound_case);
      Attempt(bound_case, bytes, state);
    }
  });
}

TEST_CASE("a mutated encoding never crashes a state that holds rows") {
  CheckEverywhere([](const BoundCase& bound_case, Random& random) {
    const std::string good = EncodedState(bound_case, random);
    const std::string held = EncodedState(bound_case, random);
    for (int i = 0; i < 20; ++i) {
      std::string bytes = good;
      for (std::uint64_t changes = 1 + random.Below(3); changes > 0; --changes) {
        bytes[random.Below(bytes.size())] = static_cast<char>(random.Below(256));
      }
      StateBox state(bound_case);
      ByteReader reader(held);
      RC_ASSERT(state.MergeEncoded(reader));
      Attempt(bound_case, bytes, state);
    }
  });
}

TEST_CASE("an encoding that is cut short is refused") {
  CheckEverywhere([](const BoundCase& bound_case, Random& random) {
    const std::string good = EncodedState(bound_case, random);
    const std::string cut = good.substr(0, random.Below(good.size()));
    const auto exact = std::make_unique<char[]>(cut.size());
    std::copy(cut.begin(), cut.end(), exact.get());
    StateBox state(bound_case);
    ByteReader in({exact.get(), cut.size()});
    RC_ASSERT_FALSE(state.MergeEncoded(in));
  });
}

}  // namespace
}  // namespace tidemark
