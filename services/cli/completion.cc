#include "cli/completion.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <vector>

#include "base/text.h"

namespace tidemark {
namespace {

// What is said of one command: "pipeline apply", "" for the program.
struct Place {
  std::string path;
  std::vector<std::string> words;
};

std::vector<std::string> NamesOf(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  return names;
}

// `places` in the order of the help; `valued` gets the options that take a value.
void Collect(const CLI::App& app, const std::string& path, std::vector<Place>& places,
             std::vector<std::string>& valued) {
  Place place{.path = path};
  for (const CLI::App* verb : app.get_subcommands(nullptr)) {
    if (!verb->get_group().empty()) place.words.push_back(verb->get_name());
  }
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    for (const std::string& name : NamesOf(*option)) {
      place.words.push_back(name);
      if (option->get_items_expected_max() > 0) valued.push_back(name);
    }
  }
  places.push_back(std::move(place));
  for (const CLI::App* verb : app.get_subcommands(nullptr)) {
    Collect(*verb, path.empty() ? verb->get_name() : StrCat(path, " ", verb->get_name()), places,
            valued);
  }
}

}  // namespace

std::string BashCompletion(const CLI::App& app) {
  std::vector<Place> places;
  std::vector<std::string> valued;
  Collect(app, "", places, valued);
  std::string paths;
  std::string cases;
  for (const Place& place : places) {
    if (!place.path.empty()) paths += StrCat(paths.empty() ? "" : "|", "\"", place.path, "\"");
    cases += StrCat("    \"", place.path, "\") words=\"", Join(place.words, " "), "\" ;;\n");
  }
  std::sort(valued.begin(), valued.end());
  valued.erase(std::unique(valued.begin(), valued.end()), valued.end());
  return StrCat("# bash completion of ", app.get_name(), ": source <(", app.get_name(),
                " completion bash)\n_", app.get_name(),
                "() {\n"
                "  local path= words= step i\n"
                "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
                "    step=\"${path:+$path }${COMP_WORDS[i]}\"\n"
                "    case \"$step\" in\n      ",
                paths,
                ") path=$step ;;\n"
                "    esac\n"
                "  done\n"
                "  case \"${COMP_WORDS[COMP_CWORD-1]}\" in\n    ",
                Join(valued, "|"),
                ") return ;;\n"
                "  esac\n"
                "  case \"$path\" in\n",
                cases,
                "  esac\n"
                "  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
                "}\n"
                "complete -o default -F _",
                app.get_name(), " ", app.get_name(), "\n");
}

}  // namespace tidemark
