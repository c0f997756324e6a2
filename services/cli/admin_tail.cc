// tidemark tail PIPELINE/QUERY: committed rows as they come, and why none comes.
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/text.h"
#include "cli/admin_commands.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"

namespace tidemark {
namespace {

namespace pb = admin::v1;

constexpr int kMostLost = 100;  // streams in a row that brought nothing

// Rows as columns while they come: as wide as the first row needs, with a head before it.
class RowTable {
 public:
  std::string Line(const pb::Row& row) {
    if (row.withdrawn()) return "withdrawn: " + row.key();
    const auto fields = nlohmann::ordered_json::parse(row.value(), nullptr, false);
    if (!fields.is_object()) return row.value();
    std::vector<std::string> names;
    std::vector<std::string> cells;
    for (const auto& [name, value] : fields.items()) {
      names.push_back(name);
      cells.push_back(value.is_string() ? value.get<std::string>() : value.dump());
    }
    if (names == names_) return Padded(cells);
    names_ = names;
    widths_.clear();
    for (std::size_t i = 0; i < cells.size(); ++i)
      widths_.push_back(std::max(names[i].size(), cells[i].size()));
    return Padded(names) + "\n" + Padded(cells);
  }

 private:
  std::string Padded(const std::vector<std::string>& cells) const {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::size_t fill = cells[i].size() < widths_[i] ? widths_[i] - cells[i].size() : 0;
      line += StrCat(i > 0 ? "  " : "", cells[i],
                     i + 1 < cells.size() ? std::string(fill, ' ') : std::string());
    }
    return line;
  }

  std::vector<std::string> names_;
  std::vector<std::size_t> widths_;
};

void Print(const AdminOptions& options, const pb::Row& row, RowTable& table) {
  if (options.output == AdminOutput::kTable) {
    std::printf("%s\n", table.Line(row).c_str());
  } else if (options.output == AdminOutput::kJson) {
    std::printf("%s\n", ToJson(row).c_str());
  } else {
    std::printf("%s\n", row.withdrawn() ? StrCat("{\"withdrawn\":", row.key(), "}").c_str()
                                        : row.value().c_str());
  }
}

}  // namespace

int TailRows(const AdminOptions& options) {
  const std::size_t slash = options.name.find('/');
  if (slash == std::string::npos) {
    std::fprintf(stderr, "tidemark tail: write PIPELINE/QUERY, or --topic TOPIC\n");
    return kExitUsage;
  }
  auto client = OpenAdmin(options.access);
  if (!client.ok()) return FailWith("tail", client.status());
  pb::TailQueryRequest request;
  request.set_pipeline(options.name.substr(0, slash));
  request.set_query(options.name.substr(slash + 1));
  request.set_from_beginning(options.from_beginning);
  RowTable table;
  std::uint64_t printed = 0;
  int lost = 0;
  const auto done = [&] { return options.count > 0 && printed >= options.count; };
  const auto take = [&](const pb::TailQueryResponse& response) {
    lost = 0;
    if (!response.waiting().empty()) {
      std::fprintf(stderr, "tidemark tail: no row for 10 s: %s\n", response.waiting().c_str());
    }
    for (const pb::Row& row : response.rows()) {
      if (done()) break;
      Print(options, row, table);
      ++printed;
    }
    std::fflush(stdout);
    // Behind these rows a new stream goes on.
    if (response.positions_size() > 0) *request.mutable_positions() = response.positions();
    return !done();
  };
  while (true) {
    const Status ended = (*client)->Tail(request, take);
    if (ended.ok()) return kExitDone;
    if (ended.code() != StatusCode::kUnavailable || ++lost > kMostLost) {
      return FailWith("tail", ended);
    }
  }
}

}  // namespace tidemark
