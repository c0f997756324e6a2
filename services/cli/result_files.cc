#include "cli/result_files.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/text.h"
#include "model/value.h"

namespace tidemark {
namespace {

constexpr Duration kNoWait{0};

Value TextOrNull(const std::optional<std::string_view>& text) {
  return text ? Value{std::string(*text)} : Value{};
}

// {"topic-header": ..., "key": base64, "value": base64}
void AppendSideRecord(const RecordView& record, std::string& out) {
  ValueObject fields;
  for (const HeaderView& header : record.headers) {
    fields.push_back(ObjectField{std::string(header.name), TextOrNull(header.value)});
  }
  if (record.key) fields.push_back(ObjectField{"key", {Value::Bytes{std::string(*record.key)}}});
  if (record.value)
    fields.push_back(ObjectField{"value", {Value::Bytes{std::string(*record.value)}}});
  AppendJson({fields}, out);
}

}  // namespace

ResultFiles::ResultFiles(Log& log, std::string folder)
    : folder_(std::move(folder)),
      consumer_(log.NewConsumer(Isolation::kReadCommitted)),
      admin_(log.NewAdmin()) {}

Status ResultFiles::Add(const Topic& topic, std::int32_t partitions) {
  for (std::int32_t partition = 0; partition < partitions; ++partition) {
    sources_.push_back({topic, Partition(partition)});
    const LogStatus assigned = consumer_->Assign({topic.name, Partition(partition)}, Offset(0));
    if (!assigned.ok())
      return Status::Internal(StrCat("topic ", topic.name, ": ", assigned.message));
  }
  return topic.form == Form::kRows ? Open(topic.name) : Status();
}

Status ResultFiles::Drain() {
  for (const Source& source : sources_) TM_RETURN_IF_ERROR(DrainPartition(source));
  return {};
}

Status ResultFiles::DrainPartition(const Source& source) {
  const TopicPartition partition{source.topic.name, source.partition};
  while (true) {
    auto batch = consumer_->Fetch(partition, {}, kNoWait);
    if (!batch.ok())
      return Status::Internal(StrCat("topic ", source.topic.name, ": ", batch.message));
    if (!*batch.value) return {};
    for (const RecordView& record : (*batch.value)->records())
      TM_RETURN_IF_ERROR(Write(source.topic, record));
    const LogStatus deleted = admin_->DeleteRecords(partition, (*batch.value)->next(), kNoWait);
    if (!deleted.ok())
      return Status::Internal(StrCat("topic ", source.topic.name, ": ", deleted.message));
  }
}

Status ResultFiles::Write(const Topic& topic, const RecordView& record) {
  if (files_.count(topic.name) == 0) TM_RETURN_IF_ERROR(Open(topic.name));
  File& file = files_[topic.name];
  line_.clear();
  if (topic.form == Form::kSideRecords) {
    AppendSideRecord(record, line_);
  } else if (record.value) {
    line_ = *record.value;
  }
  line_ += '\n';
  file.stream << line_;
  ++file.lines;
  return {};
}

Status ResultFiles::Open(const std::string& topic) {
  File& file = files_[topic];
  file.path = (std::filesystem::path(folder_) / (topic + ".ndjson")).string();
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  file.stream.open(file.path, std::ios::binary | std::ios::trunc);
  if (!file.stream)
    return Status::Invalid(StrCat(file.path, ": cannot be written: ", std::strerror(errno)));
  return {};
}

Status ResultFiles::Close() {
  for (auto& [topic, file] : files_) {
    file.stream.close();
    if (file.stream.fail())
      return Status::Invalid(StrCat(file.path, ": cannot be written: ", std::strerror(errno)));
  }
  return {};
}

std::uint64_t ResultFiles::written(const std::string& topic) const {
  const auto file = files_.find(topic);
  return file == files_.end() ? 0 : file->second.lines;
}

}  // namespace tidemark
