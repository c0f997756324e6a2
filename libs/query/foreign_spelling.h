// What people paste from other stream systems, found in the tokens: most of it is no PostgreSQL at
// all.
#pragma once

#include <vector>

#include "query/sql_grammar.h"
#include "query/sql_reporter.h"

namespace tidemark {

// Reports each foreign construct with our spelling. True if there was one: the parser's own error
// would only confuse.
bool ReportForeignSpelling(const std::vector<SqlToken>& tokens, SqlReporter& reporter);

}  // namespace tidemark
