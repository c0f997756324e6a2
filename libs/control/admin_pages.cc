#include "control/admin_pages.h"

#include <google/protobuf/util/json_util.h>

#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "base/text.h"
#include "tidemark/admin/v1/error_status.pb.h"

namespace tidemark {
namespace {

namespace pb = admin::v1;

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using Parameters = std::multimap<std::string, std::string>;

std::string JsonOf(const Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string json;
  // Every field of ours can be printed, whatever its value.
  (void)google::protobuf::util::MessageToJsonString(message, &json, options);
  return json + "\n";
}

int HttpStatusOf(StatusCode code) {
  switch (code) {
    case StatusCode::kOk:
      return 200;
    case StatusCode::kInvalidArgument:
    case StatusCode::kFailedPrecondition:
    case StatusCode::kOutOfRange:
      return 400;
    case StatusCode::kPermissionDenied:
      return 403;
    case StatusCode::kNotFound:
      return 404;
    case StatusCode::kAlreadyExists:
    case StatusCode::kAborted:
      return 409;
    case StatusCode::kResourceExhausted:
      return 429;
    case StatusCode::kUnimplemented:
      return 501;
    case StatusCode::kUnavailable:
      return 503;
    case StatusCode::kDeadlineExceeded:
      return 504;
    case StatusCode::kCancelled:
    case StatusCode::kUnknown:
    case StatusCode::kInternal:
    case StatusCode::kDataLoss:
      break;
  }
  return 500;
}

HttpResponse Failure(const Status& status) {
  google::rpc::Status out;
  out.set_code(static_cast<int>(status.code()));
  out.set_message(status.message());
  return {.status = HttpStatusOf(status.code()),
          .body = JsonOf(out),
          .type = "application/json; charset=utf-8"};
}

std::vector<std::string> FieldNames(const Message& request) {
  std::vector<std::string> names;
  for (int i = 0; i < request.GetDescriptor()->field_count(); ++i) {
    names.push_back(request.GetDescriptor()->field(i)->name());
  }
  return names;
}

Status Set(const FieldDescriptor& field, const std::string& value, Message& into) {
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    into.GetReflection()->SetString(&into, &field, value);
    return {};
  }
  std::int32_t number = 0;
  const char* end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, number);
  if (error != std::errc() || stop != end) {
    return Status::Invalid(StrCat(field.name(), "=", value, ": write a number"));
  }
  into.GetReflection()->SetInt32(&into, &field, number);
  return {};
}

// Parameters are the fields of the request by their names, as in the file or as in JSON.
Status Fill(const Parameters& parameters, Message& request) {
  for (auto at = parameters.begin(); at != parameters.end(); ++at) {
    const auto& [name, value] = *at;
    const FieldDescriptor* field = request.GetDescriptor()->FindFieldByName(name);
    if (field == nullptr) field = request.GetDescriptor()->FindFieldByCamelcaseName(name);
    if (field == nullptr) {
      return Status::Invalid(StrCat("there is no parameter '", name,
                                    "'; there are: ", Join(FieldNames(request), ", ")));
    }
    if (const auto next = std::next(at); next != parameters.end() && next->first == name) {
      return Status::Invalid(StrCat("parameter '", name, "' is given twice"));
    }
    TM_RETURN_IF_ERROR(Set(*field, value, request));
  }
  return {};
}

template <class Request, class Response, Result<Response> (AdminReads::*kMethod)(const Request&)>
Result<std::string> Ask(AdminReads& reads, const Parameters& parameters) {
  Request request;
  TM_RETURN_IF_ERROR(Fill(parameters, request));
  TM_ASSIGN_OR_RETURN(const Response response, (reads.*kMethod)(request));
  return JsonOf(response);
}

// {name} in a path is the parameter of that name.
struct Route {
  std::string_view path;
  Result<std::string> (*ask)(AdminReads& reads, const Parameters& parameters);
};

constexpr std::string_view kPrefix = "/api/v1";
constexpr std::array kRoutes = {
    Route{"/api/v1/pipelines",
          &Ask<pb::ListPipelinesRequest, pb::ListPipelinesResponse, &AdminReads::List>},
    Route{"/api/v1/pipelines/{name}", &Ask<pb::GetPipelineRequest, pb::Pipeline, &AdminReads::Get>},
    Route{"/api/v1/pipelines/{name}/audit",
          &Ask<pb::AuditPipelineRequest, pb::Audit, &AdminReads::Audit>},
    Route{"/api/v1/pipelines/{pipeline}/windows",
          &Ask<pb::ListWindowsRequest, pb::ListWindowsResponse, &AdminReads::Windows>},
    Route{"/api/v1/pipelines/{pipeline}/queries/{query}/schema",
          &Ask<pb::GetQuerySchemaRequest, pb::QuerySchema, &AdminReads::Schema>},
    Route{"/api/v1/workers",
          &Ask<pb::ListWorkersRequest, pb::ListWorkersResponse, &AdminReads::Workers>},
    Route{"/api/v1/tasks", &Ask<pb::ListTasksRequest, pb::ListTasksResponse, &AdminReads::Tasks>},
};

// Takes the text before the next '/' off `rest`.
std::string_view NextSegment(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('/'), rest.size());
  const std::string_view segment = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return segment;
}

// What the path fills in; nullopt: it is not of this route.
std::optional<Parameters> Match(std::string_view route, std::string_view path) {
  Parameters parameters;
  while (!route.empty() && !path.empty()) {
    const std::string_view wanted = NextSegment(route);
    const std::string_view given = NextSegment(path);
    if (wanted.starts_with('{') && !given.empty()) {
      parameters.emplace(wanted.substr(1, wanted.size() - 2), given);
    } else if (wanted != given) {
      return std::nullopt;
    }
  }
  if (!route.empty() || !path.empty()) return std::nullopt;
  return parameters;
}

Status NoSuchPath(const std::string& path) {
  return Status::NotFound(StrCat("there is no ", path,
                                 "; there is: ", Join(kRoutes, ", ", &Route::path),
                                 ". Changes go through gRPC or the command line"));
}

}  // namespace

std::vector<std::string> AdminPaths() {
  std::vector<std::string> paths;
  for (const Route& route : kRoutes) paths.emplace_back(route.path);
  return paths;
}

std::map<std::string, HttpHandler> AdminPages::Handlers() {
  const HttpHandler answer = [this](const HttpRequest& request) { return Answer(request); };
  return {{std::string(kPrefix), answer}, {StrCat(kPrefix, "/"), answer}};
}

HttpResponse AdminPages::Answer(const HttpRequest& request) {
  if (access_ == Access::kRefused) {
    return Failure({StatusCode::kPermissionDenied,
                    "tls.client_ca is set: whoever asks must show a certificate, which this port "
                    "does not ask for. Ask over gRPC, or with the command line",
                    Blame::kUser});
  }
  const Seat seat(&busy_, kMostAtOnce);
  if (!seat.got()) return Failure(TooManyAtOnce("requests"));
  std::string_view path = request.path;
  if (path.ends_with('/')) path.remove_suffix(1);
  for (const Route& route : kRoutes) {
    auto parameters = Match(route.path, path);
    if (!parameters) continue;
    parameters->insert(request.query.begin(), request.query.end());
    auto json = route.ask(*reads_, *parameters);
    if (!json.ok()) return Failure(json.status());
    return {.body = std::move(json).value(), .type = "application/json; charset=utf-8"};
  }
  return Failure(NoSuchPath(request.path));
}

}  // namespace tidemark
