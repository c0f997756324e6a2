// Three-valued AND, OR and NOT over bool columns. Internal to this library.
#pragma once

#include <cstddef>

#include "model/column.h"

namespace tidemark {

// All of them read and write cells 0 or 1 of `rows` rows; cells of NULL rows are unspecified, but
// initialised.
void AndInto(const Column& from, std::size_t rows, Column& into);
void OrInto(const Column& from, std::size_t rows, Column& into);
void Not(const Column& from, std::size_t rows, Column& out);
void IsNull(const Column& from, std::size_t rows, Column& out);
void IsNotNull(const Column& from, std::size_t rows, Column& out);

}  // namespace tidemark
