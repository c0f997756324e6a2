// The reference of functions that users read, generated from the tables.
#pragma once

#include <string>

namespace tidemark {

// The content of docs/functions.md.
std::string FunctionsDocument();

}  // namespace tidemark
