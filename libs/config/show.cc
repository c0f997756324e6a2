#include "config/show.h"

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "config/setting.h"

namespace tidemark {
namespace {

constexpr std::size_t kWidth = 100;

struct Line {
  std::string path;
  std::string value;   // YAML
  std::string above;   // comment; "" for none
  std::string behind;  // comment; "" for none
};

std::string Quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? std::string("\\n") : c == '\t' ? std::string("\\t") : std::string(1, c);
  }
  return out + "\"";
}

// Quoted unless it is a plain word that no YAML reader takes for anything else.
std::string Scalar(std::string_view text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '/' || c == '.';
  });
  return plain ? std::string(text) : Quote(text);
}

std::string List(std::string_view text) {
  std::string out = "[";
  while (true) {
    const std::size_t comma = text.find(',');
    out += Quote(text.substr(0, comma));
    if (comma == std::string_view::npos) return out + "]";
    out += ", ";
    text.remove_prefix(comma + 1);
  }
}

std::string Comment(std::string_view text, std::string_view indent) {
  std::string out;
  std::string line;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (!line.empty() && indent.size() + 3 + line.size() + end > kWidth) {
      out += StrCat(indent, "#", line, "\n");
      line.clear();
    }
    line += StrCat(" ", text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return line.empty() ? out : StrCat(out, indent, "#", line, "\n");
}

struct Place {
  std::vector<std::string> sections;
  std::string key;
};

// The names of librdkafka's properties keep their dots.
Place PlaceOf(const std::string& path) {
  constexpr std::string_view kProperties = "kafka.properties.";
  if (path.starts_with(kProperties))
    return {{"kafka", "properties"}, path.substr(kProperties.size())};
  const std::size_t dot = path.find('.');
  if (dot == std::string::npos) return {{}, path};
  return {{path.substr(0, dot)}, path.substr(dot + 1)};
}

// A section is opened where the line before stands in another one.
std::string WriteYaml(const std::vector<Line>& lines) {
  std::string out;
  std::vector<std::string> open;
  for (const Line& line : lines) {
    const Place place = PlaceOf(line.path);
    const auto differs =
        std::mismatch(open.begin(), open.end(), place.sections.begin(), place.sections.end())
            .second;
    for (auto section = differs; section != place.sections.end(); ++section) {
      const auto depth = static_cast<std::size_t>(section - place.sections.begin());
      out += StrCat(depth == 0 ? "\n" : "", std::string(2 * depth, ' '), *section, ":\n");
    }
    open = place.sections;
    const std::string indent(2 * open.size(), ' ');
    out += StrCat(Comment(line.above, indent), indent, place.key, ": ", line.value,
                  line.behind.empty() ? "" : "  # ", line.behind, "\n");
  }
  return out;
}

std::string DefaultValue(const Setting& setting) {
  if (IsMapping(setting)) return std::string(setting.default_text);
  return IsList(setting) ? List(setting.default_text) : Scalar(setting.default_text);
}

std::string Described(const Setting& setting) {
  const std::string bounds = Bounds(setting);
  return StrCat(setting.text, bounds.empty() ? "" : StrCat(" Allowed: ", bounds, "."));
}

std::string InCode(std::string_view text) {
  return text.empty() ? std::string("empty") : StrCat("`", text, "`");
}

}  // namespace

std::string ShownValue(const EffectiveSetting& setting, Secrets secrets) {
  const bool hidden = setting.secret && secrets == Secrets::kRedacted;
  return hidden ? std::string("(redacted)") : setting.value;
}

std::string ShowConfiguration(const LoadedConfiguration& loaded, Secrets secrets) {
  std::vector<Line> lines;
  for (const EffectiveSetting& effective : loaded.settings) {
    const Setting* setting = FindSetting(effective.path);
    const std::string value = ShownValue(effective, secrets);
    const bool list = setting != nullptr && IsList(*setting);
    lines.push_back({effective.path, list ? List(value) : Scalar(value), "", effective.origin});
  }
  return WriteYaml(lines);
}

std::string DefaultFile() {
  std::vector<Line> lines;
  for (const Setting& setting : Settings())
    lines.push_back({std::string(setting.path), DefaultValue(setting), Described(setting), ""});
  return StrCat(
      "# Every key with its default; made from the table of settings. Copy what you change.\n",
      WriteYaml(lines));
}

std::string SettingsDocument() {
  std::string out =
      "# Configuration\n\n"
      "Made from the table of settings; do not edit.\n\n"
      "All programs take the same file and read their part of it. Sources, a later one wins: the "
      "defaults below, "
      "`--config FILE`\n(YAML, as [config/default.yaml](../config/default.yaml)), variables, "
      "`--set key.path=value`. The variable of `worker.state_dir` is\n"
      "`TIDEMARK_WORKER_STATE_DIR`; that of the property `sasl.password` is "
      "`TIDEMARK_KAFKA_PROPERTIES_SASL_PASSWORD` (two\n"
      "underscores stand for one). Lists are separated by commas there. In the file, `${NAME}` and "
      "`${NAME:-default}` come from\n"
      "the environment.\n\n"
      "Everything is checked before anything starts, and all that is wrong is shown at once. "
      "`tidemark config show --redact`\n"
      "prints the value of each key and where it comes from.\n\n"
      "Durations are written `250ms`, `10s`, `5m`, `1h30m`; sizes `512MiB`, `1GiB`. A value of "
      "`kafka.properties` that begins\n"
      "with `file:` is read from that file, without line ends at its end: so secrets need not "
      "stand in the configuration.\n\n"
      "| key | type | default | allowed | read by | effect |\n|---|---|---|---|---|---|\n";
  for (const Setting& setting : Settings()) {
    out +=
        StrCat("| `", setting.path, "` | ", TypeName(setting), " | ", InCode(setting.default_text),
               " | ", Bounds(setting), " | ", setting.programs, " | ", setting.text, " |\n");
  }
  return out;
}

}  // namespace tidemark
