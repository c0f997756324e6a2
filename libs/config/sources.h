// The three sources of a configuration besides the defaults. Each applies what it has to a draft
// and answers what is wrong with it, one paragraph per problem; "" if nothing is.
#pragma once

#include <map>
#include <string>

#include "config/draft.h"

namespace tidemark {

using Variables = std::map<std::string, std::string, std::less<>>;

// `text` is the content of the file; ${NAME} in it comes from `variables`.
std::string ApplyFile(const std::string& name, std::string text, const Variables& variables,
                      Draft& draft);
std::string ApplyVariables(const Variables& variables, Draft& draft);
// "key.path=value".
std::string ApplyAssignment(const std::string& assignment, Draft& draft);

// "place: message\n  suggestion\n".
std::string ShowProblem(const std::string& place, const Problem& problem);
// What to say to someone who wrote a key that does not exist.
std::string SuggestKey(std::string_view path);

}  // namespace tidemark
