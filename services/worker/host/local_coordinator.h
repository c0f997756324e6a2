// A coordinator of this process' own, which applies the pipeline files of the command line.
//
// Applying is idempotent: a pipeline that exists with the same text goes on where it was; one that
// was halted is resumed, since whoever starts the process with its file wants it to run. A refusal
// is logged when it is new, and the file is applied again every kApplyAgain: other pipelines go on
// meanwhile.
//
// Another process that claims the cluster's term ends this one: must_end() says so. Thread: the
// main one.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cluster/coordinator.h"
#include "host/coordinator_link.h"
#include "host/pipeline_files.h"

namespace tidemark {

class LocalCoordinator final : public CoordinatorLink {
 public:
  static constexpr Duration kApplyAgain{10'000};

  // `log` outlives this.
  LocalCoordinator(Log* log, CoordinatorOptions options, WorkerIdentity worker,
                   std::vector<PipelineFileOnDisk> files);

  std::vector<DownwardContent> Exchange(const std::vector<Upward>& messages,
                                        MonotonicTime now) override;
  const std::optional<std::string>& must_end() const override { return must_end_; }

 private:
  struct File {
    PipelineFileOnDisk file;
    std::optional<RequestId> request;
    MonotonicTime next_try;
    std::string refusal;  // as logged
    bool settled = false;
    bool resumed = false;
  };

  void Apply(File& file, MonotonicTime now);
  void Take(File& file, const Result<PipelineDefinition>& result, MonotonicTime now);
  void LogHalts();

  std::string cluster_;
  WorkerIdentity worker_;
  Coordinator coordinator_;
  std::vector<Upward> unheard_;  // until it leads
  std::vector<File> files_;
  std::map<std::string, std::string> halted_;  // pipeline -> reason, as logged
  std::string waits_for_;                      // as logged
  std::optional<std::string> must_end_;
};

}  // namespace tidemark
