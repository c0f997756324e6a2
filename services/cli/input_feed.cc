#include "cli/input_feed.h"

#include <glob.h>

#include <filesystem>
#include <set>

#include "base/text.h"

namespace tidemark {
namespace {

constexpr std::uint64_t kMostRecordBytes = 64U << 20U;

struct Length {
  bool end = false;  // at the end of the file, between two records
  bool broken = false;
  std::uint64_t bytes = 0;
};

Length ReadLength(std::istream& in) {
  Length length;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    const int byte = in.get();
    if (byte == std::istream::traits_type::eof()) {
      length.end = shift == 0;
      length.broken = shift != 0;
      return length;
    }
    if (shift == 63 && byte > 1) break;
    length.bytes |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return length;
  }
  length.broken = true;
  return length;
}

// Counts the records of a file, or says where its framing breaks.
Result<std::uint64_t> CountRecords(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error))
    return Status::Invalid(StrCat(path, ": is a folder; name its files"));
  std::ifstream in(path, std::ios::binary);
  const std::uint64_t size = std::filesystem::file_size(path, error);
  if (!in || error) return Status::Invalid(StrCat(path, ": cannot be read"));
  std::uint64_t records = 0;
  std::uint64_t at = 0;
  while (true) {
    const Length length = ReadLength(in);
    if (length.end) return records;
    const auto begin = length.broken ? size : static_cast<std::uint64_t>(in.tellg());
    if (length.broken || length.bytes > kMostRecordBytes || length.bytes > size - begin) {
      return Status::Invalid(
          StrCat(path, ": byte ", at, ": no whole record begins here (", size - begin,
                 " bytes are left, its length says ",
                 length.broken ? std::string("nothing sensible") : std::to_string(length.bytes),
                 "); the file must be records of length-delimited protobuf, each behind its length "
                 "as a varint"));
    }
    at = begin + length.bytes;
    in.seekg(static_cast<std::streamoff>(at));
    ++records;
  }
}

}  // namespace

Result<InputFeed> InputFeed::Open(MemoryLog& log, std::string topic,
                                  const std::vector<std::string>& files) {
  InputFeed feed(log, std::move(topic));
  for (const std::string& path : files) {
    TM_ASSIGN_OR_RETURN(const std::uint64_t records, CountRecords(path));
    feed.total_records_ += records;
    feed.files_.push_back(
        {.path = path, .stream = std::ifstream(path, std::ios::binary), .records = records});
  }
  feed.ends_.resize(files.size());
  feed.deleted_.resize(files.size());
  return feed;
}

Status InputFeed::Refill(const std::vector<Offset>& positions, Admin& admin) {
  for (std::size_t i = 0; i < files_.size(); ++i) {
    const std::int64_t unread = ends_[i].value() - positions[i].value();
    if (unread >= kStockRecords / 2) continue;
    TM_RETURN_IF_ERROR(Append(i, kStockRecords - unread));
    const Partition partition(static_cast<std::int32_t>(i));
    // One record stays: its checksum is compared when a lane is taken over.
    const Offset keep(positions[i].value() - 1);
    if (keep.value() - deleted_[i].value() < kStockRecords) continue;
    if (admin.DeleteRecords({topic_, partition}, keep, Duration(0)).ok()) deleted_[i] = keep;
  }
  return {};
}

Status InputFeed::Append(std::size_t partition, std::int64_t room) {
  File& file = files_[partition];
  for (; room > 0 && file.appended < file.records; --room) {
    const Length length = ReadLength(file.stream);
    value_.resize(length.bytes);
    file.stream.read(value_.data(), static_cast<std::streamsize>(length.bytes));
    if (length.broken || !file.stream)
      return Status::Invalid(StrCat(file.path, ": changed while it was read"));
    const auto appended = log_->Append({topic_, Partition(static_cast<std::int32_t>(partition))},
                                       {.value = value_, .timestamp_ms = RecordView::kNoTimestamp});
    if (!appended.ok()) return Status::Internal(StrCat(file.path, ": ", appended.message));
    ends_[partition] = appended.value->Plus(1);
    ++file.appended;
    ++appended_;
  }
  return {};
}

bool InputFeed::ended() const { return appended_ == total_records_; }

Result<std::vector<std::string>> ExpandInputs(const std::vector<std::string>& patterns) {
  std::set<std::string> files;
  for (const std::string& pattern : patterns) {
    glob_t found{};
    const int failed = glob(pattern.c_str(), 0, nullptr, &found);
    for (std::size_t i = 0; failed == 0 && i < found.gl_pathc; ++i) files.insert(found.gl_pathv[i]);
    globfree(&found);
    if (failed != 0) return Status::Invalid(StrCat("--input ", pattern, ": no such file"));
  }
  return std::vector<std::string>(files.begin(), files.end());
}

}  // namespace tidemark
