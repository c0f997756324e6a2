#include "query/window_calls.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "model/time.h"
#include "query/literals.h"
#include "query/refusals.h"

namespace tidemark {
namespace {

constexpr std::string_view kTumble = "write tumble('5m')";
constexpr std::string_view kHop = "write hop(size => '5m', slide => '1m')";

// "06:00" or "06:00:30", as time since midnight.
std::optional<Duration> ParseTimeOfDay(std::string_view text) {
  const auto time = ParseTime(StrCat("1970-01-01T", text, text.size() == 5 ? ":00Z" : "Z"));
  if (!time || time->value() < 0 || time->value() >= 86'400'000) return std::nullopt;
  return Duration(time->value());
}

class WindowBinder {
 public:
  WindowBinder(const SqlExpr& call, SqlReporter& reporter) : call_(call), reporter_(reporter) {}

  std::optional<WindowSpec> Tumble() {
    std::optional<Duration> size;
    std::optional<Duration> start = Duration(0);
    for (std::size_t i = 0; i < call_.arguments.size(); ++i) {
      const std::string& name = call_.argument_names[i];
      if (name == "starting_at") {
        start = TimeOfDay(call_.arguments[i]);
      } else if ((name.empty() && i == 0) || name == "size") {
        size = ReadDuration(call_.arguments[i], reporter_);
      } else {
        return Fail(call_.arguments[i],
                    {"BAD_WINDOW", "tumble takes one duration and starting_at => '06:00'",
                     std::string(kTumble)});
      }
    }
    if (call_.arguments.empty())
      return Fail(call_, {"BAD_WINDOW", "tumble needs its size", std::string(kTumble)});
    if (!size || !start) return std::nullopt;
    const Duration offset = size->count() > 0 ? *start % *size : Duration(0);
    return Check(WindowSpec::Tumble(*size, offset), kTumble);
  }

  std::optional<WindowSpec> Hop() {
    std::optional<Duration> size;
    std::optional<Duration> slide;
    if (IsPositional()) return FailPositional();
    for (std::size_t i = 0; i < call_.arguments.size(); ++i) {
      const std::string& name = call_.argument_names[i];
      if (name != "size" && name != "slide") {
        return Fail(
            call_.arguments[i],
            {"BAD_WINDOW", StrCat("hop has no argument ", name.empty() ? "without name" : name),
             std::string(kHop)});
      }
      (name == "size" ? size : slide) = ReadDuration(call_.arguments[i], reporter_);
    }
    if (call_.arguments.size() != 2)
      return Fail(call_, {"BAD_WINDOW", "hop needs size and slide", std::string(kHop)});
    if (!size || !slide) return std::nullopt;
    return Check(WindowSpec::Hop(*size, *slide, Duration(0)), kHop);
  }

  bool HasTimeColumn() const {
    return !call_.arguments.empty() && call_.arguments[0].kind == SqlExpr::Kind::kColumn;
  }

 private:
  bool IsPositional() const {
    return call_.arguments.size() == 2 && call_.argument_names[0].empty() &&
           call_.argument_names[1].empty();
  }

  std::optional<WindowSpec> FailPositional() {
    const std::string& a = call_.arguments[0].text;
    const std::string& b = call_.arguments[1].text;
    return Fail(
        call_,
        {"POSITIONAL_DURATIONS",
         "the two durations of hop must be named, because their order differs between systems",
         StrCat("write hop(size => '", a, "', slide => '", b, "') or hop(size => '", b,
                "', slide => '", a, "')")});
  }

  std::optional<Duration> TimeOfDay(const SqlExpr& expr) {
    const auto time = expr.kind == SqlExpr::Kind::kText ? ParseTimeOfDay(expr.text) : std::nullopt;
    if (!time && expr.kind != SqlExpr::Kind::kRefused) {
      Fail(expr, {"BAD_TIME", StrCat("'", expr.text, "' is not a time of day"),
                  "write starting_at => '06:00'"});
    }
    return time;
  }

  std::optional<WindowSpec> Check(Result<WindowSpec> spec, std::string_view example) {
    if (spec.ok()) return *spec;
    return Fail(call_, ToProblem("BAD_WINDOW", spec.status(), std::string(example)));
  }

  std::nullopt_t Fail(const SqlExpr& at, Problem problem) {
    reporter_.Add(at.offset, at.length, std::move(problem));
    return std::nullopt;
  }

  const SqlExpr& call_;
  SqlReporter& reporter_;
};

}  // namespace

bool IsWindowName(std::string_view name) {
  static constexpr std::array<std::string_view, 4> kNames = {"tumble", "hop", "cumulate",
                                                             "session"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

std::optional<WindowSpec> BindWindow(const SqlExpr& call, SqlReporter& reporter) {
  WindowBinder binder(call, reporter);
  const Refusal* refusal = FindRefusal(StrCat("window/", call.text));
  if (refusal == nullptr && binder.HasTimeColumn()) refusal = FindRefusal("foreign/time-column");
  if (refusal == nullptr && !call.filter.empty()) refusal = FindRefusal("expression/other");
  if (refusal != nullptr) {
    reporter.Add(call.offset, call.length, ToProblem(*refusal));
    return std::nullopt;
  }
  return call.text == "tumble" ? binder.Tumble() : binder.Hop();
}

}  // namespace tidemark
