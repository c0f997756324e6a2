#include "record/decoder.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/check.h"
#include "record/program.h"
#include "record/reader.h"

namespace tidemark {
namespace {

using google::protobuf::Descriptor;

// The range of google.protobuf.Timestamp: years 1 to 9999.
constexpr std::int64_t kMinSeconds = -62'135'596'800;
constexpr std::int64_t kMaxSeconds = 253'402'300'799;
constexpr std::int64_t kNanosPerMs = 1'000'000;

std::int64_t Signed(const Slot& slot) { return static_cast<std::int64_t>(slot.bits); }

std::string_view View(const Slot& slot) {
  return {std::bit_cast<const char*>(slot.bits), slot.size};
}

std::optional<std::int64_t> TimestampMs(const Slot& seconds, const Slot& nanos) {
  if (Signed(seconds) < kMinSeconds || Signed(seconds) > kMaxSeconds) return std::nullopt;
  return Signed(seconds) * 1000 + FloorDiv(Signed(nanos), kNanosPerMs);
}

void AppendListElement(Column& column, const Slot& slot) {
  column.valid.push_back(1);
  switch (column.type.kind) {
    case TypeKind::kString:
    case TypeKind::kBytes:
      return column.strings.push_back(View(slot));
    case TypeKind::kDecimal:
      return column.decimals.push_back(slot.bits);
    case TypeKind::kDouble:
      return column.doubles.push_back(std::bit_cast<double>(slot.bits));
    default:
      return column.integers.push_back(Signed(slot));
  }
}

void AppendList(Column& column, const std::vector<Slot>& list) {
  for (const Slot& slot : list) AppendListElement(*column.elements, slot);
  column.list_ends.push_back(static_cast<std::uint32_t>(column.elements->size()));
  column.valid.push_back(1);
}

// So many rows wait as slots until they become cells, column by column: their slots stay in the
// nearest cache.
constexpr std::size_t kPendingRows = 32;

// Records that are fetched ahead of the one that is read.
constexpr std::uint32_t kAhead = 4;

// How a value becomes a cell: the columns of one form are written in one loop, which asks for no
// type.
enum class Form : std::uint8_t { kText, kWord, kDecimal, kTimestamp, kList, kCount };

Form FormOf(const Type& type) {
  switch (type.kind) {
    case TypeKind::kString:
    case TypeKind::kBytes:
      return Form::kText;
    case TypeKind::kDecimal:
      return Form::kDecimal;
    case TypeKind::kTimestamp:
      return Form::kTimestamp;
    case TypeKind::kList:
      return Form::kList;
    default:
      return Form::kWord;
  }
}

// What fills one column: a slot, or a list's number. The slots of a Timestamp are its presence, its
// seconds and its nanos.
struct Filling {
  std::uint16_t index = 0;
  std::uint16_t column = 0;
};

template <class T>
void Store(std::byte* values, std::size_t row, T value) {
  std::memcpy(values + row * sizeof value, &value, sizeof value);
}

const Descriptor& ElementType(const DecodeSpec& spec) {
  const Descriptor* at = &spec.schema->descriptor();
  for (const std::int32_t number : spec.unnest) at = at->FindFieldByNumber(number)->message_type();
  return *at;
}

std::vector<Slot> Repeat(const std::vector<Slot>& row, std::size_t times) {
  std::vector<Slot> rows;
  for (std::size_t i = 0; i < times; ++i) rows.insert(rows.end(), row.begin(), row.end());
  return rows;
}

Program CompileElement(const DecodeSpec& spec) {
  ProgramSpec program{.root = &ElementType(spec),
                      .vital = spec.event_time.path,
                      .depth = static_cast<int>(spec.unnest.size())};
  for (const FieldPath& field : spec.fields) program.fields.push_back(field.path);
  return Compile(program);
}

Program CompileFrame(const DecodeSpec& spec) {
  return Compile(
      {.root = &spec.schema->descriptor(), .vital = spec.unnest, .elements = !spec.unnest.empty()});
}

}  // namespace

DecodedRows::DecodedRows(const DecodeSpec& spec) : cells_(spec.fields.size()) {
  columns.reserve(spec.fields.size());
  for (const FieldPath& field : spec.fields) columns.emplace_back(field.type);
  Reserve(kBatchRows);
}

void DecodedRows::Reserve(std::size_t room) {
  room_ = room;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    Column& column = columns[i];
    if (column.type.kind == TypeKind::kList) continue;
    column.Resize(room);
    cells_[i].valid = column.valid.data();
    switch (FormOf(column.type)) {
      case Form::kText:
        cells_[i].values = reinterpret_cast<std::byte*>(column.strings.data());
        break;
      case Form::kDecimal:
        cells_[i].values = reinterpret_cast<std::byte*>(column.decimals.data());
        break;
      default:
        cells_[i].values = column.type.kind == TypeKind::kDouble
                               ? reinterpret_cast<std::byte*>(column.doubles.data())
                               : reinterpret_cast<std::byte*>(column.integers.data());
    }
  }
}

void DecodedRows::Clear() {
  for (Column& column : columns) {
    if (column.type.kind == TypeKind::kList) column.Clear();
  }
  rows = 0;
  complete_ = 0;
}

struct Decoder::Impl {
  explicit Impl(DecodeSpec decode_spec)
      : spec(std::move(decode_spec)),
        frame(CompileFrame(spec)),
        element(CompileElement(spec)),
        blank(Repeat(element.program().absent, kPendingRows)),
        slots(blank) {
    for (std::size_t i = 0; i < spec.fields.size(); ++i) {
      const Place place = Locate(element.program(), spec.fields[i].path);
      fillings[static_cast<std::size_t>(FormOf(spec.fields[i].type))].push_back(
          {.index = place.index, .column = static_cast<std::uint16_t>(i)});
    }
    time = Locate(element.program(), spec.event_time.path);
    TM_CHECK(!time.list, "a list is no event time");
    TM_CHECK((spec.time_unit == TimeUnit::kTimestampMessage) ==
                 (spec.event_time.type.kind == TypeKind::kTimestamp),
             "the unit of the event time fits its type");
  }

  std::uint32_t DecodePlain(std::span<const std::string_view> records, DecodedRows& rows);
  void DecodeUnnested(std::string_view bytes, std::uint32_t record, DecodedRows& rows);
  void DecodeElement(std::string_view bytes, DecodedRows& rows, Element& to);
  ElementFault FaultOf(Reader::Outcome outcome, std::int64_t event_time) const;
  std::int64_t EventTimeOf(const Slot* slots) const;
  bool IsValid(std::int64_t event_time) const {
    return event_time >= least_time && event_time <= kMaxEventTime.value();
  }
  const std::vector<Filling>& FillingsOf(Form form) const {
    return fillings[static_cast<std::size_t>(form)];
  }
  std::int32_t AppendRow(DecodedRows& rows);
  // Calls fill(cells, row, slot) for the pending cells of the columns of one form, column by
  // column, and says which have a value.
  template <class Fill>
  void FillColumns(Form form, DecodedRows& rows, Fill fill) const;
  void Complete(DecodedRows& rows);

  DecodeSpec spec;
  std::int64_t least_time = std::max<std::int64_t>(1, spec.min_event_time.value());
  Reader frame;  // the levels down to the unnested field
  Reader element;
  std::array<std::vector<Filling>, static_cast<std::size_t>(Form::kCount)> fillings;
  Place time;
  std::vector<Element> elements;
  std::vector<Slot> frame_slots;
  std::vector<Slot> blank;  // `slots` before any record
  std::vector<Slot> slots;  // of the rows without cells; blank behind them
};

// 0 if it is absent or far outside.
inline std::int64_t Decoder::Impl::EventTimeOf(const Slot* row) const {
  const Slot& slot = row[time.index];
  if (spec.time_unit == TimeUnit::kTimestampMessage)
    return slot.valid == 0 ? 0 : TimestampMs((&slot)[1], (&slot)[2]).value_or(0);
  if (slot.valid != Slot::kRead) return 0;
  if (spec.time_unit == TimeUnit::kUnixMs) return Signed(slot);
  const bool in_range = Signed(slot) >= kMinSeconds && Signed(slot) <= kMaxSeconds;
  return in_range ? Signed(slot) * 1000 : 0;
}

// What the loop reads is taken out of its vectors first: a store of a byte may change anything
// else.
template <class Fill>
inline void Decoder::Impl::FillColumns(Form form, DecodedRows& rows, Fill fill) const {
  const std::size_t width = element.width();
  const std::size_t begin = rows.complete_;
  const std::size_t end = rows.rows;
  for (const Filling& filling : FillingsOf(form)) {
    const DecodedRows::Cells to = rows.cells_[filling.column];
    const Slot* slot = slots.data() + filling.index;
    for (std::size_t row = begin; row < end; ++row, slot += width) {
      to.valid[row] = slot->valid != 0 ? 1 : 0;
      fill(to, row, slot);
    }
  }
}

void Decoder::Impl::Complete(DecodedRows& rows) {
  using Cells = DecodedRows::Cells;
  if (rows.rows > rows.room_) rows.Reserve(std::max(rows.rows, 2 * rows.room_));
  FillColumns(Form::kText, rows, [](const Cells& to, std::size_t row, const Slot* slot) {
    Store(to.values, row, View(*slot));
  });
  FillColumns(Form::kWord, rows, [](const Cells& to, std::size_t row, const Slot* slot) {
    Store(to.values, row, slot->bits);
  });
  FillColumns(Form::kDecimal, rows, [](const Cells& to, std::size_t row, const Slot* slot) {
    Store(to.values, row, Int128{slot->bits});
  });
  FillColumns(Form::kTimestamp, rows, [](const Cells& to, std::size_t row, const Slot* slot) {
    const auto ms = slot->valid != 0 ? TimestampMs(slot[1], slot[2]) : std::nullopt;
    Store(to.values, row, ms.value_or(0));
    to.valid[row] = ms ? 1 : 0;
  });
  std::copy_n(blank.begin(), (rows.rows - rows.complete_) * element.width(), slots.begin());
  rows.complete_ = rows.rows;
}

[[gnu::always_inline]] inline std::int32_t Decoder::Impl::AppendRow(DecodedRows& rows) {
  for (const Filling& filling : FillingsOf(Form::kList))
    AppendList(rows.columns[filling.column], element.list(filling.index));
  const auto row = static_cast<std::int32_t>(rows.rows++);
  if (rows.rows - rows.complete_ == kPendingRows) Complete(rows);
  return row;
}

inline ElementFault Decoder::Impl::FaultOf(Reader::Outcome outcome, std::int64_t event_time) const {
  if (outcome == Reader::Outcome::kBroken) return ElementFault::kBroken;
  if (!IsValid(event_time)) return ElementFault::kInvalidEventTime;
  if (outcome == Reader::Outcome::kBrokenPayload) return ElementFault::kBrokenPayload;
  return outcome == Reader::Outcome::kNotUtf8 ? ElementFault::kNotUtf8 : ElementFault::kNone;
}

[[gnu::always_inline]] inline void Decoder::Impl::DecodeElement(std::string_view bytes,
                                                                DecodedRows& rows, Element& to) {
  const std::size_t width = element.width();
  Slot* const row = slots.data() + (rows.rows - rows.complete_) * width;
  const Reader::Outcome outcome = element.Read(bytes, row);
  const std::int64_t event_time = EventTimeOf(row);
  if (outcome == Reader::Outcome::kWhole && IsValid(event_time)) {
    to.event_time = event_time;
    to.row = AppendRow(rows);
    return;
  }
  std::copy_n(blank.data(), width, row);
  to.fault = FaultOf(outcome, event_time);
  if (HasTime(to.fault)) to.event_time = event_time;
}

// The bytes of a record to come. The processor foresees memory that is read in order, but not in
// time at this pace. Of a long record the first lines: it catches up with the others.
inline void Fetch(std::string_view record) {
  for (std::size_t line = 0; line < 4; ++line) __builtin_prefetch(record.data() + 64 * line);
}

// Elements are filled where they lie: copying what was just written in pieces waits for them.
std::uint32_t Decoder::Impl::DecodePlain(std::span<const std::string_view> records,
                                         DecodedRows& rows) {
  const std::size_t room = rows.full() ? 0 : kBatchRows - rows.rows;
  const auto count = static_cast<std::uint32_t>(std::min(records.size(), room));
  elements.resize(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    if (i + kAhead < count) Fetch(records[i + kAhead]);
    elements[i].record = i;
    DecodeElement(records[i], rows, elements[i]);
  }
  return count;
}

void Decoder::Impl::DecodeUnnested(std::string_view bytes, std::uint32_t record,
                                   DecodedRows& rows) {
  frame_slots = frame.program().absent;
  if (frame.Read(bytes, frame_slots.data()) == Reader::Outcome::kBroken) {
    elements.push_back({.record = record, .fault = ElementFault::kUnframed});
    return;
  }
  std::uint32_t index = 0;
  for (const std::string_view piece : frame.elements()) {
    elements.emplace_back();
    elements.back().record = record;
    elements.back().index = index++;
    DecodeElement(piece, rows, elements.back());
  }
}

Decoder::Decoder(DecodeSpec spec) : impl_(std::make_unique<Impl>(std::move(spec))) {}
Decoder::~Decoder() = default;

DecodedRecords Decoder::Decode(std::span<const std::string_view> records, DecodedRows& rows) {
  impl_->elements.clear();
  std::uint32_t taken = 0;
  if (impl_->spec.unnest.empty()) {
    taken = impl_->DecodePlain(records, rows);
  } else {
    for (; taken < records.size() && !rows.full(); ++taken)
      impl_->DecodeUnnested(records[taken], taken, rows);
  }
  impl_->Complete(rows);
  return {.taken = taken, .elements = impl_->elements};
}

const DecodeSpec& Decoder::spec() const { return impl_->spec; }

}  // namespace tidemark
