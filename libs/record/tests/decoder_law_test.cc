// The decoder against protobuf itself, over random records and damaged ones.
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <rapidcheck.h>

#include <catch2/catch.hpp>

#include "record/decoder.h"
#include "record/tests/testing.h"

namespace tidemark {
namespace {

using events::v1::CallMetric;

void RemoveField(google::protobuf::DescriptorProto& message, int number) {
  for (int i = 0; i < message.field_size(); ++i) {
    if (message.field(i).number() != number) continue;
    message.mutable_field()->DeleteSubrange(i, 1);
    return;
  }
  FAIL("no such field");
}

// CallMetric without the parts that no path leads into: `edges` and `ext`. It parses exactly what a
// decoder of everything must accept.
class ReadableCall {
 public:
  ReadableCall() {
    google::protobuf::FileDescriptorProto file;
    CallMetric::descriptor()->file()->CopyTo(&file);
    for (auto& message : *file.mutable_message_type()) {
      if (message.name() == "CallMetric") RemoveField(message, 30);
      if (message.name() == "CallSummary") RemoveField(message, 16);
    }
    const auto* built = pool_.BuildFile(file);
    message_.reset(factory_.GetPrototype(built->FindMessageTypeByName("CallMetric"))->New());
  }
  bool Accepts(const std::string& bytes) { return message_->ParseFromString(bytes); }

 private:
  google::protobuf::DescriptorPool pool_;
  google::protobuf::DynamicMessageFactory factory_;
  std::unique_ptr<google::protobuf::Message> message_;
};

struct Outcome {
  ElementFault fault;
  std::int64_t event_time;
  std::string row;
};

// A decoder and its rows.
class Decoding {
 public:
  explicit Decoding(const DecodeSpec& spec) : decoder_(spec), rows_(spec) {}

  Outcome One(const std::string& bytes) {
    rows_.Clear();
    const std::span<const Element> elements = DecodeOne(decoder_, bytes, rows_);
    RC_ASSERT(elements.size() == 1U);
    const Element& element = elements[0];
    RC_ASSERT((element.row == 0) == (element.fault == ElementFault::kNone));
    RC_ASSERT(rows_.rows == (element.row == 0 ? 1U : 0U));
    for (const Column& column : rows_.columns) {
      if (column.type.kind == TypeKind::kList) RC_ASSERT(column.size() == rows_.rows);
      RC_ASSERT(column.size() >= rows_.rows);
    }
    return {element.fault, element.event_time, element.row == 0 ? Row(rows_, 0) : ""};
  }
  const DecodeSpec& spec() const { return decoder_.spec(); }

 private:
  Decoder decoder_;
  DecodedRows rows_;
};

std::string ExpectedRow(const CallMetric& call, const DecodeSpec& spec) {
  std::string out;
  for (std::size_t i = 0; i < spec.fields.size(); ++i) {
    out += (i == 0 ? "" : "|") + Expected(call, spec.fields[i]);
  }
  return out;
}

bool IsValidTime(const CallMetric& call) {
  return call.event_time_ms() >= kMinEventTimeDefault.value() &&
         call.event_time_ms() <= kMaxEventTime.value();
}

class Differential {
 public:
  void Check(const std::string& bytes) {
    const Outcome outcome = everything_.One(bytes);
    CheckTimeDependsOnNoField(outcome, time_only_.One(bytes));
    CallMetric call;
    const bool whole = call.ParseFromString(bytes);
    const bool readable = readable_.Accepts(bytes);
    accepted_ += whole ? 1 : 0;
    rejected_ += readable ? 0 : 1;
    if (outcome.fault == ElementFault::kInvalidEventTime) {
      if (whole) RC_ASSERT(!IsValidTime(call));
      return;
    }
    RC_ASSERT(readable == (outcome.fault == ElementFault::kNone));
    if (!whole) return;
    RC_ASSERT(outcome.event_time == call.event_time_ms());
    RC_ASSERT(outcome.row == ExpectedRow(call, everything_.spec()));
  }
  int accepted() const { return accepted_; }
  int rejected() const { return rejected_; }

 private:
  static void CheckTimeDependsOnNoField(const Outcome& outcome, const Outcome& time_only) {
    RC_ASSERT((outcome.fault == ElementFault::kBroken) ==
              (time_only.fault == ElementFault::kBroken));
    RC_ASSERT(outcome.event_time == time_only.event_time);
    const bool dead = time_only.fault != ElementFault::kNone;
    if (dead) RC_ASSERT(outcome.fault == time_only.fault);
  }

  Decoding everything_{EverythingOfCallMetric()};
  Decoding time_only_{SpecOf(MessageSchema::CallMetric(), "event_time_ms", {})};
  ReadableCall readable_;
  int accepted_ = 0;
  int rejected_ = 0;
};

// protobuf writes a line per text that is not UTF-8.
class SilentProtobuf {
 public:
  SilentProtobuf() : before_(google::protobuf::SetLogHandler(nullptr)) {}
  ~SilentProtobuf() { google::protobuf::SetLogHandler(before_); }

 private:
  google::protobuf::LogHandler* before_;
};

TEST_CASE("whatever the generated class parses is read with equal values") {
  Differential differential;
  CHECK(rc::check([&](std::uint64_t seed) {
    Random random(seed);
    for (int i = 0; i < 20; ++i) differential.Check(RandomCall(random).SerializeAsString());
  }));
  CHECK(differential.accepted() > 1'000);
  CHECK(differential.rejected() == 0);
}

TEST_CASE("a damaged record is accepted exactly if protobuf accepts what is read of it") {
  const SilentProtobuf silent;
  Differential differential;
  CHECK(rc::check([&](std::uint64_t seed) {
    Random random(seed);
    for (int i = 0; i < 100; ++i) {
      differential.Check(Mutated(RandomCall(random).SerializeAsString(), random));
    }
  }));
  CHECK(differential.accepted() > 1'000);
  CHECK(differential.rejected() > 1'000);
}

TEST_CASE("every prefix of a record is judged as protobuf judges it") {
  const SilentProtobuf silent;
  Differential differential;
  CHECK(rc::check([&](std::uint64_t seed) {
    Random random(seed);
    std::string bytes = RandomCall(random).SerializeAsString();
    for (; !bytes.empty(); bytes.pop_back()) differential.Check(bytes);
  }));
  CHECK(differential.rejected() > 100);
}

TEST_CASE("two records in one are their merge") {
  Differential differential;
  CHECK(rc::check([&](std::uint64_t seed) {
    Random random(seed);
    for (int i = 0; i < 20; ++i) {
      differential.Check(RandomCall(random).SerializeAsString() +
                         RandomCall(random).SerializeAsString());
    }
  }));
}

}  // namespace
}  // namespace tidemark
