#include <catch2/catch.hpp>

#include "record/decoder.h"
#include "record/field_type.h"
#include "record/tests/descriptor_sets.h"
#include "record/tests/testing.h"

namespace tidemark {
namespace {

using Catch::Matchers::Contains;

using SchemaPtr = std::shared_ptr<const MessageSchema>;

SchemaPtr Loaded(const google::protobuf::FileDescriptorSet& set, std::string_view message) {
  const auto schema = MessageSchema::FromDescriptorSet(set.SerializeAsString(), message);
  INFO(schema.status().ToString());
  REQUIRE(schema.ok());
  return schema.value();
}

SchemaPtr Shop(std::string_view message = "shop.Event") { return Loaded(ShopSet(), message); }
SchemaPtr Old() { return Loaded(OldSet(), "old.Record"); }

std::string WhyNot(const MessageSchema& schema, std::string_view dotted) {
  const Result<FieldPath> path = schema.Resolve(dotted, {});
  REQUIRE(!path.ok());
  CHECK(path.status().blame() == Blame::kUser);
  return path.status().message();
}

TEST_CASE("a path resolves to its field numbers and its name as the schema spells it") {
  const auto schema = MessageSchema::CallMetric();
  const FieldPath path = Resolved(*schema, "DIMS.To_Country");
  CHECK(path.name == "dims.to_country");
  CHECK(path.path == std::vector<std::int32_t>{8, 6});
  CHECK(path.type == Type::Of(TypeKind::kString));
}

TEST_CASE("each field type has its type in queries") {
  const SchemaPtr schema = Shop();
  const auto type = [&](const char* name) { return Resolved(*schema, name).type; };
  CHECK(type("at_ms") == Type::Of(TypeKind::kInteger));
  CHECK(type("at") == Type::Of(TypeKind::kTimestamp));
  CHECK(type("big") == Type::DecimalOf(0));
  CHECK(type("narrow") == Type::Of(TypeKind::kInteger));
  CHECK(type("ratio") == Type::Of(TypeKind::kDouble));
  CHECK(type("numbers") == Type::ListOf(Type::Of(TypeKind::kInteger)));
  CHECK(type("texts") == Type::ListOf(Type::Of(TypeKind::kString)));
  CHECK(type("colors") == Type::ListOf(type("color")));
  const auto calls = MessageSchema::CallMetric();
  CHECK(Resolved(*calls, "dims.from_hash").type == Type::Of(TypeKind::kBytes));
  CHECK(Resolved(*calls, "sample.silence").type == Type::Of(TypeKind::kBool));
  CHECK(Resolved(*calls, "producer_id").type == Type::Of(TypeKind::kInteger));
}

TEST_CASE("an enum has one domain, with short names, and zero is NULL only if it is unspecified") {
  const SchemaPtr schema = Shop();
  const Type color = Resolved(*schema, "color").type;
  CHECK(color.enumeration == Resolved(*schema, "colors").type.enumeration);
  CHECK(color.enumeration == Resolved(*schema, "self.color").type.enumeration);
  CHECK(color.enumeration->zero_is_null);
  CHECK(!Resolved(*schema, "plain").type.enumeration->zero_is_null);
  std::vector<std::string> names;
  for (const auto& entry : color.enumeration->entries) names.push_back(entry.short_name);
  CHECK(names == std::vector<std::string>{"UNSPECIFIED", "RED", "2", "COLORLESS"});
}

TEST_CASE("a short enum name is cut only behind the whole name of its type") {
  CHECK(ShortEnumName("CallState", "CALL_STATE_COMPLETED") == "COMPLETED");
  CHECK(ShortEnumName("StirShaken", "STIR_SHAKEN_A") == "A");
  CHECK(ShortEnumName("HTTPMethod", "HTTP_METHOD_GET") == "GET");
  CHECK(ShortEnumName("Edge", "EDGES_X") == "EDGES_X");
  CHECK(ShortEnumName("Edge", "EDGE_") == "EDGE_");
  CHECK(ShortEnumName("Edge", "EDGE") == "EDGE");
  CHECK(ShortEnumName("Edge", "RED") == "RED");
}

TEST_CASE("a name that fits two fields without case must be written exactly") {
  const SchemaPtr schema = Old();
  CHECK(Resolved(*schema, "Name2").path == std::vector<std::int32_t>{10});
  CHECK(Resolved(*schema, "name2").path == std::vector<std::int32_t>{11});
  CHECK_THAT(WhyNot(*schema, "NAME2"), Contains("\"Name2\"") && Contains("\"name2\""));
}

TEST_CASE("an unknown name is answered with the nearest") {
  const auto schema = MessageSchema::CallMetric();
  CHECK_THAT(WhyNot(*schema, "acount_sid"), Contains("did you mean \"account_sid\"?"));
  CHECK_THAT(WhyNot(*schema, "dims.to_contry"), Contains("did you mean \"to_country\"?"));
  CHECK_THAT(WhyNot(*schema, "carrier_sid"), Contains("did you mean \"dims.carrier_sid\"?"));
  CHECK_THAT(WhyNot(*schema, "zzzzzzzz"), !Contains("did you mean"));
  CHECK(schema->Resolve("zzzzzzzz", {}).status().code() == StatusCode::kNotFound);
  WhyNot(*schema, "");
  WhyNot(*schema, "dims.");
  WhyNot(*schema, ".dims");
}

TEST_CASE("a path through or to what has no single value is refused with the reason") {
  const auto calls = MessageSchema::CallMetric();
  CHECK_THAT(WhyNot(*calls, "summary.edges.samples"),
             Contains("\"summary.edges\" is a repeated message"));
  CHECK_THAT(WhyNot(*calls, "summary.edges"), Contains("repeated message") && Contains("unnest"));
  CHECK_THAT(WhyNot(*calls, "ext"), Contains("\"ext\" is a map"));
  CHECK_THAT(WhyNot(*calls, "ext.value"), Contains("\"ext\" is a map"));
  CHECK_THAT(WhyNot(*calls, "call_sid.x"), Contains("\"call_sid\" is a string and has no fields"));
  CHECK_THAT(WhyNot(*calls, "dims"), Contains("is a message") && Contains("\"dims.call_type\""));
  CHECK_THAT(WhyNot(*Old(), "box.size"), Contains("\"box\" is a group"));
  std::string deep = "self";
  for (int i = 0; i < 40; ++i) deep += ".self";
  CHECK_THAT(WhyNot(*Shop(), deep), Contains("at most 32 parts"));
}

TEST_CASE("presence can be asked of a single message only") {
  const auto calls = MessageSchema::CallMetric();
  const FieldPath path = calls->ResolvePresence("SUMMARY", {}).value();
  CHECK(path.name == "summary");
  CHECK(path.type == Type::Of(TypeKind::kBool));
  CHECK(!calls->ResolvePresence("call_sid", {}).ok());
  CHECK(!calls->ResolvePresence("summary.edges", {}).ok());
  CHECK(!calls->ResolvePresence("ext", {}).ok());
}

TEST_CASE("unnest needs a repeated message, and names then resolve below it") {
  const SchemaPtr batch = Shop("shop.Batch");
  const std::vector<std::int32_t> unnest = batch->ResolveUnnest("wrapped.Events").value();
  CHECK(unnest == std::vector<std::int32_t>{3, 1});
  CHECK(batch->Resolve("header.sent_ms", unnest).value().path == std::vector<std::int32_t>{3, 1});
  CHECK(!batch->Resolve("events", unnest).ok());
  CHECK(!batch->ResolveUnnest("header").ok());
  CHECK(!batch->ResolveUnnest("other").ok());
  CHECK(!MessageSchema::CallMetric()->ResolveUnnest("ext").ok());
  CHECK(!MessageSchema::CallMetric()->ResolveUnnest("summary.tags").ok());
}

TEST_CASE("the listed names are exactly those that resolve, down to depth 4") {
  const auto calls = MessageSchema::CallMetric();
  const std::vector<std::string> names = calls->FieldNames({});
  CHECK(names.size() == 69);
  for (const std::string& name : names) CHECK(Resolved(*calls, name).name == name);
  const SchemaPtr shop = Shop();
  const std::vector<std::string> recursive = shop->FieldNames({});
  CHECK(std::count(recursive.begin(), recursive.end(), "self.self.self.at") == 1);
  CHECK(std::count(recursive.begin(), recursive.end(), "self.self.self.self.at") == 0);
}

TEST_CASE("the closure of a message loads to an equal schema") {
  for (const char* name : {"shop.Batch", "shop.Event"}) {
    const SchemaPtr schema = Shop(name);
    const auto again = MessageSchema::FromDescriptorSet(schema->closure(), name);
    INFO(again.status().ToString());
    REQUIRE(again.ok());
    CHECK((*again)->closure() == schema->closure());
    CHECK((*again)->FieldNames({}) == schema->FieldNames({}));
    for (const std::string& field : schema->FieldNames({})) {
      CHECK(Resolved(**again, field).path == Resolved(*schema, field).path);
      CHECK(Resolved(**again, field).type.ToString() == Resolved(*schema, field).type.ToString());
    }
  }
  const auto old = MessageSchema::FromDescriptorSet(Old()->closure(), "old.Record");
  REQUIRE(old.ok());
  CHECK((*old)->descriptor().FindFieldByNumber(1)->default_value_int64() == 1'700'000'000'000);
  CHECK((*old)->descriptor().FindFieldByNumber(7)->containing_oneof() != nullptr);
  CHECK(MessageSchema::CallMetric()->closure().empty());
}

TEST_CASE("the closure of a message holds no type that the message does not need") {
  const auto holds = [](const SchemaPtr& schema, const std::string& name) {
    return schema->closure().find(name) != std::string::npos;
  };
  CHECK_FALSE(holds(Shop("shop.Header"), "Event"));
  CHECK_FALSE(holds(Shop("shop.Header"), "Color"));
  CHECK_FALSE(holds(Shop("shop.Header"), "timestamp"));
  CHECK(holds(Shop("shop.Wrapped"), "timestamp"));
  auto set = ShopSet();
  set.add_file()->set_name("unused.proto");
  auto& file = *set.mutable_file(0);
  file.add_dependency("unused.proto");
  file.add_message_type()->set_name("Unused");
  file.add_enum_type()->set_name("Unread");
  file.mutable_enum_type(file.enum_type_size() - 1)->add_value()->set_name("UNREAD_ZERO");
  file.mutable_enum_type(file.enum_type_size() - 1)->mutable_value(0)->set_number(0);
  file.mutable_source_code_info()->add_location()->set_leading_comments("a comment");
  CHECK(Loaded(set, "shop.Event")->closure() == Shop()->closure());
}

TEST_CASE("a message inside another one keeps its name without the other one's fields") {
  const SchemaPtr box = Loaded(OldSet(), "old.Record.Box");
  CHECK(box->closure().find("with_default") == std::string::npos);
  const auto again = MessageSchema::FromDescriptorSet(box->closure(), "old.Record.Box");
  REQUIRE(again.ok());
  CHECK((*again)->FieldNames({}) == std::vector<std::string>{"size"});
}

std::string LoadError(const std::string& bytes, std::string_view message) {
  const auto schema = MessageSchema::FromDescriptorSet(bytes, message);
  REQUIRE(!schema.ok());
  return schema.status().message();
}

TEST_CASE("a descriptor set that cannot be used is refused with what is wrong") {
  const std::string shop = ShopSet().SerializeAsString();
  CHECK_THAT(LoadError("\x0a\xff", "shop.Event"), Contains("not a FileDescriptorSet"));
  CHECK_THAT(LoadError(shop, "shop.Evnt"), Contains("did you mean \"shop.Event\"?"));
  CHECK_THAT(LoadError("", "shop.Event"), Contains("no message"));
  auto missing = ShopSet();
  missing.mutable_file(0)->add_dependency("other.proto");
  CHECK_THAT(LoadError(missing.SerializeAsString(), "shop.Event"),
             Contains("\"other.proto\"") && Contains("--include_imports"));
  auto broken = ShopSet();
  AddField(*broken.mutable_file(0)->mutable_message_type(0),
           {"x", 99, FieldDescriptorProto::TYPE_MESSAGE, ".shop.Nothing"});
  CHECK_THAT(LoadError(broken.SerializeAsString(), "shop.Event"), Contains("shop.Nothing"));
}

TEST_CASE(
    "the files of a descriptor set may come in any order, and importing in a circle is refused") {
  auto set = OldSet();
  auto* first = set.add_file();
  first->set_name("last.proto");
  set.mutable_file(0)->add_dependency("last.proto");
  CHECK(MessageSchema::FromDescriptorSet(set.SerializeAsString(), "old.Record").ok());
  set.mutable_file(1)->add_dependency("old.proto");
  LoadError(set.SerializeAsString(), "old.Record");
}

}  // namespace
}  // namespace tidemark
