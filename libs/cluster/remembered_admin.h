// Admin calls of a procedure that is run again and again from its start until it needs no further
// call.
//
// Each distinct call is made once; its answer is remembered and given again in the next run. So a
// procedure of many calls is written as straight code, yet blocks nobody: a run ends early, with
// kPending, where an answer is missing and this run's budget of real calls is used up. Errors that
// may pass (kRetriable, kPending) are not remembered.
#pragma once

#include <map>
#include <string>

#include "base/clock.h"
#include "log/log.h"

namespace tidemark {

class RememberedAdmin {
 public:
  // `admin` outlives this.
  RememberedAdmin(Admin* admin, Duration call_timeout);

  // Begins a run that makes at most `calls` real calls.
  void BeginRun(int calls) { budget_ = calls; }

  LogStatus CreateTopic(const TopicSpec& spec);
  LogResult<TopicDescription> DescribeTopic(const std::string& topic);
  // Describes it anew in the next run.
  void ForgetTopic(const std::string& topic) { described_.erase(topic); }
  LogResult<PartitionEnds> Ends(const TopicPartition& partition);
  LogResult<Offset> OffsetForTime(const TopicPartition& partition, std::int64_t time_ms);

 private:
  template <class T, class Call>
  LogResult<T> Remembered(std::map<std::string, LogResult<T>>& answers, const std::string& key,
                          Call call);

  Admin* admin_;
  Duration call_timeout_;
  int budget_ = 0;
  std::map<std::string, LogResult<bool>> created_;
  std::map<std::string, LogResult<TopicDescription>> described_;
  std::map<std::string, LogResult<PartitionEnds>> ends_;
  std::map<std::string, LogResult<Offset>> offsets_;
};

}  // namespace tidemark
