// What is particular to the adapter on a real disk.
#include <signal.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>

#include "base/tests/format_example.h"
#include "state_rocksdb/cell_codec.h"
#include "state_rocksdb/tests/disks.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

std::string PathOf(const TemporaryFolder& folder, const StoreIdentity& identity) {
  return StrCat(folder.path(), "/", identity.cluster, "/", identity.pipeline, "/",
                identity.incarnation.text(), "/", TaskId::Of(identity.merge).ToString());
}

std::unique_ptr<RocksDbCellStores> Create(const TemporaryFolder& folder) {
  return RocksDbCellStores::Create({.state_dir = folder.path()}).value();
}

// Leaves a store with a mark and closes it.
void WriteOneMark(const TemporaryFolder& folder, const StoreIdentity& identity) {
  const auto stores = Create(folder);
  REQUIRE(stores->Open(identity).value()->WriteMark("m", {}).ok());
}

std::optional<std::string> MarkOf(const TemporaryFolder& folder, const StoreIdentity& identity) {
  const auto stores = Create(folder);
  return stores->Open(identity).value()->ReadMark().value();
}

TEST_CASE("a state directory has one owner, who is named to the second") {
  const auto folder = TemporaryFolder::Create().value();
  auto first = Create(*folder);
  const Status second = RocksDbCellStores::Create({.state_dir = folder->path()}).status();
  CHECK(second.code() == StatusCode::kFailedPrecondition);
  CHECK(second.message() == StrCat("the state directory ", folder->path(), " is in use by process ",
                                   getpid(), ": give each worker a worker.state_dir of its own"));
  first.reset();
  CHECK(RocksDbCellStores::Create({.state_dir = folder->path()}).ok());
}

TEST_CASE("a state directory that cannot be made is an error that names it") {
  const Status status = RocksDbCellStores::Create({.state_dir = "/proc/nothing"}).status();
  CHECK(status.code() == StatusCode::kFailedPrecondition);
  CHECK(status.message().find("/proc/nothing") != std::string::npos);
}

TEST_CASE("a store lies where operators look for it") {
  const auto folder = TemporaryFolder::Create().value();
  WriteOneMark(*folder, TestIdentity(3));
  CHECK(fs::exists(folder->path() + "/test/voice/" + TestIdentity().incarnation.text() +
                   "/merge-3/CURRENT"));
}

TEST_CASE("a store that was copied from another task is discarded") {
  const auto folder = TemporaryFolder::Create().value();
  WriteOneMark(*folder, TestIdentity(0));
  REQUIRE(MarkOf(*folder, TestIdentity(0)) == "m");
  fs::copy(PathOf(*folder, TestIdentity(0)), PathOf(*folder, TestIdentity(1)),
           fs::copy_options::recursive);
  CHECK_FALSE(MarkOf(*folder, TestIdentity(1)).has_value());
  CHECK(MarkOf(*folder, TestIdentity(0)) == "m");
}

void Overwrite(const fs::path& file, const std::string& content) {
  std::ofstream(file, std::ios::trunc | std::ios::binary) << content;
}

// Damages every file of the store whose name begins with `prefix` or ends with it.
void Damage(const std::string& store, const std::string& affix, const std::string& content) {
  int damaged = 0;
  for (const auto& entry : fs::directory_iterator(store)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(affix) || name.ends_with(affix)) {
      Overwrite(entry.path(), content);
      ++damaged;
    }
  }
  REQUIRE(damaged > 0);
}

TEST_CASE("a store that cannot be opened is discarded and usable again") {
  for (const std::string affix : {"CURRENT", "MANIFEST"}) {
    INFO(affix);
    const auto folder = TemporaryFolder::Create().value();
    WriteOneMark(*folder, TestIdentity());
    Damage(PathOf(*folder, TestIdentity()), affix, "no database");
    CHECK_FALSE(MarkOf(*folder, TestIdentity()).has_value());
    WriteOneMark(*folder, TestIdentity());
    CHECK(MarkOf(*folder, TestIdentity()) == "m");
  }
}

TEST_CASE("a store with lost or damaged tables never passes for a whole one") {
  for (const std::string content : {"", "no table"}) {
    const auto folder = TemporaryFolder::Create().value();
    WriteOneMark(*folder, TestIdentity());
    Damage(PathOf(*folder, TestIdentity()), ".sst", content);
    const auto stores = Create(*folder);
    const auto store = stores->Open(TestIdentity());
    REQUIRE(store.ok());
    CHECK_FALSE((*store)->ReadMark().value().has_value());
    CHECK(ReadContent(**store)->cells.empty());
  }
}

TEST_CASE("a flipped byte in a table is noticed or harmless") {
  for (const int eighths : {0, 2, 4, 6}) {
    const auto folder = TemporaryFolder::Create().value();
    {
      const auto stores = Create(*folder);
      const auto store = stores->Open(TestIdentity()).value();
      REQUIRE(Apply(MakeScript(1, 1)[0], 0, *store).ok());
      REQUIRE(store->WriteMark("m", {}).ok());
    }
    for (const auto& entry : fs::directory_iterator(PathOf(*folder, TestIdentity()))) {
      if (entry.path().extension() != ".sst") continue;
      std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
      const auto at = static_cast<std::streamoff>(fs::file_size(entry.path())) * eighths / 8;
      const int before = file.seekg(at).get();
      file.seekp(at).put(static_cast<char>(before ^ 0x55));
    }
    const auto stores = Create(*folder);
    const auto store = stores->Open(TestIdentity());
    REQUIRE(store.ok());
    const auto content = ReadContent(**store);
    StoreContent whole = ContentAfter(MakeScript(1, 1), 1);
    whole.mark.emplace("m");
    INFO(eighths << "/8: " << content.status().ToString());
    CHECK((content.status().code() == StatusCode::kDataLoss || content.value() == StoreContent{} ||
           content.value() == whole));
  }
}

TEST_CASE("a missing table is noticed") {
  const auto folder = TemporaryFolder::Create().value();
  WriteOneMark(*folder, TestIdentity());
  for (const auto& entry : fs::directory_iterator(PathOf(*folder, TestIdentity()))) {
    if (entry.path().extension() == ".sst") fs::remove(entry.path());
  }
  CHECK_FALSE(MarkOf(*folder, TestIdentity()).has_value());
}

// Files of this process cannot grow beyond `bytes` while it lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

TEST_CASE(
    "a mark that cannot be written is an error, and reopening brings the store back without it") {
  const auto folder = TemporaryFolder::Create().value();
  const auto stores = Create(*folder);
  auto store = stores->Open(TestIdentity()).value();
  Random random(1);
  std::string noise(1U << 20U, ' ');
  for (char& c : noise) c = static_cast<char>(random.Next());
  const StoredCell cell{.id = {.slice_end = 1, .key = "k"}, .stamp = Offset(1), .states = noise};
  REQUIRE(store->WriteCells({cell}).ok());
  {
    const FileSizeLimit limit(256U << 10U);
    const Status refused = store->WriteMark("m", {});
    INFO(refused.ToString());
    CHECK_FALSE(refused.ok());
    CHECK(refused.retry() == Retry::kBackoff);
    CHECK(refused.message().find(folder->path()) != std::string::npos);
    CHECK_FALSE(store->WriteMark("m", {}).ok());
  }
  store.reset();
  store = stores->Open(TestIdentity()).value();
  CHECK_FALSE(store->ReadMark().value().has_value());
  CHECK(store->WriteCells({cell}).ok());
  CHECK(store->WriteMark("m", {}).ok());
  CHECK(ReadContent(*store)->cells.size() == 1);
}

TEST_CASE("bytes that are no cell are refused") {
  const std::string key = EncodeCellKey({.slice_end = 1, .key = "k"});
  for (std::size_t size = 0; size < key.size() - 1; ++size)
    CHECK_FALSE(DecodeCellKey(key.substr(0, size)));
  CHECK(DecodeCellKey(key.substr(0, key.size() - 1)).has_value());  // the empty key
  CHECK_FALSE(DecodeCellKey('\2' + key.substr(1)));
  const std::string value = EncodeCellValue(Offset(1), "s");
  for (std::size_t size = 0; size < value.size() - 1; ++size)
    CHECK_FALSE(DecodeCellValue(value.substr(0, size)));
  CHECK_FALSE(DecodeCellValue('\2' + value.substr(1)));
}

TEST_CASE("the example of docs/formats/cell.md is what it says") {
  const std::string identity = FormatExample("docs/formats/cell.md", 0);
  const StoreIdentity owner{.cluster = "demo",
                            .pipeline = "voice",
                            .incarnation = Incarnation::Parse("k3v9x0ab").value(),
                            .merge = ShufflePartition(5U)};
  CHECK(ToHex(EncodeIdentity(owner)) == ToHex(identity));
  const std::string key = FormatExample("docs/formats/cell.md", 1);
  const auto decoded_key = DecodeCellKey(key);
  REQUIRE(decoded_key.has_value());
  CHECK(decoded_key->slice_end == 1'764'064'860'000);
  CHECK(decoded_key->instance == InstanceId(1U));
  CHECK(decoded_key->tag == -1);
  CHECK(decoded_key->key_hash == 0x0102030405060708ULL);
  CHECK(decoded_key->key == std::string_view("\0\x05\x02US", 5));
  CHECK(ToHex(EncodeCellKey(*decoded_key)) == ToHex(key));
  const std::string value = FormatExample("docs/formats/cell.md", 2);
  const auto decoded_value = DecodeCellValue(value);
  REQUIRE(decoded_value.has_value());
  CHECK(decoded_value->stamp == Offset(300));
  CHECK(decoded_value->states == "\x07");
  CHECK(ToHex(EncodeCellValue(decoded_value->stamp, decoded_value->states)) == ToHex(value));
}

}  // namespace
}  // namespace tidemark
