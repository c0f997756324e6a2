// Any bytes at all: the decoder must not read outside them, must agree with the generated class
// where that parses, and must find the same event time whatever else it reads.
#include <google/protobuf/stubs/logging.h>

#include "base/check.h"
#include "record/tests/testing.h"

namespace tidemark {
namespace {

struct Fuzzed {
  explicit Fuzzed(const DecodeSpec& spec) : decoder(spec), rows(spec) {}
  Element One(std::string_view bytes) {
    rows.Clear();
    return DecodeOne(decoder, bytes, rows)[0];
  }
  Decoder decoder;
  DecodedRows rows;
};

void CheckRow(const Fuzzed& fuzzed, const events::v1::CallMetric& call) {
  const std::vector<FieldPath>& fields = fuzzed.decoder.spec().fields;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    TM_CHECK(Cell(fuzzed.rows.columns[i], 0) == Expected(call, fields[i]), fields[i].name);
  }
}

void CheckOne(std::string_view bytes) {
  static Fuzzed everything(EverythingOfCallMetric());
  static Fuzzed time_only(SpecOf(MessageSchema::CallMetric(), "event_time_ms", {}));
  const Element element = everything.One(bytes);
  const Element time = time_only.One(bytes);
  TM_CHECK(element.event_time == time.event_time, "time depends on no field that is read");
  TM_CHECK((element.fault == ElementFault::kBroken) == (time.fault == ElementFault::kBroken),
           "what breaks an event depends on no field that is read");
  events::v1::CallMetric call;
  if (!call.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  if (element.fault == ElementFault::kInvalidEventTime) return;
  TM_CHECK(element.fault == ElementFault::kNone, "the generated class parses it");
  TM_CHECK(element.event_time == call.event_time_ms(), "the event time is the same");
  CheckRow(everything, call);
}

}  // namespace
}  // namespace tidemark

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static google::protobuf::LogHandler* const silenced = google::protobuf::SetLogHandler(nullptr);
  static_cast<void>(silenced);
  tidemark::CheckOne({reinterpret_cast<const char*>(data), size});
  return 0;
}
