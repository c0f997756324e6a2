#include "control/row_reader.h"

#include "base/text.h"
#include "control/log_patience.h"

namespace tidemark {
namespace {

namespace pb = admin::v1;

constexpr Duration kDeadline{10'000};
constexpr Duration kFetchWait{20};

bool IsOf(const RecordView& record, const std::string& query) {
  for (const HeaderView& header : record.headers) {
    if (header.name == "tidemark-query") return header.value == query;
  }
  return true;
}

void FillRow(const std::string& topic, Partition partition, const RecordView& record,
             pb::Row& row) {
  row.set_topic(topic);
  row.set_partition(partition.value());
  row.set_offset(record.offset.value());
  row.set_key(std::string(record.key.value_or("")));
  row.set_value(std::string(record.value.value_or("")));
  row.set_withdrawn(!record.value);
  if (record.timestamp_ms >= 0) FillTime(record.timestamp_ms, *row.mutable_written());
}

}  // namespace

Result<std::unique_ptr<RowReader>> RowReader::Open(Log* log, const Clock& clock,
                                                   const std::string& topic, Begin begin,
                                                   const std::map<Partition, Offset>& resume) {
  const MonotonicTime deadline = clock.Now() + kDeadline;
  const auto admin = log->NewAdmin();
  const auto found = Insist<TopicDescription>(
      clock, deadline, [&] { return admin->DescribeTopic(topic, kLogCall); });
  TM_RETURN_IF_ERROR(StatusOf(found, StrCat("describing ", topic)));
  std::unique_ptr<RowReader> reader(
      new RowReader(topic, log->NewConsumer(Isolation::kReadCommitted)));
  for (std::int32_t p = 0; p < found.value->partitions; ++p) {
    const TopicPartition partition{topic, Partition(p)};
    const auto ends =
        Insist<PartitionEnds>(clock, deadline, [&] { return admin->Ends(partition, kLogCall); });
    TM_RETURN_IF_ERROR(StatusOf(ends, StrCat("reading ", topic)));
    const auto given = resume.find(partition.partition);
    const Offset from = given != resume.end()       ? given->second
                        : begin == Begin::kEarliest ? ends.value->log_start
                                                    : ends.value->last_stable;
    const LogStatus assigned = reader->consumer_->Assign(partition, from);
    if (!assigned.ok())
      return Status::Unavailable(StrCat("reading ", topic, ": ", assigned.message));
    reader->positions_[partition.partition] = from;
  }
  return reader;
}

Result<pb::TailQueryResponse> RowReader::Read(const std::string& query) {
  pb::TailQueryResponse out;
  for (auto& [partition, position] : positions_) {
    const std::size_t left = kMostRows - static_cast<std::size_t>(out.rows_size());
    if (left == 0) break;
    const auto batch =
        consumer_->Fetch({topic_, partition}, {.records = left, .bytes = 1U << 20U}, kFetchWait);
    if (batch.error == LogError::kPending || batch.error == LogError::kRetriable) continue;
    if (batch.error == LogError::kOutOfRange) {
      return Status::FailedPrecondition(
          StrCat(topic_, "/", partition, " does not hold offset ", position,
                 " any more: begin from the beginning, or without positions"));
    }
    if (!batch.ok()) return Status::Unavailable(StrCat("reading ", topic_, ": ", batch.message));
    if (*batch.value == nullptr) continue;
    for (const RecordView& record : (*batch.value)->records()) {
      if (IsOf(record, query)) FillRow(topic_, partition, record, *out.add_rows());
    }
    position = (*batch.value)->next();
  }
  if (out.rows().empty()) return out;
  for (const auto& [partition, position] : positions_) {
    pb::LogPosition& to = *out.add_positions();
    to.set_partition(partition.value());
    to.set_offset(position.value());
  }
  return out;
}

}  // namespace tidemark
