#include "shuffle/key.h"

#include <catch2/catch.hpp>

#include "base/tests/format_example.h"
#include "shuffle/tests/arbitrary.h"

namespace tidemark {
namespace {

const std::shared_ptr<const EnumDomain> kStates = std::make_shared<const EnumDomain>(EnumDomain{
    .type_name = "tidemark.events.v1.CallState",
    .entries = {{3, "CALL_STATE_COMPLETED", "COMPLETED"}, {4, "CALL_STATE_BUSY", "BUSY"}},
    .zero_is_null = true});

Type EnumType() { return {.kind = TypeKind::kEnum, .enumeration = kStates}; }

Column Integers(TypeKind kind, const std::vector<std::int64_t>& values) {
  Column column(kind == TypeKind::kEnum ? EnumType() : Type::Of(kind));
  column.integers = values;
  column.valid.assign(values.size(), 1);
  return column;
}

Column Decimals(std::uint8_t scale, const std::vector<Int128>& values) {
  Column column(Type::DecimalOf(scale));
  column.decimals = values;
  column.valid.assign(values.size(), 1);
  return column;
}

Column Strings(TypeKind kind, const std::vector<std::string_view>& values) {
  Column column(Type::Of(kind));
  column.strings = values;
  column.valid.assign(values.size(), 1);
  return column;
}

Column Null(const Type& type) {
  Column column(type);
  column.AppendNull();
  return column;
}

std::string KeyOf(const std::vector<const Column*>& columns, std::uint64_t grouping_id = 0) {
  std::string key(kKeyRoom, '\0');
  const char* const end = WriteKey(grouping_id, columns, 0, key.data());
  REQUIRE(end != nullptr);
  key.resize(static_cast<std::size_t>(end - key.data()));
  return key;
}

std::string KeyOf(const Column& column) { return KeyOf(std::vector<const Column*>{&column}); }

// The JSON of the key's columns, each followed by a line end; what is wrong otherwise.
std::string JsonOf(std::string_view bytes, const std::vector<Type>& types) {
  std::string text;
  std::vector<std::size_t> ends;
  const Status status = AppendKeyJson(ExactCopy(bytes).view(), types, text, ends);
  if (!status.ok()) return status.ToString();
  std::string lines;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    const std::size_t begin = i == 0 ? 0 : ends[i - 1];
    lines += text.substr(begin, ends[i] - begin) + "\n";
  }
  return lines;
}

// The same from the decoded values.
std::string DecodedJsonOf(std::string_view bytes, const std::vector<Type>& types) {
  const auto decoded = DecodeKey(ExactCopy(bytes).view(), types);
  if (!decoded.ok()) return decoded.status().ToString();
  std::string lines;
  for (const Value& part : decoded->parts) {
    AppendJson(part, lines);
    lines += "\n";
  }
  return lines;
}

StatusCode DecodeError(std::string_view bytes, const std::vector<Type>& types) {
  REQUIRE(JsonOf(bytes, types) == DecodedJsonOf(bytes, types));
  return DecodeKey(ExactCopy(bytes).view(), types).status().code();
}

Value DecodeOne(std::string_view key, const Type& type) {
  REQUIRE(DecodeError(key, {type}) == StatusCode::kOk);
  const auto decoded = DecodeKey(key, std::vector<Type>{type});
  REQUIRE(decoded.ok());
  return decoded->parts.at(0);
}

TEST_CASE("integers, enums and timestamps return as what their column says") {
  CHECK(DecodeOne(KeyOf(Integers(TypeKind::kInteger, {-5})), Type::Of(TypeKind::kInteger)) ==
        Value{Int128{-5}});
  CHECK(DecodeOne(KeyOf(Integers(TypeKind::kTimestamp, {1'000})), Type::Of(TypeKind::kTimestamp)) ==
        Value{Value::Time{1'000}});
  CHECK(DecodeOne(KeyOf(Integers(TypeKind::kEnum, {3})), EnumType()) ==
        Value{std::string("COMPLETED")});
  CHECK(DecodeOne(KeyOf(Integers(TypeKind::kEnum, {17})), EnumType()) ==
        Value{std::string("UNKNOWN(17)")});
  CHECK(DecodeOne(KeyOf(Integers(TypeKind::kBool, {1})), Type::Of(TypeKind::kBool)) == Value{true});
  CHECK(DecodeOne(KeyOf(Integers(TypeKind::kBool, {0})), Type::Of(TypeKind::kBool)) ==
        Value{false});
}

TEST_CASE("NULL is not an empty string, a zero or false") {
  for (const TypeKind kind :
       {TypeKind::kBool, TypeKind::kInteger, TypeKind::kString, TypeKind::kBytes}) {
    CHECK(DecodeOne(KeyOf(Null(Type::Of(kind))), Type::Of(kind)).is_null());
  }
  CHECK(KeyOf(Null(Type::Of(TypeKind::kString))) != KeyOf(Strings(TypeKind::kString, {""})));
  CHECK(KeyOf(Null(Type::Of(TypeKind::kInteger))) != KeyOf(Integers(TypeKind::kInteger, {0})));
  CHECK(KeyOf(Null(Type::Of(TypeKind::kBool))) != KeyOf(Integers(TypeKind::kBool, {0})));
}

TEST_CASE("equal decimals of different scales have one key") {
  CHECK(KeyOf(Decimals(3, {1'500})) == KeyOf(Decimals(1, {15})));
  CHECK(KeyOf(Decimals(6, {0})) == KeyOf(Decimals(0, {0})));
  CHECK(KeyOf(Decimals(0, {100})) == KeyOf(Decimals(2, {10'000})));
  CHECK(KeyOf(Decimals(0, {150})) != KeyOf(Decimals(0, {15})));
  CHECK(DecodeOne(KeyOf(Decimals(3, {1'500})), Type::DecimalOf(3)) == Value{Decimal{15, 1}});
}

TEST_CASE("a string is not the same bytes, and neither swallows its neighbour") {
  CHECK(KeyOf(Strings(TypeKind::kString, {"a"})) != KeyOf(Strings(TypeKind::kBytes, {"a"})));
  const Column ab = Strings(TypeKind::kString, {"ab"});
  const Column c = Strings(TypeKind::kString, {"c"});
  const Column a = Strings(TypeKind::kString, {"a"});
  const Column bc = Strings(TypeKind::kString, {"bc"});
  CHECK(KeyOf({&ab, &c}) != KeyOf({&a, &bc}));
}

TEST_CASE("the grouping id is part of the key") {
  const Column null = Null(Type::Of(TypeKind::kString));
  CHECK(KeyOf({&null}, 0) != KeyOf({&null}, 1));
  CHECK(DecodeKey(KeyOf({&null}, 300), std::vector{null.type})->grouping_id == 300);
  CHECK(KeyOf(std::vector<const Column*>{}) == std::string(1, '\0'));
  CHECK(DecodeKey(std::string(1, '\0'), {}).ok());
}

TEST_CASE("a key of any columns returns their values") {
  CHECK(rc::check([](std::int64_t integer, std::int64_t unscaled, const std::string& text,
                     const std::string& bytes, std::uint64_t grouping) {
    const auto scale = *rc::gen::inRange<std::uint8_t>(0, 19);
    const Column columns[] = {Integers(TypeKind::kInteger, {integer}), Decimals(scale, {unscaled}),
                              Strings(TypeKind::kString, {text}),
                              Strings(TypeKind::kBytes, {bytes})};
    std::vector<Type> types;
    std::vector<const Column*> pointers;
    for (const Column& column : columns) {
      pointers.push_back(&column);
      types.push_back(column.type);
    }
    const std::string key = KeyOf(pointers, grouping);
    const auto decoded = DecodeKey(ExactCopy(key).view(), types);
    RC_ASSERT(decoded.ok());
    RC_ASSERT(decoded->grouping_id == grouping);
    RC_ASSERT(decoded->parts == (std::vector<Value>{Value{Int128{integer}},
                                                    Value{Decimal{unscaled, scale}.Normalized()},
                                                    Value{text}, Value{Value::Bytes{bytes}}}));
    RC_ASSERT(DecodeError(key, types) == StatusCode::kOk);
    for (std::size_t size = 0; size < key.size(); ++size) {
      RC_ASSERT(DecodeError(key.substr(0, size), types) == StatusCode::kDataLoss);
    }
    RC_ASSERT(DecodeError(key + '\0', types) == StatusCode::kDataLoss);
  }));
}

TEST_CASE("a key of more than 4096 bytes is not written, wherever it gets too long") {
  const std::string most(kMaxKeyBytes - 4, 'x');  // behind the grouping id, a tag and two of length
  const auto fits = [](const std::vector<const Column*>& columns) {
    std::string key(kKeyRoom, '\0');
    return WriteKey(0, columns, 0, key.data()) != nullptr;
  };
  const std::string one_more = most + "x";
  const std::string far_more(3 * kMaxKeyBytes, 'x');
  const Column longest = Strings(TypeKind::kString, {most});
  const Column longer = Strings(TypeKind::kString, {one_more});
  const Column far_longer = Strings(TypeKind::kBytes, {far_more});
  const Column none = Null(Type::Of(TypeKind::kString));
  CHECK(fits({&longest}));
  CHECK(KeyOf({&longest}).size() == kMaxKeyBytes);
  CHECK(!fits({&longer}));
  CHECK(!fits({&far_longer}));
  CHECK(!fits({&longest, &none}));
  CHECK(!fits({&longest, &longest}));
}

TEST_CASE("hostile keys are refused or decoded, never over-read") {
  const std::vector<Type> types = {Type::Of(TypeKind::kString), Type::DecimalOf(2), EnumType()};
  CHECK(rc::check([&](const std::string& bytes) {
    RC_CLASSIFY(DecodeError(bytes, types) == StatusCode::kOk, "decoded");
  }));
  CHECK(rc::check([&] {
    const Column text = Strings(TypeKind::kString, {"carrier"});
    const Column decimal = Decimals(2, {12'345});
    const Column state = Integers(TypeKind::kEnum, {4});
    RC_CLASSIFY(DecodeError(Damaged(KeyOf({&text, &decimal, &state})), types) == StatusCode::kOk,
                "decoded");
  }));
}

TEST_CASE("a tag that does not fit its column, or a value that is not canonical, is refused") {
  const std::string string_key = KeyOf(Strings(TypeKind::kString, {"a"}));
  for (const Type& type :
       {Type::Of(TypeKind::kInteger), Type::Of(TypeKind::kBytes), Type::Of(TypeKind::kBool),
        Type::DecimalOf(0), EnumType(), Type::Of(TypeKind::kTimestamp)}) {
    CHECK(DecodeError(string_key, {type}) == StatusCode::kDataLoss);
  }
  CHECK(DecodeError(KeyOf(Integers(TypeKind::kInteger, {1})), {Type::DecimalOf(0)}) ==
        StatusCode::kDataLoss);
  CHECK(DecodeError(std::string("\0\x07", 2), {Type::Of(TypeKind::kString)}) ==
        StatusCode::kDataLoss);
  CHECK(DecodeError(std::string("\0\x04\x14\x01", 4), {Type::DecimalOf(1)}) ==
        StatusCode::kDataLoss);  // 1.0
  CHECK(DecodeError(std::string("\0\x04\x02\x63", 4), {Type::DecimalOf(1)}) ==
        StatusCode::kDataLoss);  // scale 99
}

TEST_CASE("keys spread over the partitions by the high bits of their hash") {
  CHECK(ShufflePartitionOf(0, 8) == ShufflePartition(0U));
  CHECK(ShufflePartitionOf(~std::uint64_t{0}, 8) == ShufflePartition(7U));
  CHECK(ShufflePartitionOf(0x1fff'ffff'ffff'ffffULL, 8) == ShufflePartition(0U));
  CHECK(ShufflePartitionOf(0x2000'0000'0000'0000ULL, 8) == ShufflePartition(1U));
  CHECK(ShufflePartitionOf(0xffff'ffffULL, 8) == ShufflePartition(0U));
}

TEST_CASE("the example of docs/formats/key.md is what it says") {
  const std::string bytes = FormatExample("docs/formats/key.md");
  const Column columns[] = {Strings(TypeKind::kString, {"AC\xc3\xbc"}),
                            Null(Type::Of(TypeKind::kString)),
                            Integers(TypeKind::kEnum, {3}),
                            Integers(TypeKind::kTimestamp, {1'764'064'800'000}),
                            Decimals(3, {-12'500}),
                            Integers(TypeKind::kBool, {1}),
                            Integers(TypeKind::kBool, {0}),
                            Strings(TypeKind::kBytes, {std::string_view("\0\xff", 2)})};
  std::vector<Type> types;
  std::vector<const Column*> pointers;
  for (const Column& column : columns) {
    pointers.push_back(&column);
    types.push_back(column.type);
  }
  const std::string key = KeyOf(pointers);
  CHECK(ToHex(key) == ToHex(bytes));
  const auto decoded = DecodeKey(bytes, types);
  REQUIRE(decoded.ok());
  CHECK(decoded->grouping_id == 0);
  CHECK(decoded->parts == std::vector<Value>{Value{std::string("AC\xc3\xbc")}, Value{},
                                             Value{std::string("COMPLETED")},
                                             Value{Value::Time{1'764'064'800'000}},
                                             Value{Decimal{-125, 1}}, Value{true}, Value{false},
                                             Value{Value::Bytes{std::string("\0\xff", 2)}}});
  CHECK(Hash64(bytes) == 0x6ab563153496e1a9ULL);
  CHECK(ShufflePartitionOf(Hash64(bytes), 8) == ShufflePartition(3U));
}

}  // namespace
}  // namespace tidemark
