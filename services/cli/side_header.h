// What Tidemark wrote into the headers of a late or dead-letter record.
#pragma once

#include <string>
#include <string_view>

#include "log/log.h"

namespace tidemark {

// The value of its own header `name`; "" if it wrote none. Its headers stand behind those that the
// record came with, from tidemark-reason on; a dead letter that was fed in again came with such
// ones, too.
inline std::string SideHeader(const RecordView& record, std::string_view name) {
  std::string text;
  for (const HeaderView& header : record.headers) {
    if (header.name == "tidemark-reason") text.clear();
    if (header.name == name) text = header.value.value_or("");
  }
  return text;
}

}  // namespace tidemark
