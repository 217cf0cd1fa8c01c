#include <cstdio>

#include "framework/turbo.h"

int main() {
  turbo::web::Application app;
  app.get("/hello/:name", [](turbo::web::Request& request, turbo::web::Response& response) {
    response.write("Hello, " + request.path_parameter("name"));
  });
  turbo::web::ServeOptions options;
  options.address = turbo::Address::loopback_ipv4(0);
  options.on_listening = [](const turbo::Address& bound, size_t) {
    std::printf("listening on port %d\n", bound.port());
    std::fflush(stdout);
  };
  return turbo::web::serve(app, std::move(options)).ok() ? 0 : 1;
}
