#include "shuffle/frame.h"

#include <catch2/catch.hpp>

#include "base/tests/format_example.h"
#include "base/text.h"
#include "shuffle/tests/arbitrary.h"

namespace tidemark {
namespace {

struct Cell {
  InstanceId instance;
  std::int64_t slice_end = 0;
  std::int64_t tag = 0;
  std::string key;
  std::string states;
  friend bool operator==(const Cell&, const Cell&) = default;
};

// The states of these tests are one length-prefixed string.
std::string EncodeState(std::string_view text) {
  std::string bytes;
  ByteWriter(bytes).LengthPrefixed(text);
  return bytes;
}

std::vector<std::string> Write(const FrameHeader& header, const std::vector<Cell>& cells) {
  FrameWriter writer(header);
  const Cell* last = nullptr;
  for (const Cell& cell : cells) {
    if (last == nullptr || last->instance != cell.instance || last->slice_end != cell.slice_end ||
        last->tag != cell.tag) {
      writer.BeginBlock(cell.instance, cell.slice_end, cell.tag);
    }
    writer.AddCell(cell.key, EncodeState(cell.states));
    last = &cell;
  }
  return writer.Finish();
}

// Takes every cell; the error of the reader if it has one.
Result<std::vector<Cell>> ReadCells(FrameReader& reader) {
  std::vector<Cell> cells;
  while (true) {
    TM_ASSIGN_OR_RETURN(const std::optional<BlockHeader> block, reader.NextBlock());
    if (!block) return cells;
    for (std::uint64_t i = 0; i < block->cells && reader.states().ok(); ++i) {
      const std::string_view key = reader.NextKey();
      const std::string_view states = reader.states().LengthPrefixed();
      cells.push_back(
          {block->instance, block->slice_end, block->tag, std::string(key), std::string(states)});
    }
  }
}

Status ReadAll(std::string_view bytes) {
  TM_ASSIGN_OR_RETURN(FrameReader reader, FrameReader::Open(bytes));
  return ReadCells(reader).status();
}

std::vector<Cell> AnyCells() {
  std::vector<Cell> cells(*rc::gen::inRange<std::size_t>(0, 20));
  for (Cell& cell : cells) {
    cell = {InstanceId(*rc::gen::inRange<std::uint32_t>(1, 3)),
            *rc::gen::inRange<std::int64_t>(-2, 2), *rc::gen::inRange<std::int64_t>(-1, 2),
            Any<std::string>(), Any<std::string>()};
  }
  return cells;
}

void CheckSameHeader(const FrameHeader& read, const FrameHeader& written) {
  RC_ASSERT(read.incarnation == written.incarnation);
  RC_ASSERT(read.plan_version == written.plan_version);
  RC_ASSERT(read.lane == written.lane);
  RC_ASSERT(read.sequence == written.sequence);
  RC_ASSERT(read.epoch == written.epoch);
  RC_ASSERT(read.sections == written.sections);
}

FrameHeader SmallHeader() {
  FrameHeader header{
      .lane = Lane(3U), .sequence = LaneSequence(7U), .epoch = OwnerEpoch(2U), .sections = {}};
  header.sections.push_back({.source = SourceOrdinal(3U),
                             .from = Offset(10),
                             .to = Offset(20),
                             .watermark = Watermark(5),
                             .counters = {}});
  return header;
}

TEST_CASE("a frame returns the sections and cells it was written with") {
  CHECK(rc::check([] {
    const FrameHeader header = AnyFrameHeader();
    const std::vector<Cell> cells = AnyCells();
    const std::vector<std::string> parts = Write(header, cells);
    RC_ASSERT(parts.size() == 1U);
    const ExactCopy copy(parts[0]);
    auto reader = FrameReader::Open(copy.view());
    RC_ASSERT(reader.ok());
    CheckSameHeader(reader->header(), header);
    RC_ASSERT(reader->header().part == 0U);
    RC_ASSERT(reader->header().parts == 1U);
    const auto read = ReadCells(*reader);
    RC_ASSERT(read.ok());
    RC_ASSERT(*read == cells);
  }));
}

TEST_CASE("a frame without cells still carries its sections") {
  const std::vector<std::string> parts = FrameWriter(SmallHeader()).Finish();
  REQUIRE(parts.size() == 1);
  auto reader = FrameReader::Open(parts[0]);
  REQUIRE(reader.ok());
  CHECK(reader->header().sections == SmallHeader().sections);
  CHECK_FALSE(reader->NextBlock().value().has_value());
}

TEST_CASE("the no-watermark flag follows the watermark, whatever the caller set") {
  FrameHeader header = SmallHeader();
  header.sections[0].flags = kSectionNoWatermark | kSectionIdle;
  const std::string with = FrameWriter(header).Finish()[0];
  CHECK(FrameReader::Open(with)->header().sections[0].watermark == Watermark(5));
  CHECK(FrameReader::Open(with)->header().sections[0].flags == kSectionIdle);
  header.sections[0].watermark.reset();
  header.sections[0].flags = kSectionIdle;
  const std::string without = FrameWriter(header).Finish()[0];
  CHECK_FALSE(FrameReader::Open(without)->header().sections[0].watermark.has_value());
  CHECK(FrameReader::Open(without)->header().sections[0].flags == kSectionIdle);
}

TEST_CASE("a block begun without a cell leaves no trace") {
  FrameWriter writer(SmallHeader());
  writer.BeginBlock(InstanceId(1U), 100, 0);
  writer.BeginBlock(InstanceId(2U), 100, 0);
  CHECK(writer.Finish() == FrameWriter(SmallHeader()).Finish());
}

TEST_CASE("a writer can be used again after Finish") {
  FrameWriter writer(SmallHeader());
  writer.BeginBlock(InstanceId(1U), 100, 0);
  writer.AddCell("key", EncodeState("state"));
  const auto first = writer.Finish();
  CHECK(writer.Finish() == FrameWriter(SmallHeader()).Finish());
  writer.BeginBlock(InstanceId(1U), 100, 0);
  writer.AddCell("key", EncodeState("state"));
  CHECK(writer.Finish() == first);
}

TEST_CASE("a frame beyond the limit is cut into parts that together hold every cell once") {
  std::vector<Cell> cells;
  for (int i = 0; i < 3'000; ++i) {
    cells.push_back(
        {InstanceId(i < 1'500 ? 1U : 2U), 60'000, 0, StrCat("key-", i), std::string(1'000, 's')});
  }
  const auto parts = Write(SmallHeader(), cells);
  REQUIRE(parts.size() == 4);
  std::vector<Cell> read;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    CHECK(parts[i].size() <= kMaxFrameBytes);
    auto reader = FrameReader::Open(parts[i]);
    REQUIRE(reader.ok());
    CHECK(reader->header().part == i);
    CHECK(reader->header().parts == parts.size());
    CHECK(reader->header().sections == SmallHeader().sections);
    const std::vector<Cell> part_cells = ReadCells(*reader).value();
    read.insert(read.end(), part_cells.begin(), part_cells.end());
  }
  CHECK(read == cells);
}

TEST_CASE("parts are filled to within one cell of the limit") {
  std::vector<Cell> cells;
  for (int i = 0; i < 2'000; ++i)
    cells.push_back({InstanceId(1U), 60'000, 0, "k", std::string(1'000, 's')});
  const auto parts = Write(SmallHeader(), cells);
  REQUIRE(parts.size() == 3);
  CHECK(parts[0].size() > kMaxFrameBytes - 1'500);
  CHECK(parts[1].size() > kMaxFrameBytes - 1'500);
}

TEST_CASE("a cell larger than a frame gets a part of its own") {
  const std::vector<Cell> cells = {
      {InstanceId(1U), 60'000, 0, "before", "s"},
      {InstanceId(1U), 60'000, 0, "huge", std::string(kMaxFrameBytes, 's')},
      {InstanceId(1U), 60'000, 0, "after", "s"}};
  const auto parts = Write(SmallHeader(), cells);
  REQUIRE(parts.size() == 3);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    auto reader = FrameReader::Open(parts[i]);
    CHECK(ReadCells(*reader).value() == std::vector<Cell>{cells[i]});
  }
}

TEST_CASE("every truncation of a frame is an error") {
  const std::string whole = Write(SmallHeader(), {{InstanceId(1U), 60'000, 0, "a", "1"},
                                                  {InstanceId(1U), 60'000, 120'000, "b", "2"}})[0];
  REQUIRE(ReadAll(whole).ok());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    INFO("of " << size << " bytes");
    CHECK(ReadAll(ExactCopy(whole.substr(0, size)).view()).code() == StatusCode::kDataLoss);
  }
  CHECK(ReadAll(whole + '\0').code() == StatusCode::kDataLoss);
}

TEST_CASE("damaged frames are read or refused, never over-read") {
  CHECK(rc::check([] {
    const std::string bytes = Write(AnyFrameHeader(), AnyCells())[0];
    const ExactCopy damaged(Damaged(bytes));
    const Status status = ReadAll(damaged.view());
    RC_CLASSIFY(status.ok(), "still readable");
  }));
}

TEST_CASE("random bytes behind the magic are refused without much memory") {
  CHECK(rc::check([] {
    const ExactCopy bytes("TMF1" +
                          std::string("\x01\0"
                                      "00000000",
                                      10) +
                          Any<std::string>());
    RC_CLASSIFY(ReadAll(bytes.view()).ok(), "readable");
  }));
}

TEST_CASE("a count that cannot be true is refused before anything is allocated") {
  std::string bytes = "TMF1" + std::string(
                                   "\x01\0"
                                   "00000000",
                                   10);
  ByteWriter out(bytes);
  for (const std::uint64_t field : {1U, 0U, 1U, 1U, 0U, 1U}) out.Leb128(field);
  out.Leb128(~std::uint64_t{0});  // sections
  CHECK(FrameReader::Open(bytes).status().code() == StatusCode::kDataLoss);
}

// SmallHeader's bytes with one replaced.
std::string With(std::size_t at, char byte) {
  std::string bytes = FrameWriter(SmallHeader()).Finish()[0];
  bytes[at] = byte;
  return bytes;
}

TEST_CASE("a frame of a newer version is refused with what to do") {
  const Status status = FrameReader::Open(With(4, 2)).status();
  CHECK(status.code() == StatusCode::kFailedPrecondition);
  CHECK(status.message() ==
        "frame format version 2 is newer than this program, which reads up to 1: upgrade the "
        "workers");
}

TEST_CASE("fields that contradict each other or are unknown are refused") {
  REQUIRE(FrameReader::Open(With(4, 1)).ok());
  CHECK_FALSE(FrameReader::Open(With(0, 'X')).ok());  // magic
  CHECK_FALSE(FrameReader::Open(With(4, 0)).ok());    // version
  CHECK_FALSE(FrameReader::Open(With(5, 1)).ok());    // flags
  CHECK_FALSE(FrameReader::Open(With(6, 'A')).ok());  // incarnation
  CHECK_FALSE(FrameReader::Open(With(18, 1)).ok());   // part = parts
  CHECK_FALSE(FrameReader::Open(With(19, 0)).ok());   // no parts
  CHECK_FALSE(FrameReader::Open(With(22, 21)).ok());  // from > to
  CHECK_FALSE(FrameReader::Open(With(24, 32)).ok());  // section flag
}

TEST_CASE("sections and query counters out of order are refused") {
  FrameHeader sections = SmallHeader();
  sections.sections.push_back(sections.sections[0]);
  CHECK_FALSE(FrameReader::Open(FrameWriter(sections).Finish()[0]).ok());
  FrameHeader queries = SmallHeader();
  queries.sections[0].counters.queries = {{.instance = InstanceId(2U)},
                                          {.instance = InstanceId(1U)}};
  CHECK_FALSE(FrameReader::Open(FrameWriter(queries).Finish()[0]).ok());
}

FrameHeader ExampleHeader() {
  FrameHeader header{.incarnation = Incarnation::Parse("k3v9x0ab").value(),
                     .plan_version = PlanVersion(1U),
                     .lane = Lane(1U),
                     .sequence = LaneSequence(300U),
                     .epoch = OwnerEpoch(5U),
                     .sections = {}};
  Section busy{.source = SourceOrdinal(1U),
               .from = Offset(1'000),
               .to = Offset(1'010),
               .watermark = Watermark(1'764'064'800'000),
               .counters = {.records = 1'010,
                            .decoded = 1'007,
                            .events = 1'007,
                            .dead_letter = 2,
                            .quarantined = 1,
                            .partly_dead = 0,
                            .tombstones = 1,
                            .lost = 0,
                            .queries = {}}};
  busy.counters.queries = {{.instance = InstanceId(1U),
                            .aggregated = 990,
                            .filtered = 10,
                            .late = 7,
                            .partly_late = 3,
                            .late_while_open = 2}};
  Section idle{.source = SourceOrdinal(3U),
               .from = Offset(40),
               .to = Offset(40),
               .flags = kSectionIdle,
               .counters = {}};
  header.sections = {busy, idle};
  return header;
}

TEST_CASE("the example of docs/formats/frame.md is what it says") {
  const std::string bytes = FormatExample("docs/formats/frame.md");
  auto reader = FrameReader::Open(bytes);
  REQUIRE(reader.ok());
  CHECK(reader->header().incarnation.text() == "k3v9x0ab");
  CHECK(reader->header().plan_version == PlanVersion(1U));
  CHECK(reader->header().lane == Lane(1U));
  CHECK(reader->header().sequence == LaneSequence(300U));
  CHECK(reader->header().epoch == OwnerEpoch(5U));
  CHECK(reader->header().part == 0);
  CHECK(reader->header().parts == 1);
  CHECK(reader->header().sections == ExampleHeader().sections);
  const std::vector<Cell> cells = ReadCells(*reader).value();
  const std::string us("\0\x05\x02US", 5);
  CHECK(cells ==
        std::vector<Cell>{{InstanceId(1U), 1'764'064'860'000, 0, us, "\x07"},
                          {InstanceId(1U), 1'764'064'860'000, 0, std::string("\0\0", 2), "\x02"},
                          {InstanceId(1U), 1'764'064'800'000, 1'764'064'800'000, us, "\x01"}});
  CHECK(ToHex(Write(ExampleHeader(), cells)[0]) == ToHex(bytes));
}

}  // namespace
}  // namespace tidemark
