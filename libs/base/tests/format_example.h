// The worked examples of docs/formats/: hex dumps in fenced blocks marked ```hex, `#` begins a
// comment.
#pragma once

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace tidemark {

// The bytes of the `index`-th hex block of a file of the repository. Tests run in its root.
inline std::string FormatExample(const std::string& path, int index = 0) {
  std::ifstream file(path);
  REQUIRE(file.good());
  std::string bytes;
  std::string line;
  int block = -1;
  bool inside = false;
  while (std::getline(file, line)) {
    if (line == "```hex") {
      inside = ++block == index;
    } else if (line == "```") {
      inside = false;
    } else if (inside) {
      std::istringstream words(line.substr(0, line.find('#')));
      for (std::string word; words >> word;) {
        bytes.push_back(static_cast<char>(std::stoi(word, nullptr, 16)));
      }
    }
  }
  REQUIRE_FALSE(bytes.empty());
  return bytes;
}

inline std::string ToHex(std::string_view bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex += {kDigits[byte >> 4U], kDigits[byte & 15U], ' '};
  }
  return hex;
}

}  // namespace tidemark
