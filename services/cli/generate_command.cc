#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/generator_options.h"
#include "cli/progress_line.h"
#include "generator/generator.h"

namespace tidemark {
namespace {

constexpr std::size_t kWriteBytes = 1U << 20U;

// One output file; writes in large pieces.
class DelimitedFile {
 public:
  explicit DelimitedFile(std::filesystem::path path)
      : path_(std::move(path)), stream_(path_, std::ios::binary | std::ios::trunc) {}

  // False if it could not be opened; errno then says why.
  bool IsOpen() const { return stream_.is_open(); }
  void Append(std::string_view value) {
    WriteDelimited(value, buffer_);
    if (buffer_.size() >= kWriteBytes) Flush();
  }
  // False if any write failed; errno then says why.
  bool Close() {
    Flush();
    stream_.close();
    return !stream_.fail();
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  void Flush() {
    stream_.write(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    buffer_.clear();
  }

  std::filesystem::path path_;
  std::ofstream stream_;
  std::string buffer_;
};

// "calls.pb" becomes "calls-2.pb"; with a single partition it stays.
std::filesystem::path PathOf(const GenerateOptions& options, std::uint32_t partition) {
  std::filesystem::path path = options.out;
  if (options.partitions.value_or(1) == 1) return path;
  const std::string name = StrCat(path.stem().string(), "-", partition, path.extension().string());
  return path.replace_filename(name);
}

int FailToWrite(const DelimitedFile& file) {
  return FailWith("generate", Status::Unavailable(StrCat("cannot write ", file.path().string(),
                                                         ": ", std::strerror(errno))));
}

constexpr std::uint64_t kFileCount = 100'000;
constexpr EventTime kFileStart{std::int64_t{1'767'603'600'000}};  // 2026-01-05T09:00:00Z

}  // namespace

GeneratorOptions ToGenerator(const GenerateOptions& options) {
  constexpr Duration kEndlessIncident{std::chrono::hours(1)};
  GeneratorOptions generator;
  generator.seed = options.seed;
  generator.count = options.count.value_or(0);
  generator.rate = options.rate.value_or(1'000);
  generator.accounts = options.keys;
  generator.late_ppm = options.late_ppm;
  generator.duplicate_ppm = options.duplicate_ppm;
  generator.malformed_ppm = options.malformed_ppm;
  generator.future_ppm = options.future_ppm;
  if (options.incidents == "default") {
    const Duration length(static_cast<std::int64_t>(generator.count * 1'000 / generator.rate));
    generator.incidents = DefaultIncidents(options.count ? length : kEndlessIncident);
  }
  return generator;
}

std::string DescribeCounts(const ManifestCounts& counts) {
  return StrCat("wrote ", counts.records, " records; planted: ", counts.late, " late, ",
                counts.duplicates, " duplicates, ", counts.malformed, " malformed, ", counts.future,
                " an hour ahead\n");
}

int GenerateFiles(const GenerateOptions& given) {
  GenerateOptions options = given;
  options.count = options.count.value_or(kFileCount);
  if (options.out.empty()) {
    std::fprintf(stderr, "tidemark generate: say where to write with --out FILE or --topic T\n");
    return kExitUsage;
  }
  GeneratorOptions generator_options = ToGenerator(options);
  generator_options.start = options.start.value_or(kFileStart);
  generator_options.partitions = static_cast<std::int32_t>(options.partitions.value_or(1));
  CallGenerator generator(generator_options);
  std::vector<DelimitedFile> files;
  for (std::uint32_t partition = 0; partition < options.partitions.value_or(1); ++partition) {
    files.emplace_back(PathOf(options, partition));
    if (!files.back().IsOpen()) return FailToWrite(files.back());
  }
  ProgressLine progress("records", *options.count);
  GeneratedRecord record;
  while (generator.Next(record)) {
    files[static_cast<std::size_t>(record.partition.value())].Append(record.value);
    if (generator.counts().records % 8'192 == 0) progress.Update(generator.counts().records);
  }
  for (DelimitedFile& file : files) {
    if (!file.Close()) return FailToWrite(file);
  }
  const ManifestCounts& counts = generator.counts();
  progress.Finish(counts.records);
  std::fprintf(stderr, "%s", DescribeCounts(counts).c_str());
  return kExitDone;
}

}  // namespace tidemark
