// Lists of the admin API as a whole. Includes no gRPC.
#pragma once

#include "base/status.h"

namespace tidemark {

// All pages of a list, their entries one behind the other. `client`: whatever answers one page by
// `call`, AdminClient or AdminReads. Errors are those of the call that failed.
template <class Client, class Request, class Response>
Result<Response> CollectPages(Client& client, Request request,
                              Result<Response> (Client::*call)(const Request&)) {
  Response all;
  do {
    TM_ASSIGN_OR_RETURN(const Response page, (client.*call)(request));
    all.MergeFrom(page);
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  all.clear_next_page_token();
  return all;
}

}  // namespace tidemark
