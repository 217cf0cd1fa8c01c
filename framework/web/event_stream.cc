#include "framework/web/event_stream.h"

#include <stdexcept>
#include <string>
#include <utility>

namespace turbo::web {
namespace {

constexpr std::string_view kLineEnds = "\r\n";
constexpr std::string_view kComment = ":\n\n";
constexpr Duration kDoubtfulBeat = std::chrono::seconds(1);

void append_field(std::string_view name, std::string_view value, std::string& out) {
  if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) {
    throw std::invalid_argument("an event's type and id are one line");
  }
  out.append(name).append(": ").append(value).append("\n");
}

// One "data:" a line, whatever ends it.
void append_data(std::string_view data, std::string& out) {
  while (true) {
    const size_t end = data.find_first_of(kLineEnds);
    out.append("data: ").append(data.substr(0, end)).append("\n");
    if (end == std::string_view::npos) return;
    const bool both = data.substr(end, 2) == kLineEnds;
    data.remove_prefix(end + (both ? 2 : 1));
  }
}

std::string format(const ServerSentEvent& event) {
  std::string text;
  text.reserve(event.data.size() + event.event.size() + event.id.size() + 64);
  if (!event.event.empty()) append_field("event", event.event, text);
  if (!event.id.empty()) append_field("id", event.id, text);
  if (event.retry.has_value()) append_field("retry", std::to_string(event.retry->count()), text);
  append_data(event.data, text);
  text.append("\n");
  return text;
}

}  // namespace

EventStream::EventStream(Request& request, Response& response, EventStreamOptions options)
    : request_(request), response_(response), options_(options) {
  response_.set_header("Content-Type", "text/event-stream");
  response_.set_header("Cache-Control", "no-cache");
  // HEAD is answered by the handlers of GET, and would wait for an end that never comes.
  if (request_.method() == http::Method::kHead) {
    response_.finish();
    return;
  }
  response_.flush();
  request_.on_client_gone([this] { doubt_client(); });
  if (options_.heartbeat > Duration::zero()) beat_every(options_.heartbeat);
}

EventStream::~EventStream() {
  request_.loop().cancel(heartbeat_);
  request_.ignore_client();
}

std::string_view EventStream::last_event_id() const {
  return request_.header("Last-Event-ID").value_or("");
}

void EventStream::put(const ServerSentEvent& event) {
  silent_ = false;
  put(format(event));
}

void EventStream::put(std::string_view text) {
  behind_bytes_ = response_.output_is_high() ? behind_bytes_ + text.size() : 0;
  if (behind_bytes_ <= options_.max_behind_bytes) return response_.write(text);
  response_.send_error(503);  // the head has left: this cuts
}

void EventStream::beat_every(Duration interval) {
  request_.loop().cancel(heartbeat_);
  heartbeat_ = request_.loop().call_every(interval, [this] { beat(); });
}

// It may have gone, or have shut its sending side alone. The first write to one that has gone is
// answered with a reset, which the second finds.
void EventStream::doubt_client() {
  silent_ = true;
  beat();
  beat_every(kDoubtfulBeat);
}

// Who is behind needs no heartbeat: what waits for it keeps the connection busy.
void EventStream::beat() {
  if (std::exchange(silent_, true) && !response_.output_is_high()) {
    put(kComment);
    response_.flush();
  }
}

}  // namespace turbo::web
