#include "shuffle/frame.h"

#include <limits>
#include <utility>

#include "base/check.h"
#include "base/text.h"

namespace tidemark {
namespace {

constexpr std::string_view kMagic = "TMF1";
constexpr std::uint8_t kKnownSectionFlags =
    kSectionNoWatermark | kSectionIdle | kSectionJoin | kSectionStart | kSectionSkip;
// Magic, version, flags, incarnation, four 64-bit LEB128, part, parts and the block count at their
// longest.
constexpr std::size_t kMaxPrefixBytes = 4 + 1 + 1 + Incarnation::kSize + 4 * 10 + 3 * 10;
// A block header at its longest: kind, instance, slice end, tag, cells.
constexpr std::size_t kMaxBlockHeaderBytes = 5 * 10;
// The fewest bytes of one element, to refuse a count that cannot be true before anything is
// allocated.
constexpr std::size_t kMinSectionBytes = 13;
constexpr std::size_t kMinQueryBytes = 6;
constexpr std::size_t kMinBlockBytes = 7;
constexpr std::size_t kMinCellBytes = 2;

void Append(const QueryCounters& query, ByteWriter& out) {
  out.Leb128(query.instance.value());
  out.Leb128(query.aggregated);
  out.Leb128(query.filtered);
  out.Leb128(query.late);
  out.Leb128(query.partly_late);
  out.Leb128(query.late_while_open);
}

void Append(const SourceCounters& counters, ByteWriter& out) {
  out.Leb128(counters.records);
  out.Leb128(counters.decoded);
  out.Leb128(counters.events);
  out.Leb128(counters.dead_letter);
  out.Leb128(counters.quarantined);
  out.Leb128(counters.partly_dead);
  out.Leb128(counters.tombstones);
  out.Leb128(counters.lost);
  out.Leb128(counters.queries.size());
  for (const QueryCounters& query : counters.queries) Append(query, out);
}

std::uint8_t WireFlags(const Section& section) {
  const auto flags = static_cast<std::uint8_t>(section.flags & ~kSectionNoWatermark);
  return section.watermark ? flags : static_cast<std::uint8_t>(flags | kSectionNoWatermark);
}

void Append(const Section& section, ByteWriter& out) {
  TM_CHECK(section.from.value() >= 0 && section.from <= section.to,
           "a section is a range of offsets");
  out.Leb128(section.source.value());
  out.Leb128(static_cast<std::uint64_t>(section.from.value()));
  out.Leb128(static_cast<std::uint64_t>(section.to.value()));
  out.U8(WireFlags(section));
  if (section.watermark) out.ZigZagLeb128(section.watermark->value());
  Append(section.counters, out);
}

Status Malformed(std::string_view what) {
  return Status::DataLoss(StrCat("malformed frame: ", what));
}

std::uint32_t ReadU32(ByteReader& in) {
  const std::uint64_t value = in.Leb128();
  if (value > std::numeric_limits<std::uint32_t>::max()) in.Fail();
  return static_cast<std::uint32_t>(value);
}

Offset ReadOffset(ByteReader& in) {
  const std::uint64_t value = in.Leb128();
  if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) in.Fail();
  return Offset(static_cast<std::int64_t>(value));
}

// A count of elements that take at least `bytes` each. Fails the reader if they cannot be there.
std::uint64_t ReadCount(ByteReader& in, std::size_t bytes) {
  const std::uint64_t count = in.Leb128();
  if (count > in.remaining() / bytes) {
    in.Fail();
    return 0;
  }
  return count;
}

QueryCounters ReadQuery(ByteReader& in) {
  QueryCounters query;
  query.instance = InstanceId(ReadU32(in));
  query.aggregated = in.Leb128();
  query.filtered = in.Leb128();
  query.late = in.Leb128();
  query.partly_late = in.Leb128();
  query.late_while_open = in.Leb128();
  return query;
}

SourceCounters ReadCounters(ByteReader& in) {
  SourceCounters counters;
  counters.records = in.Leb128();
  counters.decoded = in.Leb128();
  counters.events = in.Leb128();
  counters.dead_letter = in.Leb128();
  counters.quarantined = in.Leb128();
  counters.partly_dead = in.Leb128();
  counters.tombstones = in.Leb128();
  counters.lost = in.Leb128();
  for (std::uint64_t left = ReadCount(in, kMinQueryBytes); left > 0 && in.ok(); --left) {
    const QueryCounters query = ReadQuery(in);
    if (!counters.queries.empty() && query.instance <= counters.queries.back().instance) in.Fail();
    counters.queries.push_back(query);
  }
  return counters;
}

Section ReadSection(ByteReader& in) {
  Section section;
  section.source = SourceOrdinal(ReadU32(in));
  section.from = ReadOffset(in);
  section.to = ReadOffset(in);
  const std::uint8_t flags = in.U8();
  if (section.from > section.to || (flags & ~kKnownSectionFlags) != 0) in.Fail();
  section.flags = static_cast<std::uint8_t>(flags & ~kSectionNoWatermark);
  if ((flags & kSectionNoWatermark) == 0) section.watermark = Watermark(in.ZigZagLeb128());
  section.counters = ReadCounters(in);
  return section;
}

Status ReadSections(ByteReader& in, std::vector<Section>& out) {
  for (std::uint64_t left = ReadCount(in, kMinSectionBytes); left > 0 && in.ok(); --left) {
    Section section = ReadSection(in);
    if (!out.empty() && section.source <= out.back().source) in.Fail();
    out.push_back(std::move(section));
  }
  if (!in.ok()) return Malformed(StrCat("section ", out.size(), " is broken or out of order"));
  return {};
}

Status CheckVersion(ByteReader& in) {
  if (in.Bytes(kMagic.size()) != kMagic) return Malformed("it does not begin with TMF1");
  const std::uint8_t version = in.U8();
  if (version > kFrameVersion) {
    return Status::FailedPrecondition(StrCat("frame format version ", version,
                                             " is newer than this program, which reads up to ",
                                             kFrameVersion, ": upgrade the workers"));
  }
  if (version == 0 || in.U8() != 0 || !in.ok()) return Malformed("unknown version or flags");
  return {};
}

Status ReadHeader(ByteReader& in, FrameHeader& header) {
  TM_RETURN_IF_ERROR(CheckVersion(in));
  auto incarnation = Incarnation::Parse(in.Bytes(Incarnation::kSize));
  if (!incarnation.ok()) return Malformed("no incarnation");
  header.incarnation = *incarnation;
  header.plan_version = PlanVersion(in.Leb128());
  header.lane = Lane(ReadU32(in));
  header.sequence = LaneSequence(in.Leb128());
  header.epoch = OwnerEpoch(in.Leb128());
  header.part = ReadU32(in);
  header.parts = ReadU32(in);
  if (!in.ok() || header.part >= header.parts) return Malformed("its header is broken");
  return ReadSections(in, header.sections);
}

}  // namespace

FrameWriter::FrameWriter(FrameHeader header) : header_(std::move(header)) {
  ByteWriter out(sections_);
  out.Leb128(header_.sections.size());
  for (const Section& section : header_.sections) Append(section, out);
}

void FrameWriter::BeginBlock(InstanceId instance, std::int64_t slice_end, std::int64_t tag) {
  CloseBlock();
  block_ = BlockHeader{.instance = instance, .slice_end = slice_end, .tag = tag};
}

bool FrameWriter::Fits(std::size_t cell_bytes) const {
  return kMaxPrefixBytes + sections_.size() + open_.bytes.size() + kMaxBlockHeaderBytes +
             cells_.size() + cell_bytes <=
         kMaxFrameBytes;
}

void FrameWriter::AddCell(std::string_view key, std::string_view states) {
  TM_CHECK(block_.has_value() && !states.empty(),
           "a cell belongs to a block and has its event count");
  const bool has_cells = open_.count > 0 || block_->cells > 0;
  if (has_cells && !Fits(key.size() + 10 + states.size())) ClosePart();
  ByteWriter out(cells_);
  out.LengthPrefixed(key);
  out.Bytes(states);
  ++block_->cells;
}

// The block's identity stays, so that the next part can go on with it.
void FrameWriter::CloseBlock() {
  if (!block_ || block_->cells == 0) return;
  ByteWriter out(open_.bytes);
  out.U8(static_cast<std::uint8_t>(BlockKind::kStates));
  out.Leb128(block_->instance.value());
  out.ZigZagLeb128(block_->slice_end);
  out.ZigZagLeb128(block_->tag);
  out.Leb128(block_->cells);
  out.Bytes(cells_);
  ++open_.count;
  cells_.clear();
  block_->cells = 0;
}

void FrameWriter::ClosePart() {
  CloseBlock();
  parts_.push_back(std::exchange(open_, {}));
}

std::string FrameWriter::EncodePart(std::size_t part) const {
  const Blocks& blocks = parts_[part];
  std::string bytes;
  bytes.reserve(kMaxPrefixBytes + sections_.size() + blocks.bytes.size());
  ByteWriter out(bytes);
  out.Bytes(kMagic);
  out.U8(kFrameVersion);
  out.U8(0);
  out.Bytes(header_.incarnation.text());
  out.Leb128(header_.plan_version.value());
  out.Leb128(header_.lane.value());
  out.Leb128(header_.sequence.value());
  out.Leb128(header_.epoch.value());
  out.Leb128(part);
  out.Leb128(parts_.size());
  out.Bytes(sections_);
  out.Leb128(blocks.count);
  out.Bytes(blocks.bytes);
  return bytes;
}

std::vector<std::string> FrameWriter::Finish() {
  ClosePart();
  std::vector<std::string> encoded;
  encoded.reserve(parts_.size());
  for (std::size_t part = 0; part < parts_.size(); ++part) encoded.push_back(EncodePart(part));
  parts_.clear();
  block_.reset();
  return encoded;
}

Result<FrameReader> FrameReader::Open(std::string_view bytes) {
  FrameReader reader(bytes);
  TM_RETURN_IF_ERROR(ReadHeader(reader.in_, reader.header_));
  reader.blocks_left_ = ReadCount(reader.in_, kMinBlockBytes);
  if (!reader.in_.ok()) return Malformed("it has fewer blocks than it says");
  return reader;
}

Result<std::optional<BlockHeader>> FrameReader::NextBlock() {
  if (!in_.ok()) return Malformed("a cell is broken");
  TM_CHECK(cells_left_ == 0, "every cell of a block is taken before the next block");
  if (blocks_left_ == 0) {
    if (!in_.at_end()) return Malformed(StrCat(in_.remaining(), " bytes behind the last block"));
    return std::optional<BlockHeader>();
  }
  --blocks_left_;
  if (in_.U8() != static_cast<std::uint8_t>(BlockKind::kStates))
    return Malformed("a block of unknown kind");
  BlockHeader block;
  block.instance = InstanceId(ReadU32(in_));
  block.slice_end = in_.ZigZagLeb128();
  block.tag = in_.ZigZagLeb128();
  block.cells = ReadCount(in_, kMinCellBytes);
  if (!in_.ok() || block.cells == 0) return Malformed("a block is broken");
  cells_left_ = block.cells;
  return std::optional(block);
}

std::string_view FrameReader::NextKey() {
  TM_CHECK(cells_left_ > 0, "the block has no cell left");
  --cells_left_;
  return in_.LengthPrefixed();
}

}  // namespace tidemark
