// Windows as GROUP BY spells them: tumble('5m' [, starting_at => '06:00']), hop(size => '5m', slide
// => '1m').
#pragma once

#include <optional>

#include "query/sql_reporter.h"
#include "query/sql_tree.h"
#include "window/window.h"

namespace tidemark {

// tumble, hop, cumulate, session: a call of it in GROUP BY is a window, supported or not.
bool IsWindowName(std::string_view name);
// nullopt after reporting. REQUIRES: IsWindowName(call.text).
std::optional<WindowSpec> BindWindow(const SqlExpr& call, SqlReporter& reporter);

}  // namespace tidemark
