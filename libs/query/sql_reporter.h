// Reports what is wrong with one SQL text of a pipeline file.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "yaml/source_file.h"

namespace tidemark {

// Reports at offsets of one SQL text.
class SqlReporter {
 public:
  SqlReporter(const MappedText& sql, DiagnosticSink& sink) : sql_(sql), sink_(sink) {}
  void Add(std::size_t offset, std::size_t length, Problem problem) {
    sink_.Add(sql_.Locate(offset, length), std::move(problem));
  }
  const std::string& text() const { return sql_.text; }
  std::size_t count() const { return sink_.count(); }

 private:
  const MappedText& sql_;
  DiagnosticSink& sink_;
};

}  // namespace tidemark
