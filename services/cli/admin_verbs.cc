// The verbs of the admin API on the command line.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/admin_commands.h"
#include "cli/choice.h"
#include "cli/configuration_options.h"
#include "cli/exit_code.h"

namespace tidemark {
namespace {

using Command = int (*)(const AdminOptions&);

struct Adder {
  AdminOptions& options;
  std::function<int()>& action;

  CLI::App* Verb(CLI::App* noun, const std::string& name, const std::string& help,
                 Command command) const {
    CLI::App* verb = noun->add_subcommand(name, help);
    verb->add_option("--server", options.access.server,
                     "Coordinators, HOST:PORT[,...]; default: TIDEMARK_SERVER, then "
                     "cli.coordinators of the configuration");
    AddConfiguration(*verb, options.access.config_file, options.access.assignments);
    AddOutput(*verb, options.output);
    verb->callback([this_action = &action, this_options = &options, command] {
      *this_action = [this_options, command] { return command(*this_options); };
    });
    return verb;
  }
  void Named(CLI::App* verb, const std::string& what) const {
    verb->add_option("name", options.name, what)->required();
  }
  void Filed(CLI::App* verb) const {
    verb->add_option("-f,--file", options.file, "The pipeline file (YAML)")->required();
  }
  void Waits(CLI::App* verb) const {
    verb->add_flag("--wait", options.wait, "Wait until the state is reached");
    verb->add_option("--timeout", options.timeout_s, "Of --wait, in seconds")
        ->check(CLI::Range(1, 86'400))
        ->capture_default_str();
  }
  // A verb that is refused by name with what works instead.
  void NotYet(CLI::App* noun, const std::string& name, const std::string& instead) const {
    CLI::App* verb = noun->add_subcommand(name, "Not supported yet");
    verb->allow_extras();
    const std::string what = noun->get_name() + " " + name;
    verb->callback([this_action = &action, what, instead] {
      *this_action = [what, instead] {
        std::fprintf(stderr, "tidemark %s is not supported yet: %s\n", what.c_str(),
                     instead.c_str());
        return kExitUsage;
      };
    });
  }
  // An option that is refused by name.
  void NotYetOption(CLI::App* verb, const std::string& option, const std::string& instead) const {
    verb->add_option(option)->group("")->expected(1)->check(
        [instead](const std::string&) { return "not supported yet: " + instead; });
  }
  void Guarded(CLI::App* verb) const {
    verb->add_option("--etag", options.etag, "Only if the pipeline still has this etag");
  }
};

void AddPipeline(CLI::App& app, const Adder& add) {
  CLI::App* noun = app.add_subcommand("pipeline", "Apply, look at, pause and delete pipelines");
  noun->require_subcommand(1);
  CLI::App* apply =
      add.Verb(noun, "apply", "Create a pipeline from its file; idempotent", ApplyPipelineFile);
  add.Filed(apply);
  add.Waits(apply);
  apply->add_option("--plan", add.options.plan_id, "Only if this plan still holds");
  apply->add_flag("--reuse-topics", add.options.reuse_topics,
                  "Result topics may hold rows of an earlier pipeline");
  CLI::App* plan =
      add.Verb(noun, "plan", "Check a file and say what applying it would do", PlanPipelineFile);
  add.Filed(plan);
  plan->add_flag("--exit-code", add.options.exit_code, "Exit with 3 if something would change");
  add.Verb(noun, "list", "List the pipelines", ListPipelines);
  add.Named(
      add.Verb(noun, "describe", "Show one pipeline, its plan and its state", DescribePipeline),
      "The pipeline");
  const auto change = [&](const std::string& name, const std::string& help, Command command) {
    CLI::App* verb = add.Verb(noun, name, help, command);
    add.Named(verb, "The pipeline");
    add.Waits(verb);
    add.Guarded(verb);
  };
  change("pause", "Stop its tasks; nothing is lost, resume goes on", PausePipeline);
  change("resume", "Run it again, also if it is halted", ResumePipeline);
  change("delete", "Delete it and its internal topics; result topics stay", DeletePipeline);
}

void AddLists(CLI::App& app, const Adder& add) {
  CLI::App* query = app.add_subcommand("query", "List queries, show the schema of their results");
  query->require_subcommand(1);
  add.Verb(query, "list", "List the queries", ListQueries)
      ->add_option("name", add.options.name, "Only of this pipeline");
  add.Named(add.Verb(query, "schema", "Show the columns of a query's rows", ShowSchema),
            "PIPELINE/QUERY");
  CLI::App* worker = app.add_subcommand("worker", "List workers");
  worker->require_subcommand(1);
  add.Verb(worker, "list", "List the workers", ListWorkers);
  add.NotYet(worker, "drain", "end the worker with SIGTERM: it commits, and its tasks move");
  CLI::App* task = app.add_subcommand("task", "List tasks");
  task->require_subcommand(1);
  add.Verb(task, "list", "List the tasks and who runs them", ListTasks)
      ->add_option("name", add.options.name, "Only of this pipeline");
  add.NotYet(task, "move", "tasks are balanced over the workers by themselves");
  CLI::App* window = app.add_subcommand("window", "List windows");
  window->require_subcommand(1);
  add.Named(
      add.Verb(window, "list", "Show where event time stands, and the open windows", ListWindows),
      "PIPELINE or PIPELINE/QUERY");
  add.NotYet(window, "explain",
             "tidemark window list shows each partition's time, its state and which one holds");
  CLI::App* audit = add.Verb(
      &app, "audit", "Show that every record is accounted for; exit 3 if not", AuditPipeline);
  add.Named(audit, "The pipeline");
  for (const char* bound : {"--from", "--to"})
    add.NotYetOption(audit, bound, "an audit counts from the pipeline's beginning");
  add.Verb(&app, "health", "Ask whether a coordinator leads and all pipelines run; exit 3 if not",
           ShowHealth);
}

}  // namespace

void AddAdminCommands(CLI::App& app, AdminOptions& options, std::function<int()>& action) {
  const Adder add{options, action};
  AddPipeline(app, add);
  AddLists(app, add);
}

}  // namespace tidemark
