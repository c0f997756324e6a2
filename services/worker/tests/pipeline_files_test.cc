#include "host/pipeline_files.h"

#include <catch2/catch.hpp>
#include <cstdlib>

namespace tidemark {
namespace {

constexpr const char* kFile = "config/pipelines/voice.yaml";
constexpr const char* kLanes = "VOICE_LANES";

struct Variable {
  explicit Variable(const char* value) { setenv(kLanes, value, 1); }
  ~Variable() { unsetenv(kLanes); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
};

std::vector<PipelineFileOnDisk> ReadWith(const char* lanes) {
  const Variable variable(lanes);
  auto files = ReadPipelineFiles({kFile});
  REQUIRE(files.ok());
  return std::move(files).value();
}

PipelineDefinition StoredAs(const PipelineFileOnDisk& file) {
  PipelineDefinition definition;
  definition.text = file.text;
  return definition;
}

}  // namespace

TEST_CASE("what is stored of a file means the same to a process with another environment") {
  const std::vector<PipelineFileOnDisk> files = ReadWith("3");
  REQUIRE(files.front().plan->lanes == 3);
  const Variable other("7");
  const auto plan = PlanLoaderOf({})(StoredAs(files.front()));
  REQUIRE(plan.ok());
  CHECK((*plan)->lanes == 3);
}

TEST_CASE("a file read in another environment is another text, not the same pipeline") {
  CHECK(ReadWith("3").front().text != ReadWith("4").front().text);
}

TEST_CASE("all files that cannot be read are told at once") {
  const auto files = ReadPipelineFiles({"no/such.yaml", "nor/this.yaml"});
  REQUIRE_FALSE(files.ok());
  CHECK_THAT(files.status().message(), Catch::Contains("no/such.yaml"));
  CHECK_THAT(files.status().message(), Catch::Contains("nor/this.yaml"));
}

}  // namespace tidemark
