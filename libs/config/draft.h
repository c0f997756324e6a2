// A configuration under construction: starts with the defaults, takes values one by one, remembers
// where each came from.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "config/load.h"
#include "config/setting.h"

namespace tidemark {

class Draft {
 public:
  // `read_file` reads file:PATH secrets; it outlives this.
  explicit Draft(const FileReader& read_file);

  // Each says what is wrong and then changes nothing. REQUIRES of Set: !IsMapping(setting).
  std::optional<Problem> Set(const Setting& setting, const std::string& text,
                             const std::string& origin);
  std::optional<Problem> SetProperty(const std::string& name, const std::string& text,
                                     const std::string& origin);

  // What is wrong with values that are right each by itself, and the origin of one of them.
  struct Conflict {
    std::string origin;
    Problem problem;
  };
  std::optional<Conflict> FindConflict() const;

  LoadedConfiguration Take() &&;

 private:
  struct Given {
    std::string value;
    std::string origin;
  };
  Result<std::string> ReadSecret(const std::string& path) const;

  const FileReader& read_file_;
  Configuration values_;
  std::map<std::string, Given, std::less<>> given_;  // by path; but kafka.properties
  std::map<std::string, Given> properties_;
};

}  // namespace tidemark
