// What both forms of `tidemark generate` share.
#pragma once

#include <string>

#include "cli/commands.h"
#include "generator/generator.h"

namespace tidemark {

// Without start and partitions, which files and topics choose differently.
GeneratorOptions ToGenerator(const GenerateOptions& options);
// "wrote 100,000 records; planted: 100 late, ..." with a line end.
std::string DescribeCounts(const ManifestCounts& counts);

}  // namespace tidemark
