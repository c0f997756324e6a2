// What all handles of one client share, and the gate each of their calls passes: death, faults,
// pending calls.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "log/log.h"
#include "log_memory/broker.h"
#include "log_memory/faults.h"

namespace tidemark {

// Thread: any.
class Connection {
 public:
  explicit Connection(std::string name) : name_(std::move(name)) {}
  void Kill() { dead_ = true; }
  bool dead() const { return dead_; }
  void SetFaults(FaultHook* hook) { hook_ = hook; }
  // The fault of the call to come.
  Fault Ask(LogCallKind kind, std::string_view transactional_id);
  // What arrives instead of a produced value, if the hook damages it.
  std::optional<std::string> Rewrite(std::string_view topic, std::string_view value);

 private:
  const std::string name_;
  std::atomic<bool> dead_ = false;
  std::atomic<FaultHook*> hook_ = nullptr;
};

// One handle's calls. Thread: the handle's.
class CallGate {
 public:
  CallGate(std::shared_ptr<Broker> broker, std::shared_ptr<Connection> connection)
      : broker_(std::move(broker)), connection_(std::move(connection)) {}

  void set_transactional_id(std::string id) { transactional_id_ = std::move(id); }
  Connection& connection() { return *connection_; }

  // Runs `effect`, a function of (Broker&, Fault) to R, under the broker's lock, unless the client
  // is dead, another call is pending or a fault wills otherwise. A fault of a kind that only the
  // end of a transaction knows is passed on.
  template <class R, class Effect>
  R Run(LogCallKind kind, Effect effect) {
    const Fault fault = connection_->Ask(kind, transactional_id_);
    if (connection_->dead()) return Fail<R>(Killed());
    if (pending_ && *pending_ != kind) return Fail<R>(OtherCallPending(*pending_));
    if (AnswersEarly(kind, fault.kind)) return Fail<R>(AnswerEarly(kind, fault.kind));
    pending_.reset();
    return Disguise(kind, fault.kind, Result<R>(effect, fault));
  }

 private:
  static LogStatus Killed();
  static LogStatus OtherCallPending(LogCallKind pending);
  // True for the faults that keep the call from having an effect.
  static bool AnswersEarly(LogCallKind kind, FaultKind fault);
  LogStatus AnswerEarly(LogCallKind kind, FaultKind fault);
  // What the caller is told of `result` when the effect is there; nullopt: the truth.
  std::optional<LogStatus> Instead(LogCallKind kind, FaultKind fault);

  template <class R>
  static R Fail(LogStatus status) {
    R result;
    result.error = status.error;
    result.message = std::move(status.message);
    return result;
  }

  template <class R, class Effect>
  R Result(Effect& effect, Fault fault) {
    if constexpr (std::is_same_v<R, LogStatus>) {
      if (pending_result_) return *std::exchange(pending_result_, std::nullopt);
    }
    const auto lock = broker_->Lock();
    return effect(*broker_, fault);
  }

  template <class R>
  R Disguise(LogCallKind kind, FaultKind fault, R result) {
    std::optional<LogStatus> instead = Instead(kind, fault);
    if (!instead) return result;
    if constexpr (std::is_same_v<R, LogStatus>) {
      if (instead->error == LogError::kPending) pending_result_ = std::move(result);
    }
    return Fail<R>(std::move(*instead));
  }

  std::shared_ptr<Broker> broker_;
  std::shared_ptr<Connection> connection_;
  std::string transactional_id_;
  std::optional<LogCallKind> pending_;
  std::optional<LogStatus> pending_result_;
};

}  // namespace tidemark
