// Every *.yaml of tests/golden_errors is planned; what a user would see must equal the *.txt beside
// it. TIDEMARK_UPDATE_GOLDEN=1 writes the texts anew.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "query/planner.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string Render(const fs::path& path) {
  PipelineSource source;
  source.file = path.filename().string();
  source.text = ReadFile(path);
  source.environment = {{"ACCOUNT", "AC1"}, {"BAD", "it's"}};
  const PlanResult result = PlanPipeline(source);
  return RenderDiagnostics(result.diagnostics, source.text);
}

TEST_CASE("errors look as they always did") {
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator("tests/golden_errors")) {
    if (entry.path().extension() != ".yaml") continue;
    ++files;
    const std::string shown = Render(entry.path());
    fs::path golden = entry.path();
    golden.replace_extension(".txt");
    if (std::getenv("TIDEMARK_UPDATE_GOLDEN") != nullptr)
      std::ofstream(golden, std::ios::binary) << shown;
    INFO(entry.path());
    CHECK_FALSE(shown.empty());
    CHECK(shown == ReadFile(golden));
  }
  CHECK(files >= 20);
}

}  // namespace
}  // namespace tidemark
