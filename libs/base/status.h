// Operating errors: what failed, who is to blame, and whether trying again can help.
//
// Three kinds of error have three mechanisms: a broken invariant is TM_CHECK, an operating error is
// Status or Result<T>, a bad or late record is a value with a reason. Nothing throws.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/check.h"

namespace tidemark {

// gRPC's canonical numbers.
enum class StatusCode {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
};
std::string_view StatusCodeName(StatusCode code);

enum class Blame { kUser, kExternal, kInternal };
enum class Retry { kNever, kBackoff, kRestartTask };

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(StatusCode code, std::string message, Blame blame = Blame::kInternal,
         Retry retry = Retry::kNever)
      : code_(code), blame_(blame), retry_(retry), message_(std::move(message)) {}

  // The user's input is wrong; the message says what, where, and what would be right.
  static Status Invalid(std::string message) {
    return {StatusCode::kInvalidArgument, std::move(message), Blame::kUser};
  }
  static Status NotFound(std::string message) {
    return {StatusCode::kNotFound, std::move(message), Blame::kUser};
  }
  // The request is well formed but the present state forbids it; the message says what would work.
  static Status FailedPrecondition(std::string message) {
    return {StatusCode::kFailedPrecondition, std::move(message), Blame::kUser};
  }
  // Stored or received bytes are not what they should be.
  static Status DataLoss(std::string message) {
    return {StatusCode::kDataLoss, std::move(message), Blame::kExternal};
  }
  // Something outside does not answer now; trying again later can help.
  static Status Unavailable(std::string message) {
    return {StatusCode::kUnavailable, std::move(message), Blame::kExternal, Retry::kBackoff};
  }
  static Status Internal(std::string message) {
    return {StatusCode::kInternal, std::move(message)};
  }
  static Status Unsupported(std::string message) {
    return {StatusCode::kUnimplemented, std::move(message), Blame::kUser};
  }

  bool ok() const { return code_ == StatusCode::kOk; }
  StatusCode code() const { return code_; }
  Blame blame() const { return blame_; }
  Retry retry() const { return retry_; }
  const std::string& message() const { return message_; }

  // The same status with "context: " before its message.
  Status Annotate(std::string_view context) const;
  // "NOT_FOUND: message", or "OK".
  std::string ToString() const;

  friend bool operator==(const Status&, const Status&) = default;

 private:
  StatusCode code_ = StatusCode::kOk;
  Blame blame_ = Blame::kInternal;
  Retry retry_ = Retry::kNever;
  std::string message_;
};

// A value, or the Status that says why there is none.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : content_(std::move(value)) {}        // NOLINT(google-explicit-constructor)
  Result(Status status) : content_(std::move(status)) {  // NOLINT(google-explicit-constructor)
    TM_CHECK(!std::get<Status>(content_).ok(), "a Result without value needs an error");
  }

  bool ok() const { return std::holds_alternative<T>(content_); }
  const Status& status() const {
    static const Status kOk;
    return ok() ? kOk : std::get<Status>(content_);
  }
  // REQUIRES: ok().
  T& value() & {
    TM_CHECK(ok(), "value() of a failed Result");
    return std::get<T>(content_);
  }
  const T& value() const& {
    TM_CHECK(ok(), "value() of a failed Result");
    return std::get<T>(content_);
  }
  T&& value() && {
    TM_CHECK(ok(), "value() of a failed Result");
    return std::get<T>(std::move(content_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::variant<T, Status> content_;
};

}  // namespace tidemark

#define TM_CONCAT_INNER(a, b) a##b
#define TM_CONCAT(a, b) TM_CONCAT_INNER(a, b)

// Returns the error of `expression`, a Status, from the enclosing function.
#define TM_RETURN_IF_ERROR(expression)                                  \
  do {                                                                  \
    if (::tidemark::Status tm_status = (expression); !tm_status.ok()) { \
      return tm_status;                                                 \
    }                                                                   \
  } while (false)

// Assigns the value of a Result to `target`, or returns its error from the enclosing function.
#define TM_ASSIGN_OR_RETURN(target, expression) \
  TM_ASSIGN_OR_RETURN_INNER(TM_CONCAT(tm_result_, __LINE__), target, expression)
#define TM_ASSIGN_OR_RETURN_INNER(result, target, expression) \
  auto result = (expression);                                 \
  if (!result.ok()) return result.status();                   \
  target = std::move(result).value()
