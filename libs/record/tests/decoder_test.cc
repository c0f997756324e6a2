#include "record/decoder.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <new>

#include "base/text.h"
#include "record/tests/descriptor_sets.h"
#include "record/tests/testing.h"

namespace {

std::size_t allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  void* memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  return memory;
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return std::malloc(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace tidemark {
namespace {

using events::v1::CallMetric;

constexpr std::int64_t kTime = 1'700'000'000'000;

// A decoder with its rows; keeps the bytes that rows point into.
class Trial {
 public:
  explicit Trial(DecodeSpec spec) : decoder_(spec), rows_(spec) {}

  // The row, or the name of the fault.
  std::string Read(const std::string& bytes) {
    const Element element = ReadElement(bytes);
    switch (element.fault) {
      case ElementFault::kNone:
        return Row(rows_, static_cast<std::size_t>(element.row));
      case ElementFault::kUnframed:
        return "UNFRAMED";
      case ElementFault::kBroken:
        return "BROKEN";
      case ElementFault::kInvalidEventTime:
        return "INVALID_TIME";
      case ElementFault::kBrokenPayload:
        return "BROKEN_PAYLOAD";
      case ElementFault::kNotUtf8:
        return "NOT_UTF8";
    }
    return "";
  }
  Element ReadElement(const std::string& bytes) {
    bytes_ = bytes;
    rows_.Clear();
    const std::span<const Element> elements = DecodeOne(decoder_, bytes_, rows_);
    REQUIRE(elements.size() == 1);
    CHECK(rows_.rows == (elements[0].row < 0 ? 0U : 1U));
    return elements[0];
  }

 private:
  Decoder decoder_;
  DecodedRows rows_;
  std::string bytes_;
};

Trial Calls(const std::vector<std::string>& fields) {
  return Trial(SpecOf(MessageSchema::CallMetric(), "event_time_ms", fields));
}

std::shared_ptr<const MessageSchema> Loaded(const google::protobuf::FileDescriptorSet& set,
                                            std::string_view message) {
  return MessageSchema::FromDescriptorSet(set.SerializeAsString(), message).value();
}
std::shared_ptr<const MessageSchema> Shop() { return Loaded(ShopSet(), "shop.Event"); }
std::shared_ptr<const MessageSchema> Old() { return Loaded(OldSet(), "old.Record"); }

std::string Timed(const std::string& rest) { return VarintField(2, kTime) + rest; }

TEST_CASE("absent scalars are their default, optional ones and those of absent messages NULL") {
  Trial trial = Calls(
      {"account_sid", "summary.duration_ms", "summary.pdd_ms", "summary.tags", "summary.state"});
  CHECK(trial.Read(Timed("")) == "\"\"|NULL|NULL|[]|NULL");
  CHECK(trial.Read(Timed(BytesField(16, ""))) == "\"\"|0|NULL|[]|NULL");
  CHECK(trial.Read(Timed(BytesField(16, VarintField(4, 0)))) == "\"\"|0|0|[]|NULL");
}

TEST_CASE("nothing of one record is left in the next") {
  Trial trial = Calls({"summary.duration_ms", "summary.tags", "sample.silence"});
  CHECK(trial.Read(Timed(BytesField(16, VarintField(7, 5) + VarintField(13, 2)))) == "5|[2]|NULL");
  CHECK(trial.Read(Timed("")) == "NULL|[]|NULL");
  CHECK(trial.Read(Timed(BytesField(16, VarintField(13, 1) + Tag(9, 7)))) == "BROKEN_PAYLOAD");
  CHECK(trial.Read(Timed("")) == "NULL|[]|NULL");
}

TEST_CASE("the last value wins and a message in several parts is merged") {
  Trial trial = Calls({"account_sid", "summary.duration_ms", "summary.pdd_ms", "summary.tags"});
  const std::string parts = BytesField(16, VarintField(7, 1) + VarintField(13, 3)) +
                            BytesField(6, "first") +
                            BytesField(16, VarintField(4, 9) + VarintField(13, 4)) +
                            BytesField(6, "last") + BytesField(16, VarintField(7, 2));
  CHECK(trial.Read(Timed(parts)) == "\"last\"|2|9|[3,4]");
}

TEST_CASE("the last member of a oneof wins, whether it is read or not") {
  Trial trial =
      Calls({"summary.state", "summary.duration_ms", "summary.tags", "progress.sip_response"});
  const std::string summary = BytesField(16, VarintField(1, 3) + VarintField(13, 2));
  const std::string sample = BytesField(17, VarintField(1, 10'000));
  const std::string progress = BytesField(18, VarintField(2, 180));
  CHECK(trial.Read(Timed(summary)) == "3|0|[2]|NULL");
  CHECK(trial.Read(Timed(summary + sample)) == "NULL|NULL|[]|NULL");
  CHECK(trial.Read(Timed(sample + summary)) == "3|0|[2]|NULL");
  CHECK(trial.Read(Timed(summary + progress)) == "NULL|NULL|[]|180");
  CHECK(trial.Read(Timed(summary + sample + BytesField(16, VarintField(7, 4)))) ==
        "NULL|4|[]|NULL");
}

TEST_CASE("a oneof member with another wire type is unknown and replaces nothing") {
  Trial trial = Calls({"summary.state"});
  const std::string summary = BytesField(16, VarintField(1, 3));
  CHECK(trial.Read(Timed(summary + VarintField(17, 1))) == "3");
  CHECK(trial.Read(Timed(summary + Tag(17, 3) + Tag(17, 4))) == "3");
}

TEST_CASE("a group of proto2 in a oneof replaces the member that is read") {
  Trial trial(SpecOf(Old(), "at_ms", {"number"}));
  const std::string at = VarintField(1, kTime);
  CHECK(trial.Read(at + VarintField(6, 5)) == "5");
  CHECK(trial.Read(at + VarintField(6, 5) + Tag(7, 3) + VarintField(1, 1) + Tag(7, 4)) == "NULL");
  CHECK(trial.Read(at + VarintField(6, 5) + Tag(5, 3) + VarintField(6, 9) + Tag(5, 4)) == "5");
}

TEST_CASE("presence of a message is a value of its own") {
  DecodeSpec spec = SpecOf(MessageSchema::CallMetric(), "event_time_ms", {});
  spec.fields = {spec.schema->ResolvePresence("summary", {}).value(),
                 spec.schema->ResolvePresence("sample.q", {}).value()};
  Trial trial(spec);
  CHECK(trial.Read(Timed("")) == "NULL|NULL");
  CHECK(trial.Read(Timed(BytesField(16, ""))) == "1|NULL");
  CHECK(trial.Read(Timed(BytesField(16, "") + BytesField(17, BytesField(3, "")))) == "NULL|1");
}

TEST_CASE("an enum's number 0 is NULL if it is unspecified, unknown numbers stay") {
  Trial trial(SpecOf(Shop(), "at_ms", {"color", "plain", "colors"}));
  const std::string at = VarintField(1, kTime);
  CHECK(trial.Read(at) == "NULL|0|[]");
  CHECK(trial.Read(at + VarintField(7, 17) + VarintField(8, 9)) == "17|9|[]");
  CHECK(trial.Read(at + VarintField(7, 1) + VarintField(7, 0)) == "NULL|0|[]");
  CHECK(trial.Read(at + BytesField(18, std::string("\x01\x00\x63", 3))) == "NULL|0|[1,99]");
  CHECK(trial.Read(at + VarintField(7, ~0ULL)) == "-1|0|[]");
}

TEST_CASE("defaults of proto2 are honoured, and without one absent is NULL") {
  Trial trial(
      SpecOf(Old(), "at_ms", {"with_default", "without", "text", "flag", "inner.with_default"}));
  const std::string at = VarintField(1, kTime);
  CHECK(trial.Read(at) == "7|NULL|\"none\"|1|NULL");
  CHECK(trial.Read(at + VarintField(2, 0) + BytesField(4, "") + VarintField(8, 0) +
                   BytesField(9, "")) == "0|NULL|\"\"|0|7");
}

TEST_CASE("an absent event time is invalid, even with a default") {
  Trial trial(SpecOf(Old(), "at_ms", {}));
  CHECK(trial.Read(VarintField(2, 1)) == "INVALID_TIME");
  CHECK(trial.Read(VarintField(1, kTime)).empty());
}

TEST_CASE("packed and unpacked lists are the same, in order") {
  Trial trial(SpecOf(Shop(), "at_ms", {"numbers", "shares", "texts"}));
  const std::string at = VarintField(1, kTime);
  CHECK(trial.Read(at + VarintField(5, 1) + BytesField(5, std::string("\x02\x00\x03", 3)) +
                   VarintField(5, 4)) == "[-1,1,0,-2,2]|[]|[]");
  std::string half(8, '\0');
  half[7] = '\x3f';
  half[6] = '\xe0';
  CHECK(trial.Read(at + BytesField(6, half + half) + Tag(6, 1) + half) ==
        "[]|[0.500000,0.500000,0.500000]|[]");
  CHECK(trial.Read(at + BytesField(14, "a") + BytesField(14, "")) == "[]|[]|[\"a\",\"\"]");
}

TEST_CASE("a broken packed list breaks what reads it, not the event time") {
  Trial reading(SpecOf(Shop(), "at_ms", {"numbers"}));
  Trial not_reading(SpecOf(Shop(), "at_ms", {}));
  for (const std::string& inside : {std::string("\x80"), std::string("\x01\xff", 2)}) {
    const std::string record = BytesField(5, inside) + VarintField(1, kTime);
    CHECK(reading.Read(record) == "BROKEN_PAYLOAD");
    CHECK(reading.ReadElement(record).event_time == kTime);
    CHECK(not_reading.Read(record).empty());
  }
  Trial doubles(SpecOf(Shop(), "at_ms", {"shares"}));
  CHECK(doubles.Read(VarintField(1, kTime) + BytesField(6, std::string(9, '\0'))) ==
        "BROKEN_PAYLOAD");
}

TEST_CASE("values are cut to the width of their type") {
  Trial trial(SpecOf(Shop(), "at_ms", {"big", "narrow", "ratio"}));
  const std::string at = VarintField(1, kTime);
  const std::string minus_one(4, '\xff');
  CHECK(trial.Read(at + VarintField(11, ~0ULL) + Tag(12, 5) + minus_one) ==
        "18446744073709551615|-1|0.000000");
  CHECK(trial.Read(at + Tag(13, 5) + std::string("\x00\x00\x20\x41", 4)) == "0|0|10.000000");
  Trial calls = Calls({"summary.last_sip_response"});
  CHECK(calls.Read(Timed(BytesField(16, VarintField(2, 0x1'0000'00c8)))) == "200");
}

TEST_CASE("a field number beyond the dense table is found") {
  Trial trial(SpecOf(Shop(), "at_ms", {"far"}));
  CHECK(trial.Read(VarintField(1, kTime) + BytesField(5000, "x") + BytesField(5001, "y")) ==
        "\"x\"");
}

TEST_CASE("one field may fill two columns") {
  Trial trial =
      Calls({"account_sid", "event_time_ms", "account_sid", "summary.tags", "summary.tags"});
  CHECK(trial.Read(Timed(BytesField(6, "A") + BytesField(16, VarintField(13, 1)))) ==
        "\"A\"|1700000000000|\"A\"|[1]|[1]");
}

TEST_CASE("groups are skipped by matching tags, wherever they lie") {
  Trial trial = Calls({"summary.duration_ms"});
  const std::string group =
      Tag(50, 3) + VarintField(2, 1) + Tag(51, 3) + BytesField(2, "x") + Tag(51, 4) + Tag(50, 4);
  CHECK(trial.Read(Timed(group + BytesField(16, group + VarintField(7, 3) + group))) == "3");
  CHECK(trial.Read(Timed(Tag(50, 3) + Tag(51, 4))) == "BROKEN");
  CHECK(trial.Read(Timed(Tag(50, 3))) == "BROKEN");
  CHECK(trial.Read(Timed(Tag(50, 4))) == "BROKEN");
  CHECK(trial.Read(Timed(BytesField(16, Tag(50, 3) + Tag(51, 4)))) == "BROKEN_PAYLOAD");
}

std::string NestedGroups(int depth) {
  std::string open;
  std::string close;
  for (int i = 0; i < depth; ++i) {
    open += Tag(50, 3);
    close += Tag(50, 4);
  }
  return open + close;
}

TEST_CASE("groups nest as deep as protobuf lets them and no deeper") {
  Trial trial = Calls({"summary.duration_ms"});
  CallMetric call;
  CHECK(call.ParseFromString(NestedGroups(100)));
  CHECK(trial.Read(Timed(NestedGroups(100))) == "NULL");
  CHECK(!call.ParseFromString(NestedGroups(101)));
  CHECK(trial.Read(Timed(NestedGroups(101))) == "BROKEN");
  CHECK(call.ParseFromString(BytesField(16, NestedGroups(99))));
  CHECK(trial.Read(Timed(BytesField(16, NestedGroups(99)))) == "0");
  CHECK(!call.ParseFromString(BytesField(16, NestedGroups(100))));
  CHECK(trial.Read(Timed(BytesField(16, NestedGroups(100)))) == "BROKEN_PAYLOAD");
}

std::vector<std::string> BrokenFraming() {
  std::vector<std::string> broken{
      Tag(3, 6),  // no such wire types
      Tag(3, 7),
      Tag(0, 0) + "\x01",  // field number 0
      Tag(0, 2) + std::string(1, '\0'),
      "\x80",                           // a tag that does not end
      std::string(5, '\x80') + "\x01",  // a tag of 6 bytes
      Tag(3, 0),                        // a value that is missing
      Tag(3, 0) + "\x80",
      Tag(3, 0) + std::string(10, '\xff') + "\x01",  // a varint of 11 bytes
      Tag(3, 1) + std::string(7, 'x'),               // short fixed ones
      Tag(3, 5) + std::string(3, 'x'),
      Tag(4, 2),  // lengths
      Tag(4, 2) + "\x05" + "four",
      Tag(4, 2) + std::string(5, '\x80') + std::string(1, '\0'),
      Tag(4, 2) + "\xff\xff\xff\xff\x0f",
  };
  return broken;
}

TEST_CASE("each kind of broken framing is broken where the event time is") {
  Trial trial = Calls({"account_sid"});
  CallMetric call;
  for (const std::string& broken : BrokenFraming()) {
    CAPTURE(broken);
    CHECK(!call.ParseFromString(Timed(broken)));
    CHECK(trial.Read(Timed(broken)) == "BROKEN");
    CHECK(trial.ReadElement(Timed(broken)).event_time == kNoWatermark);
  }
}

TEST_CASE("framing broken where only payload lies leaves the event time, before it or after") {
  Trial trial = Calls({"summary.state"});
  Trial not_reading = Calls({"account_sid"});
  for (const std::string& broken : BrokenFraming()) {
    CAPTURE(broken);
    for (const std::string& record :
         {Timed(BytesField(16, broken)), BytesField(16, broken) + VarintField(2, kTime)}) {
      CHECK(trial.Read(record) == "BROKEN_PAYLOAD");
      CHECK(trial.ReadElement(record).event_time == kTime);
      CHECK(not_reading.Read(record) == "\"\"");
    }
  }
}

TEST_CASE("a payload stays broken though a later oneof member replaces it") {
  Trial trial = Calls({"summary.state"});
  CHECK(trial.Read(Timed(BytesField(16, Tag(1, 7)) + BytesField(17, ""))) == "BROKEN_PAYLOAD");
}

TEST_CASE("framing broken on a nested level that leads to the event time breaks the event") {
  Trial nested(SpecOf(Shop(), "header.sent_ms", {"name"}));
  const std::string good = BytesField(3, VarintField(1, kTime));
  CHECK(nested.Read(good) == "\"\"");
  CHECK(nested.Read(good + BytesField(3, Tag(9, 7))) == "BROKEN");
  Trial message(SpecOf(Shop(), "at", {"name"}));
  CHECK(message.Read(BytesField(2, VarintField(1, 1'700'000'000))) == "\"\"");
  CHECK(message.Read(BytesField(2, VarintField(1, 1'700'000'000) + Tag(9, 6))) == "BROKEN");
}

TEST_CASE("surplus bytes of tags, lengths and varints are taken as protobuf takes them") {
  Trial trial = Calls({"summary.duration_ms", "account_sid"});
  const std::string long_zero = std::string(4, '\x80') + std::string(1, '\0');
  const std::string padded_tag = "\x90" + long_zero.substr(1);
  CHECK(trial.Read(padded_tag + VarintField(2, kTime).substr(1)) == "NULL|\"\"");
  CHECK(trial.Read(Timed("\xb2\x80\x80\x80\x70\x01z")) == "NULL|\"z\"");
  CHECK(trial.Read(Timed(Tag(6, 2) + "\x81\x80\x80\x80" + std::string(1, '\0') + "z")) ==
        "NULL|\"z\"");
  CHECK(trial.Read(Timed(BytesField(16, Tag(7, 0) + std::string(9, '\xff') + "\x7f"))) ==
        "18446744073709551615|\"\"");
}

TEST_CASE("only a text that is read must be UTF-8, at each of its occurrences") {
  Trial reading = Calls({"account_sid", "dims.from_hash"});
  Trial not_reading = Calls({"call_sid"});
  for (const std::string bad : {"\xff", "abcdefgh\xc3", "\xc0\x80", "abcdefghij\xed\xa0\x80"}) {
    const std::string record = Timed(BytesField(6, bad));
    CHECK(reading.Read(record) == "NOT_UTF8");
    CHECK(reading.ReadElement(record).event_time == kTime);
    CHECK(reading.Read(record + BytesField(6, "good")) == "NOT_UTF8");
    CHECK(not_reading.Read(record) == "\"\"");
  }
  const std::string bytes = Timed(BytesField(8, BytesField(17, "\xff")));
  CHECK(reading.Read(bytes) == "\"\"|\"\xff\"");
  CHECK(reading.Read(Timed(BytesField(6, "\xc3\xa9 \xf0\x9f\x98\x80"))) ==
        "\"\xc3\xa9 \xf0\x9f\x98\x80\"|NULL");
}

TEST_CASE("broken framing outranks text that is not UTF-8, an invalid time outranks both") {
  Trial trial = Calls({"account_sid", "summary.state"});
  const std::string faults = BytesField(6, "\xff") + BytesField(16, Tag(1, 7));
  CHECK(trial.Read(Timed(faults)) == "BROKEN_PAYLOAD");
  CHECK(trial.Read(faults) == "INVALID_TIME");
  CHECK(trial.Read(faults + Tag(1, 7)) == "BROKEN");
}

TEST_CASE("event time is valid from its minimum to the end of 9999") {
  Trial trial = Calls({});
  const auto read = [&](std::int64_t ms) {
    return trial.Read(VarintField(2, static_cast<std::uint64_t>(ms)));
  };
  CHECK(read(kMinEventTimeDefault.value()).empty());
  CHECK(read(kMinEventTimeDefault.value() - 1) == "INVALID_TIME");
  CHECK(read(kMaxEventTime.value()).empty());
  CHECK(read(kMaxEventTime.value() + 1) == "INVALID_TIME");
  CHECK(read(0) == "INVALID_TIME");
  CHECK(read(-1) == "INVALID_TIME");
  CHECK(trial.Read("") == "INVALID_TIME");
  CHECK(trial.Read(Tag(2, 5) + "abcd") == "INVALID_TIME");
}

TEST_CASE("seconds become milliseconds, and what overflows is invalid") {
  DecodeSpec spec = SpecOf(Shop(), "at_s", {});
  spec.time_unit = TimeUnit::kUnixSeconds;
  Trial trial(spec);
  const auto fixed = [](std::uint64_t value) {
    std::string out = Tag(15, 1);
    ByteWriter(out).Fixed64(value);
    return out;
  };
  CHECK(trial.ReadElement(fixed(1'700'000'000)).event_time == kTime);
  CHECK(trial.Read(fixed(1ULL << 62U)) == "INVALID_TIME");
  CHECK(trial.Read(fixed(~0ULL)) == "INVALID_TIME");
  CHECK(trial.Read(fixed(9'223'372'036'854'776)) == "INVALID_TIME");
}

TEST_CASE("a Timestamp is floored to milliseconds, merged from parts, and NULL outside its range") {
  Trial trial(SpecOf(Shop(), "at_ms", {"at", "at.nanos"}));
  const std::string at = VarintField(1, kTime);
  const auto negative = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
  CHECK(trial.Read(at) == "NULL|NULL");
  CHECK(trial.Read(at + BytesField(2, "")) == "0|0");
  CHECK(trial.Read(at + BytesField(2, VarintField(1, 2)) +
                   BytesField(2, VarintField(2, 1'999'999))) == "2001|1999999");
  CHECK(trial.Read(at + BytesField(2, VarintField(1, negative(-1)) +
                                          VarintField(2, 999'999'999))) == "-1|999999999");
  CHECK(trial.Read(at + BytesField(2, VarintField(1, negative(-1)) + VarintField(2, 1))) ==
        "-1000|1");
  CHECK(trial.Read(at + BytesField(2, VarintField(2, negative(-1)))) == "-1|-1");
  CHECK(trial.Read(at + BytesField(2, VarintField(1, 1ULL << 60U))) == "NULL|0");
  Trial event_time(SpecOf(Shop(), "at", {}));
  const std::string timed = BytesField(2, VarintField(1, 1'700'000'000) + VarintField(2, 999'999));
  CHECK(event_time.ReadElement(timed).event_time == kTime);
  CHECK(event_time.Read("") == "INVALID_TIME");
  CHECK(event_time.Read(BytesField(2, "")) == "INVALID_TIME");
  CHECK(event_time.Read(BytesField(2, VarintField(1, 1ULL << 60U))) == "INVALID_TIME");
}

TEST_CASE("after warm-up nothing is allocated, whatever the records are") {
  const DecodeSpec spec = EverythingOfCallMetric();
  Decoder decoder(spec);
  DecodedRows rows(spec);
  Random random(3);
  std::vector<std::string> records;
  for (int i = 0; i < 400; ++i)
    records.push_back(Mutated(RandomCall(random).SerializeAsString(), random));
  std::size_t during = 0;
  for (int round = 0; round < 3; ++round) {
    rows.Clear();
    const std::size_t before = allocations;
    for (const std::string& record : records) DecodeOne(decoder, record, rows);
    during = allocations - before;
    if (round == 0) CHECK(during > 0);
  }
  CHECK(during == 0);
  CHECK(rows.rows > 50);
}

TEST_CASE("rows are the same whether records are decoded alone or together") {
  const DecodeSpec spec = EverythingOfCallMetric();
  Random random(5);
  std::vector<std::string> records;
  for (int i = 0; i < 200; ++i)
    records.push_back(Mutated(RandomCall(random).SerializeAsString(), random));
  const std::vector<std::string_view> views(records.begin(), records.end());
  Decoder alone(spec);
  Decoder together(spec);
  DecodedRows rows_alone(spec);
  DecodedRows rows_together(spec);
  const DecodedRecords decoded = together.Decode(views, rows_together);
  REQUIRE(decoded.taken == records.size());
  REQUIRE(decoded.elements.size() == records.size());
  for (std::uint32_t i = 0; i < records.size(); ++i) {
    const Element element = DecodeOne(alone, records[i], rows_alone)[0];
    CHECK(decoded.elements[i].record == i);
    CHECK(decoded.elements[i].row == element.row);
    CHECK(decoded.elements[i].fault == element.fault);
    CHECK(decoded.elements[i].event_time == element.event_time);
  }
  REQUIRE(rows_alone.rows == rows_together.rows);
  CHECK(rows_alone.rows > 64);
  for (std::size_t row = 0; row < rows_alone.rows; ++row)
    CHECK(Row(rows_alone, row) == Row(rows_together, row));
}

TEST_CASE("records are taken until the rows are full, and the next ones after they are cleared") {
  const DecodeSpec spec = SpecOf(MessageSchema::CallMetric(), "event_time_ms", {"account_sid"});
  Decoder decoder(spec);
  DecodedRows rows(spec);
  std::vector<std::string> records;
  for (std::size_t i = 0; i < kBatchRows + 10; ++i)
    records.push_back(Timed(BytesField(6, std::to_string(i))));
  const std::vector<std::string_view> views(records.begin(), records.end());
  CHECK(decoder.Decode(views, rows).taken == kBatchRows);
  CHECK(rows.full());
  CHECK(decoder.Decode(views, rows).taken == 0);
  CHECK(Row(rows, kBatchRows - 1) == "\"1023\"");
  rows.Clear();
  CHECK(decoder.Decode(std::span(views).subspan(kBatchRows), rows).taken == 10);
  CHECK(Row(rows, 9) == "\"1033\"");
}

}  // namespace
}  // namespace tidemark
