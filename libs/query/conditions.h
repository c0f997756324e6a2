// Conditions (WHERE, FILTER) and columns: from typed text to checked expressions over the decoded
// columns.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "expression/expression.h"
#include "query/sql_reporter.h"
#include "query/sql_tree.h"
#include "record/decoder.h"

namespace tidemark {

// The fields that all queries of a pipeline read; field i is column i of the decoded rows.
class FieldSet {
 public:
  FieldSet(std::shared_ptr<const MessageSchema> schema, std::vector<std::int32_t> root);
  // Index of `field`, which is added if no query read it before.
  std::size_t Add(const FieldPath& field);
  const MessageSchema& schema() const { return *schema_; }
  std::span<const std::int32_t> root() const { return root_; }
  const std::vector<FieldPath>& fields() const { return fields_; }
  std::vector<std::string> Names() const { return schema_->FieldNames(root_); }

 private:
  std::shared_ptr<const MessageSchema> schema_;
  std::vector<std::int32_t> root_;
  std::vector<FieldPath> fields_;
};

// What a name stands for.
struct BoundColumn {
  std::size_t column = 0;
  Type type;
  std::string name;  // as the schema spells it
};

// The names that one query sees: input fields, also with the table's name before them, and the
// aliases of earlier columns. An input field wins over an alias. Fields match exactly, else
// uniquely without case.
class NameScope {
 public:
  NameScope(FieldSet& fields, const SqlSelect& select, SqlReporter& reporter)
      : fields_(fields), select_(select), reporter_(reporter) {}
  // nullopt after reporting.
  std::optional<BoundColumn> Resolve(const SqlExpr& name);
  // The column that tells whether a message or field is there; nullopt if `name` is no message,
  // unreported.
  std::optional<BoundColumn> ResolvePresence(const SqlExpr& name);
  // nullopt marks an alias that stands for no plain field.
  void AddAlias(const std::string& alias, std::optional<BoundColumn> column);
  bool IsField(const SqlExpr& name) const { return ResolveField(name.text).ok(); }
  SqlReporter& reporter() { return reporter_; }

 private:
  struct Alias {
    std::string name;
    std::optional<BoundColumn> column;
  };
  const Alias* FindAlias(std::string_view name) const;
  Result<FieldPath> ResolveField(const std::string& dotted) const;
  std::string WithoutTable(const std::string& dotted) const;
  void ReportUnknown(const SqlExpr& name, const Status& status);

  FieldSet& fields_;
  const SqlSelect& select_;
  SqlReporter& reporter_;
  std::vector<Alias> aliases_;
};

// A condition; nullptr after reporting.
ExpressionPtr BindCondition(const SqlExpr& condition, NameScope& scope);
// An argument of an aggregate: a column, a condition or a literal; nullptr after reporting.
ExpressionPtr BindArgument(const SqlExpr& argument, NameScope& scope);

}  // namespace tidemark
