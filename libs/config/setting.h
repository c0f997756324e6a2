// The table of settings: the one place that says what keys there are. The loader, the default file
// and the documentation are made from it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/configuration.h"
#include "yaml/source_file.h"

namespace tidemark {

// Where a value goes; its type is the type of the key.
using SettingField =
    std::variant<std::string*, std::vector<std::string>*, Duration*, std::uint64_t*, std::int64_t*,
                 bool*, LogLevel*, LogFormat*, std::map<std::string, std::string>*>;

// What a text (or each item of a list) must look like.
struct Shape {
  std::string_view expected;  // "host:port"
  std::string_view example;
  bool (*fits)(std::string_view text) = nullptr;
};

struct Setting {
  std::string_view path;      // "worker.memory"
  std::string_view programs;  // that read it: "all", or one name
  std::string_view default_text;
  std::string_view min = {};  // as typed; of durations, sizes and numbers
  std::string_view max = {};
  const Shape* shape = nullptr;  // of texts
  std::string_view text;         // effect, and when to change it
  SettingField (*field)(Configuration& into);
};

std::span<const Setting> Settings();
const Setting* FindSetting(std::string_view path);
// True for "kafka": keys stand below it.
bool IsSection(std::string_view path);

// The type's name as the documentation has it: "duration".
std::string_view TypeName(const Setting& setting);
bool IsList(const Setting& setting);
bool IsMapping(const Setting& setting);
// "from 64MiB to 1TiB", "host:port", "true or false"; "" if anything goes.
std::string Bounds(const Setting& setting);

// Writes `text` into the field of `setting`, or says what is wrong and leaves it. Lists are
// separated by commas. REQUIRES: !IsMapping(setting).
std::optional<Problem> Assign(const Setting& setting, std::string_view text, Configuration& into);

}  // namespace tidemark
