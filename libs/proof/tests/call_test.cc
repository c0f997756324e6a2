#include "proof/call.h"

#include <catch2/catch.hpp>

#include "proof/tests/call_builder.h"
#include "proof/wire.h"

namespace tidemark::proof {
namespace {

namespace pb = events::v1;

TEST_CASE("a call has what its bytes say") {
  pb::CallMetric metric = MakeMetric({.pdd_ms = 0, .connect_ms = 5});
  metric.mutable_summary()->add_tags(pb::TAG_LOW_MOS);
  metric.mutable_summary()->add_tags(pb::TAG_UNSPECIFIED);
  metric.mutable_summary()->add_tags(static_cast<pb::Tag>(17));
  const ReadCall read = ReadCallMetric(Bytes(metric));
  REQUIRE(read.framed);
  REQUIRE(read.call.has_value());
  CHECK(read.event_time_ms == kTen);
  CHECK(read.call->account_sid == "AC1");
  CHECK(read.call->to_country == "US");
  CHECK(read.call->pdd_ms == 0U);
  CHECK(read.call->tags == std::vector<int>{6, 17});
  CHECK(TagName(6) == "LOW_MOS");
  CHECK(TagName(17) == "UNKNOWN(17)");
}

TEST_CASE("what is absent is NULL, what is a plain scalar is its default") {
  pb::CallMetric metric;
  metric.set_event_time_ms(kTen);
  const ReadCall bare = ReadCallMetric(Bytes(metric));
  REQUIRE(bare.call.has_value());
  CHECK(bare.call->account_sid.empty());
  CHECK_FALSE(bare.call->to_country.has_value());
  CHECK_FALSE(bare.call->has_summary);
  metric.mutable_dims();
  metric.mutable_summary();
  const ReadCall empty = ReadCallMetric(Bytes(metric));
  CHECK(empty.call->to_country == "");
  CHECK(empty.call->has_summary);
  CHECK_FALSE(empty.call->pdd_ms.has_value());
}

TEST_CASE("an empty record is a message of defaults") {
  const ReadCall read = ReadCallMetric("");
  CHECK(read.framed);
  CHECK(read.event_time_ms == 0);
}

TEST_CASE("a record cut short has no event time") {
  std::string bytes = Bytes(CallSpec{});
  bytes.pop_back();
  CHECK_FALSE(ReadCallMetric(bytes).framed);
}

TEST_CASE("a broken summary leaves the event time") {
  std::string bytes = Bytes(CallSpec{});
  AppendMessage(pb::CallMetric::kSummaryFieldNumber, "\x0a\x7f", bytes);
  const ReadCall read = ReadCallMetric(bytes);
  CHECK(read.framed);
  CHECK(read.event_time_ms == kTen);
  CHECK_FALSE(read.call.has_value());
}

TEST_CASE("a text that is read must be UTF-8 at each occurrence, any other may be what it is") {
  std::string account = Bytes(CallSpec{.account = "A"});
  account[account.find('A')] = '\xff';
  CHECK_FALSE(ReadCallMetric(account).call.has_value());
  CHECK_FALSE(ReadCallMetric(account + Bytes(CallSpec{})).call.has_value());
  pb::CallMetric metric = MakeMetric({});
  metric.set_call_sid("C");
  std::string unread = Bytes(metric);
  unread[unread.find('C')] = '\xff';
  CHECK(ReadCallMetric(unread).call.has_value());
}

TEST_CASE("damage where nobody reads is not looked for") {
  std::string bytes = Bytes(CallSpec{});
  std::string edges;
  AppendMessage(pb::CallSummary::kEdgesFieldNumber, "\xff\xff", edges);
  AppendMessage(pb::CallMetric::kSummaryFieldNumber, edges, bytes);
  CHECK(ReadCallMetric(bytes).call.has_value());
}

TEST_CASE("the last member of the payload wins") {
  std::string bytes = Bytes(CallSpec{});
  AppendMessage(pb::CallMetric::kProgressFieldNumber, "", bytes);
  CHECK_FALSE(ReadCallMetric(bytes).call->has_summary);
}

}  // namespace
}  // namespace tidemark::proof
