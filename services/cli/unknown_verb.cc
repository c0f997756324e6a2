#include "cli/unknown_verb.h"

#include <CLI/CLI.hpp>
#include <vector>

#include "base/text.h"

namespace tidemark {
namespace {

std::vector<std::string> VerbsOf(const CLI::App& app) {
  std::vector<std::string> verbs;
  for (const CLI::App* verb : app.get_subcommands(nullptr)) verbs.push_back(verb->get_name());
  return verbs;
}

const CLI::App* Find(const CLI::App& app, const std::string& name) {
  const auto verbs =
      app.get_subcommands([&](const CLI::App* verb) { return verb->get_name() == name; });
  return verbs.empty() ? nullptr : verbs.front();
}

// Whether the option's value is the next word.
bool TakesNextWord(const CLI::App& app, const std::string& word) {
  const CLI::Option* option = app.get_option_no_throw(word);
  return option != nullptr && option->get_items_expected_max() > 0;
}

}  // namespace

std::string UnknownVerb(const CLI::App& app, int argc, const char* const* argv) {
  const CLI::App* at = &app;
  std::string path;
  for (int i = 1; i < argc && at->get_require_subcommand_min() > 0; ++i) {
    const std::string word = argv[i];
    if (!word.empty() && word[0] == '-') {
      i += TakesNextWord(*at, word) ? 1 : 0;
      continue;
    }
    path += (path.empty() ? "" : " ") + word;
    const CLI::App* next = Find(*at, word);
    if (next == nullptr) {
      const std::vector<std::string> verbs = VerbsOf(*at);
      const std::string_view nearest = Nearest(word, verbs);
      return StrCat("there is no command '", path, "'",
                    nearest.empty() ? StrCat("; there are: ", Join(verbs, ", "))
                                    : StrCat("; did you mean '", nearest, "'?"));
    }
    at = next;
  }
  return {};
}

}  // namespace tidemark
