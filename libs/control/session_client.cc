#include "control/session_client.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "base/log_line.h"
#include "base/text.h"
#include "control/channel.h"
#include "control/coordinator_choice.h"
#include "control/session_codec.h"
#include "tidemark/control/v1/session.grpc.pb.h"

namespace tidemark {
namespace {

namespace pb = control::v1;

constexpr std::size_t kMostUnsent = 64;
constexpr std::size_t kMostUnread = 1'000;
constexpr Duration kGoodbye{1'000};

// One stream. Its owner keeps it until end() says that gRPC is done with it, and lets go of it in a
// thread of its own: the thread of gRPC that ends a stream must not be the one to destroy the last
// channel, which waits for that thread.
class Stream final : public grpc::ClientBidiReactor<pb::WorkerMessage, pb::CoordinatorMessage> {
 public:
  explicit Stream(const std::string& address, const ClientCredentials& credentials)
      : stub_(pb::Session::NewStub(OpenChannel(address, credentials))) {}

  static std::unique_ptr<Stream> Open(const std::string& address,
                                      const ClientCredentials& credentials) {
    auto stream = std::make_unique<Stream>(address, credentials);
    stream->stub_->async()->Attach(&stream->context_, stream.get());
    stream->StartRead(&stream->in_);
    // Writes are begun from outside of gRPC's calls, so the stream is held until its reads end.
    stream->AddHold();
    stream->StartCall();
    return stream;
  }

  void Say(const std::vector<Upward>& messages) {
    const std::lock_guard lock(mutex_);
    for (const Upward& message : messages) {
      if (unsent_.size() == kMostUnsent) unsent_.pop_front();
      unsent_.push_back(ToProto(message));
    }
    SendNext();
  }
  std::vector<pb::CoordinatorMessage> Heard() {
    const std::lock_guard lock(mutex_);
    return std::exchange(heard_, {});
  }
  void Cancel() { context_.TryCancel(); }
  // Waits until everything said has left, then ends the stream, as far as that comes to its end in
  // time.
  void Goodbye() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kGoodbye, [this] { return closed_ || (unsent_.empty() && !writing_); });
    if (!closed_ && !writing_) StartWritesDone();
    changed_.wait_for(lock, kGoodbye, [this] { return end_.has_value(); });
    if (!end_) context_.TryCancel();
  }
  // True once gRPC is done with it; false if a cancelled stream does not come to its end.
  bool WaitForEnd() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kGoodbye, [this] { return end_.has_value(); });
  }

  struct End {
    std::string reason;
    std::string leader;
    bool unavailable = false;
  };
  // Set once the stream is over.
  std::optional<End> end() {
    const std::lock_guard lock(mutex_);
    return end_;
  }

  void OnReadDone(bool ok) override {
    if (!ok) return ReadsEnded();
    {
      const std::lock_guard lock(mutex_);
      if (heard_.size() < kMostUnread) heard_.push_back(std::move(in_));
    }
    in_.Clear();
    StartRead(&in_);
  }
  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (ok) SendNext();
    changed_.notify_all();
  }
  void OnDone(const grpc::Status& status) override {
    const std::lock_guard lock(mutex_);
    end_ = End{status.ok() ? "it ended the session" : status.error_message(), LeaderOf(context_),
               status.error_code() == grpc::StatusCode::UNAVAILABLE};
    changed_.notify_all();
  }

 private:
  void ReadsEnded() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
      changed_.notify_all();
    }
    RemoveHold();
  }
  void SendNext() {
    if (writing_ || closed_ || unsent_.empty()) return;
    out_ = std::move(unsent_.front());
    unsent_.pop_front();
    writing_ = true;
    StartWrite(&out_);
  }

  std::unique_ptr<pb::Session::Stub> stub_;
  grpc::ClientContext context_;
  pb::CoordinatorMessage in_;
  std::mutex mutex_;
  std::condition_variable changed_;
  pb::WorkerMessage out_;
  std::deque<pb::WorkerMessage> unsent_;
  std::vector<pb::CoordinatorMessage> heard_;
  bool writing_ = false;
  bool closed_ = false;  // nothing is begun any more
  std::optional<End> end_;
};

}  // namespace

struct SessionClient::Impl {
  explicit Impl(SessionClientOptions given)
      : options(std::move(given)), choice(options.coordinators, options.silence) {}

  void Connect(MonotonicTime now);
  void Collect(MonotonicTime now, std::vector<DownwardContent>& heard);
  void Drop(const std::string& why);
  void Tell(const std::string& trouble);

  SessionClientOptions options;
  CoordinatorChoice choice;
  std::string address;
  std::unique_ptr<Stream> stream;
  std::vector<std::unique_ptr<Stream>> given_up;  // cancelled, until gRPC is done with them
  bool greeted = false;                           // something was heard on this stream
  std::string told;                               // trouble, as logged last
};

void SessionClient::Impl::Tell(const std::string& trouble) {
  if (trouble == told) return;
  told = trouble;
  LogWarning(trouble);
}

void SessionClient::Impl::Connect(MonotonicTime now) {
  if (stream) return;
  std::erase_if(given_up, [](const auto& one) { return one->end().has_value(); });
  const auto next = choice.Next(now);
  if (!next) return;
  address = *next;
  greeted = false;
  stream = Stream::Open(address, options.credentials);
}

void SessionClient::Impl::Drop(const std::string& why) {
  Tell(StrCat("no session with coordinator ", address, ": ", why,
              ". Tasks go on; none are assigned until a coordinator answers"));
  stream->Cancel();
  given_up.push_back(std::move(stream));
}

void SessionClient::Impl::Collect(MonotonicTime now, std::vector<DownwardContent>& heard) {
  if (!stream) return;
  for (const pb::CoordinatorMessage& message : stream->Heard()) {
    choice.Heard(now);
    if (!std::exchange(greeted, true)) {
      LogInfo(StrCat("session with coordinator ", address,
                     UsesTls(options.credentials) ? " (TLS)" : " (plain text)"));
      told.clear();
    }
    auto content = FromProto(message);
    if (content.ok()) {
      heard.push_back(std::move(*content));
    } else {
      Tell(StrCat("a message of coordinator ", address,
                  " is ignored: ", content.status().message()));
    }
  }
  if (const auto end = stream->end()) {
    if (end->unavailable && (!end->leader.empty() || !greeted)) {
      choice.NotLeading(end->leader, now);
    } else {
      choice.Lost(now);
    }
    const std::string reason = ExplainConnection(end->reason, options.credentials);
    Drop(end->leader.empty() ? reason : StrCat(reason, "; trying ", end->leader));
  } else if (choice.Silent(now)) {
    choice.Lost(now);
    Drop(StrCat("it said nothing for ", FormatDuration(options.silence)));
  }
}

SessionClient::SessionClient(SessionClientOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}

SessionClient::~SessionClient() {
  if (impl_->stream) {
    impl_->stream->Goodbye();
    impl_->given_up.push_back(std::move(impl_->stream));
  }
  for (std::unique_ptr<Stream>& one : impl_->given_up) {
    if (one->WaitForEnd()) continue;
    // gRPC still uses it. Nothing can be done but to leave it there: the process is about to end.
    (void)one.release();
  }
}

std::vector<DownwardContent> SessionClient::Exchange(const std::vector<Upward>& messages,
                                                     MonotonicTime now) {
  std::vector<DownwardContent> heard;
  impl_->Collect(now, heard);
  impl_->Connect(now);
  if (impl_->stream && !messages.empty()) impl_->stream->Say(messages);
  return heard;
}

}  // namespace tidemark
