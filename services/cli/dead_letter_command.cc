// tidemark dead-letter show: the records that no query could take, with why, from where, and what
// they hold.
#include <google/protobuf/util/json_util.h>

#include <charconv>
#include <cstdio>
#include <utility>

#include "base/text.h"
#include "cli/admin_access.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/record_line.h"
#include "cli/side_header.h"
#include "cli/topic_follow.h"
#include "model/time.h"
#include "model/value.h"
#include "query/planner.h"
#include "tidemark/events/v1/call_metric.pb.h"

namespace tidemark {
namespace {

namespace pb = admin::v1;

std::string Quoted(std::string_view text) {
  std::string out;
  AppendJsonString(text, out);
  return out;
}

std::string SourceTime(const RecordView& record) {
  const std::string text = SideHeader(record, "tidemark-source-timestamp");
  std::int64_t ms = -1;
  std::from_chars(text.data(), text.data() + text.size(), ms);
  return ms < 0 ? std::string() : FormatTime(ms);
}

// What a value is, as JSON for people; nullopt if it is no call event.
std::optional<std::string> CallJson(std::string_view value) {
  events::v1::CallMetric call;
  if (value.empty() || !call.ParseFromArray(value.data(), static_cast<int>(value.size())))
    return std::nullopt;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  const auto printed = google::protobuf::util::MessageToJsonString(call, &json, options);
  if (!printed.ok()) return std::nullopt;
  return json;
}

class Show {
 public:
  Show(const DeadLetterOptions& options, bool calls) : options_(options), calls_(calls) {}

  bool Take(const RecordView& record);
  // Prints what is kept until the end; returns how many records it was in all.
  std::uint64_t Finish();

 private:
  std::string Json(const RecordView& record) const;
  std::string ValueJson(const RecordView& record) const;
  bool Aligned() const { return options_.output == AdminOutput::kTable && !options_.follow; }

  const DeadLetterOptions& options_;
  const bool calls_;  // values are call events
  std::vector<std::vector<std::string>> rows_ = {{"SOURCE", "TIME", "REASON", "QUERIES", "DETAIL"}};
  std::uint64_t shown_ = 0;
};

std::string Show::ValueJson(const RecordView& record) const {
  const bool whole = SideHeader(record, "tidemark-reason") != "RECORD_TOO_LARGE";
  if (calls_ && whole && record.value) {
    if (const auto call = CallJson(*record.value)) return *call;
  }
  return BytesJson(record.value);
}

std::string Show::Json(const RecordView& record) const {
  std::string json = "{\"source\":" + Quoted(SideHeader(record, "tidemark-source"));
  const std::string time = SourceTime(record);
  json += ",\"timestamp\":" + (time.empty() ? "null" : Quoted(time));
  for (const char* name : {"reason", "detail", "queries", "elements"}) {
    const std::string text = SideHeader(record, StrCat("tidemark-", name));
    json += StrCat(",\"", name, "\":", text.empty() ? "null" : Quoted(text));
  }
  return StrCat(json, ",\"key\":", BytesJson(record.key), ",\"value\":", ValueJson(record), "}");
}

bool Show::Take(const RecordView& record) {
  const std::string reason = SideHeader(record, "tidemark-reason");
  if (!options_.reason.empty() && reason != options_.reason) return false;
  ++shown_;
  if (options_.output == AdminOutput::kTable) {
    std::vector<std::string> row{SideHeader(record, "tidemark-source"), SourceTime(record), reason,
                                 SideHeader(record, "tidemark-queries"),
                                 SideHeader(record, "tidemark-detail")};
    if (Aligned()) {
      rows_.push_back(std::move(row));
    } else {
      std::printf("%s", AlignColumns({std::move(row)}).c_str());
    }
  } else if (options_.output == AdminOutput::kNdjson || options_.follow) {
    std::printf("%s\n", Json(record).c_str());
  } else {
    std::printf("%s%s", shown_ == 1 ? "[\n  " : ",\n  ", Json(record).c_str());
  }
  return true;
}

std::uint64_t Show::Finish() {
  if (options_.output == AdminOutput::kJson && !options_.follow)
    std::printf("%s", shown_ == 0 ? "[]\n" : "\n]\n");
  if (Aligned() && shown_ > 0) std::printf("%s", AlignColumns(rows_).c_str());
  return shown_;
}

// Whether the pipeline's records are call events. One that does not plan here has a message of its
// own, whose types are with the coordinator.
Result<bool> HoldsCalls(const DeadLetterOptions& options) {
  TM_ASSIGN_OR_RETURN(const auto client, OpenAdmin({options.server, options.kafka.config_file,
                                                    options.kafka.assignments}));
  pb::GetPipelineRequest request;
  request.set_name(options.pipeline);
  TM_ASSIGN_OR_RETURN(const pb::Pipeline pipeline, client->Get(request));
  const PlanResult planned = PlanPipeline({.text = pipeline.text()});
  return planned.ok() && planned.plan->decode.schema->closure().empty();
}

}  // namespace

int ShowDeadLetters(const DeadLetterOptions& options) {
  WatchInterrupts();
  auto calls = HoldsCalls(options);
  if (calls.status().code() == StatusCode::kUnavailable) {
    std::fprintf(stderr,
                 "tidemark dead-letter show: values are shown as bytes, because no coordinator "
                 "says what they are: %s\n",
                 calls.status().message().c_str());
    calls = false;
  }
  if (!calls.ok()) return FailWith("dead-letter show", calls.status());
  const auto kafka = ResolveKafka(options.kafka);
  if (!kafka.ok()) return FailWith("dead-letter show", kafka.status());
  const std::string topic = options.pipeline + ".dead-letter";
  Show show(options, *calls);
  const Status followed = FollowTopic(
      {.command = "dead-letter show",
       .topic = topic,
       .from_beginning = options.from_beginning,
       .until =
           options.follow ? FollowOptions::Until::kInterrupted : FollowOptions::Until::kPresentEnd,
       .count = options.count},
      *kafka, [&](const TopicPartition&, const RecordView& record) { return show.Take(record); });
  const std::uint64_t shown = show.Finish();
  if (!followed.ok()) return FailWith("dead-letter show", followed);
  if (shown == 0) {
    std::fprintf(stderr, "tidemark dead-letter show: %s holds no record%s\n", topic.c_str(),
                 options.reason.empty() ? "" : (" with the reason " + options.reason).c_str());
  }
  return kExitDone;
}

}  // namespace tidemark
