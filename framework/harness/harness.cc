#include "framework/harness/harness.h"

#include <algorithm>

#include "framework/base/check.h"
#include "framework/http/request_head.h"
#include "framework/testing/stream_pair.h"

namespace turbo {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

// Deadlines that follow from one another are met in their order if each step is short.
constexpr Duration kStep = std::chrono::milliseconds(100);
constexpr int kTurnsPerStep = 4;

std::optional<std::string_view> find(const Fields& fields, std::string_view name) {
  for (const auto& [each, value] : fields) {
    if (http::equals_ignore_case(each, name)) return value;
  }
  return std::nullopt;
}

IOLoopOptions loop_options(const Clock& clock) {
  IOLoopOptions options;
  options.clock = &clock;
  return options;
}

// RFC 9110 8.6: methods that may have a body tell the length of an empty one too.
bool tells_length(const HarnessRequest& request) {
  if (find(request.fields, "Content-Length") || find(request.fields, "Transfer-Encoding")) {
    return false;
  }
  return !request.body.empty() || request.method == "POST" || request.method == "PUT" ||
         request.method == "PATCH";
}

std::string serialize(const HarnessRequest& request, const std::string& cookies) {
  std::string text = request.method + " " + request.target + " HTTP/1.1\r\n";
  const auto add = [&text](std::string_view name, std::string_view value) {
    text.append(name).append(": ").append(value).append("\r\n");
  };
  if (!find(request.fields, "Host")) add("Host", "localhost");
  for (const auto& [name, value] : request.fields) add(name, value);
  if (!cookies.empty() && !find(request.fields, "Cookie")) add("Cookie", cookies);
  if (tells_length(request)) add("Content-Length", std::to_string(request.body.size()));
  return text + "\r\n" + request.body;
}

}  // namespace

std::optional<std::string_view> HarnessResponse::header(std::string_view name) const {
  return find(fields, name);
}

std::optional<std::string_view> HarnessResponse::trailer(std::string_view name) const {
  return find(trailers, name);
}

std::string HarnessResponse::to_string() const {
  std::string text = std::to_string(status) + " " + reason + "\n";
  for (const auto& [name, value] : fields) text.append(name + ": " + value + "\n");
  text.append("\n").append(body);
  for (const auto& [name, value] : trailers) text.append("\n" + name + ": " + value);
  return problem.empty() ? text : text.append("\n[" + problem + "]");
}

// ---- a call ----

template <class Condition>
void HarnessCall::wait_until(Condition condition) {
  const auto over = [&] {
    receive();
    return condition() || answer_.done() || !answer_.problem().empty() || connection_ == nullptr;
  };
  if (!over()) run_loop_until(harness_->loop_, over);
}

void HarnessCall::receive() {
  if (connection_ == nullptr) return;
  answer_.add(connection_->receive());
  if (connection_->at_end() || connection_->was_reset()) answer_.end();
  note_head();
}

void HarnessCall::note_head() {
  if (head_noted_ || !answer_.has_head()) return;
  head_noted_ = true;
  if (!harness_->keep_cookies_) return;
  for (const auto& [name, value] : answer_.fields()) {
    if (http::equals_ignore_case(name, "Set-Cookie")) harness_->cookies_.take(value);
  }
}

int HarnessCall::status() {
  wait_until([this] { return answer_.has_head(); });
  return answer_.has_head() ? answer_.status() : 0;
}

std::optional<std::string_view> HarnessCall::header(std::string_view name) {
  return status() == 0 ? std::nullopt : find(answer_.fields(), name);
}

std::string HarnessCall::read() {
  std::string piece;
  wait_until([this, &piece] {
    piece = answer_.take_body();
    return !piece.empty();
  });
  return piece.empty() ? answer_.take_body() : piece;
}

HarnessResponse HarnessCall::response() {
  wait_until([] { return false; });
  HarnessResponse response;
  response.problem = answer_.problem();
  if (!answer_.done() && response.problem.empty()) {
    response.problem = connection_ == nullptr ? "the client went away"
                       : harness_->fake_clock_
                           ? "the handler waits; the time may have to be advanced"
                           : "the handler took too long";
  }
  if (!answer_.has_head()) return response;
  response.status = answer_.status();
  response.reason = answer_.reason();
  response.fields = answer_.fields();
  response.body = answer_.take_body();
  response.trailers = answer_.trailers();
  return response;
}

bool HarnessCall::done() {
  harness_->settle();
  receive();
  return answer_.done();
}

void HarnessCall::go_away() {
  disconnect();
  harness_->settle();
}

void HarnessCall::disconnect() {
  if (connection_ == nullptr) return;
  if (!answer_.done()) connection_->reset();
  connection_.reset();
}

// ---- the harness ----

Harness::Harness(Service& service, HarnessOptions options)
    : fake_clock_(options.fake_clock),
      keep_cookies_(options.keep_cookies),
      loop_(loop_options(options.fake_clock ? clock_ : Clock::steady())),
      server_({&loop_}, service, std::move(options.server)) {}

// Connections that have ended are destroyed by the loop, while the server they knew is there.
// A handler that was given up may still have a file read for it.
Harness::~Harness() {
  settle();
  for (int i = 0; i < 1000 && trips_.under_way() > 0; ++i) {
    loop_.run_once(std::chrono::milliseconds(10));
  }
}

HarnessResponse Harness::post(std::string target, std::string body, std::string type) {
  return request({.method = "POST",
                  .target = std::move(target),
                  .fields = {{"Content-Type", std::move(type)}},
                  .body = std::move(body)});
}

HarnessResponse Harness::request(HarnessRequest request) {
  return start(std::move(request)).response();
}

HarnessCall Harness::start(HarnessRequest request) {
  return connect(serialize(request, cookies_.field()), request.method == "HEAD");
}

HarnessCall Harness::start_raw(std::string_view bytes) { return connect(bytes, false); }

HarnessCall Harness::connect(std::string_view bytes, bool answers_head) {
  MemoryPair pair = make_memory_pair();
  server_.serve(std::move(pair.a));
  pair.b->send(bytes);
  return HarnessCall(*this, std::move(pair.b), answers_head);
}

void Harness::advance(Duration time) {
  TURBO_CHECK(fake_clock_, "advance() wants HarnessOptions::fake_clock");
  settle();
  for (; time > Duration::zero(); time -= kStep) {
    clock_.advance(std::min(time, kStep));
    run_loop_idle(loop_, kTurnsPerStep);
  }
  settle();
}

void Harness::settle() { run_loop_idle(loop_); }

}  // namespace turbo
