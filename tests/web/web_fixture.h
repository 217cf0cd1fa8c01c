// An application behind a server on one loop, and what its tests ask and look at.
#ifndef TURBO_TESTS_WEB_WEB_FIXTURE_H_
#define TURBO_TESTS_WEB_WEB_FIXTURE_H_

#include <string>
#include <string_view>
#include <utility>

#include "framework/base/log.h"
#include "framework/web/application.h"
#include "tests/server/server_fixture.h"

namespace turbo::web {

// Keeps what is logged, instead of showing it.
class QuietLog {
 public:
  QuietLog() {
    old_ = set_log_sink([this](LogLevel, std::string_view message) { text_ += message; });
  }
  ~QuietLog() { set_log_sink(std::move(old_)); }
  const std::string& text() const { return text_; }

 private:
  LogSink old_;
  std::string text_;
};

class WebFixture : public ServerFixture {
 protected:
  // `fields`: lines with their ends.
  std::string get(std::string_view path, std::string_view fields = {}) {
    return send("GET", path, fields, {});
  }
  std::string post(std::string_view path, std::string_view type, std::string_view body,
                   std::string_view fields = {}) {
    std::string all = "Content-Type: " + std::string(type) +
                      "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
                      std::string(fields);
    return send("POST", path, all, body);
  }
  std::string post_form(std::string_view path, std::string_view body) {
    return post(path, "application/x-www-form-urlencoded", body);
  }
  std::string send(std::string_view method, std::string_view path, std::string_view fields,
                   std::string_view body) {
    std::string request(method);
    request.append(" ").append(path).append(" HTTP/1.1\r\nHost: a\r\n").append(fields);
    return answer_to(request.append("\r\n").append(body));
  }

  static int status_of(std::string_view answer) {
    return begins_with(answer, "HTTP/1.1 ") ? std::stoi(std::string(answer.substr(9, 3))) : 0;
  }
  static std::string body_of(std::string_view answer) {
    size_t end = answer.find("\r\n\r\n");
    return end == std::string_view::npos ? "no answer" : std::string(answer.substr(end + 4));
  }
  static std::string field_of(std::string_view answer, std::string_view name) {
    std::string line = "\r\n" + std::string(name) + ": ";
    size_t begin = answer.find(line);
    if (begin == std::string_view::npos) return {};
    answer.remove_prefix(begin + line.size());
    return std::string(answer.substr(0, answer.find("\r\n")));
  }

  Application app_;
};

}  // namespace turbo::web

#endif  // TURBO_TESTS_WEB_WEB_FIXTURE_H_
