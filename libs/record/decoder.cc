#include "record/decoder.h"

#include <google/protobuf/descriptor.h>

#include <bit>

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

void AppendTimestamp(Column& column, const Slot* slots) {
  const auto ms = slots[0].valid != 0 ? TimestampMs(slots[1], slots[2]) : std::nullopt;
  column.integers.push_back(ms.value_or(0));
  column.valid.push_back(ms ? 1 : 0);
}

// Appends one value. The slots of a Timestamp are its presence, its seconds and its nanos.
[[gnu::always_inline]] inline void AppendSlot(Column& column, const Slot* slot) {
  const bool valid = slot->valid != 0;
  switch (column.type.kind) {
    case TypeKind::kString:
    case TypeKind::kBytes:
      column.strings.push_back(valid ? View(*slot) : std::string_view());
      break;
    case TypeKind::kDecimal:
      column.decimals.push_back(valid ? slot->bits : 0);
      break;
    case TypeKind::kDouble:
      column.doubles.push_back(valid ? std::bit_cast<double>(slot->bits) : 0);
      break;
    case TypeKind::kTimestamp:
      return AppendTimestamp(column, slot);
    default:
      column.integers.push_back(valid ? Signed(*slot) : 0);
  }
  column.valid.push_back(valid ? 1 : 0);
}

void AppendList(Column& column, const std::vector<Slot>& list) {
  for (const Slot& slot : list) AppendSlot(*column.elements, &slot);
  column.list_ends.push_back(static_cast<std::uint32_t>(column.elements->size()));
  column.valid.push_back(1);
}

const Descriptor& ElementType(const DecodeSpec& spec) {
  const Descriptor* at = &spec.schema->descriptor();
  for (const std::int32_t number : spec.unnest) at = at->FindFieldByNumber(number)->message_type();
  return *at;
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

DecodedRows::DecodedRows(const DecodeSpec& spec) {
  columns.reserve(spec.fields.size());
  for (const FieldPath& field : spec.fields) columns.emplace_back(field.type);
}

void DecodedRows::Clear() {
  for (Column& column : columns) column.Clear();
  rows = 0;
}

struct Decoder::Impl {
  explicit Impl(DecodeSpec decode_spec)
      : spec(std::move(decode_spec)), frame(CompileFrame(spec)), element(CompileElement(spec)) {
    for (const FieldPath& field : spec.fields)
      places.push_back(Locate(element.program(), field.path));
    time = Locate(element.program(), spec.event_time.path);
    TM_CHECK(!time.list, "a list is no event time");
    TM_CHECK((spec.time_unit == TimeUnit::kTimestampMessage) ==
                 (spec.event_time.type.kind == TypeKind::kTimestamp),
             "the unit of the event time fits its type");
  }

  Element DecodeElement(std::string_view bytes, DecodedRows& rows);
  std::int64_t EventTimeOfElement() const;
  bool IsValid(std::int64_t event_time) const {
    return event_time > 0 && event_time >= spec.min_event_time.value() &&
           event_time <= kMaxEventTime.value();
  }
  std::int32_t AppendRow(DecodedRows& rows) const;

  DecodeSpec spec;
  Reader frame;  // the levels down to the unnested field
  Reader element;
  std::vector<Place> places;  // of the columns
  Place time;
  std::vector<Element> elements;
};

// 0 if it is absent or far outside.
std::int64_t Decoder::Impl::EventTimeOfElement() const {
  const Slot& slot = element.slot(time.index);
  if (spec.time_unit == TimeUnit::kTimestampMessage) {
    if (slot.valid == 0) return 0;
    const auto next = static_cast<std::uint16_t>(time.index + 1);
    const auto after = static_cast<std::uint16_t>(time.index + 2);
    return TimestampMs(element.slot(next), element.slot(after)).value_or(0);
  }
  if (slot.valid != Slot::kRead) return 0;
  if (spec.time_unit == TimeUnit::kUnixMs) return Signed(slot);
  const bool in_range = Signed(slot) >= kMinSeconds && Signed(slot) <= kMaxSeconds;
  return in_range ? Signed(slot) * 1000 : 0;
}

std::int32_t Decoder::Impl::AppendRow(DecodedRows& rows) const {
  Column* column = rows.columns.data();
  for (const Place& place : places) {
    if (place.list) {
      AppendList(*column++, element.list(place.index));
    } else {
      AppendSlot(*column++, &element.slot(place.index));
    }
  }
  return static_cast<std::int32_t>(rows.rows++);
}

Element Decoder::Impl::DecodeElement(std::string_view bytes, DecodedRows& rows) {
  const Reader::Outcome outcome = element.Read(bytes);
  if (outcome == Reader::Outcome::kBroken) return {.fault = ElementFault::kBroken};
  const std::int64_t event_time = EventTimeOfElement();
  if (!IsValid(event_time)) return {.fault = ElementFault::kInvalidEventTime};
  switch (outcome) {
    case Reader::Outcome::kBrokenPayload:
      return {.fault = ElementFault::kBrokenPayload, .event_time = event_time};
    case Reader::Outcome::kNotUtf8:
      return {.fault = ElementFault::kNotUtf8, .event_time = event_time};
    default:
      return {.event_time = event_time, .row = AppendRow(rows)};
  }
}

Decoder::Decoder(DecodeSpec spec) : impl_(std::make_unique<Impl>(std::move(spec))) {}
Decoder::~Decoder() = default;

DecodedRecord Decoder::Decode(std::string_view value, DecodedRows& rows) {
  impl_->elements.clear();
  if (impl_->spec.unnest.empty()) {
    impl_->elements.push_back(impl_->DecodeElement(value, rows));
    return {.elements = impl_->elements};
  }
  if (impl_->frame.Read(value) == Reader::Outcome::kBroken) return {.framed = false};
  for (const std::string_view bytes : impl_->frame.elements()) {
    Element element = impl_->DecodeElement(bytes, rows);
    element.index = static_cast<std::uint32_t>(impl_->elements.size());
    impl_->elements.push_back(element);
  }
  return {.elements = impl_->elements};
}

const DecodeSpec& Decoder::spec() const { return impl_->spec; }

}  // namespace tidemark
