#include "framework/web/access_log.h"

#include <algorithm>
#include <array>
#include <utility>

#include "framework/base/address.h"
#include "framework/http/request_head.h"
#include "framework/http/response_head.h"
#include "framework/server/output_filter.h"

namespace turbo::web {
namespace {

// A client that went away before it was answered, as nginx counts them.
constexpr int kClientClosed = 499;

AccessLogSinkOptions sink_options(const AccessLogOptions& options) {
  AccessLogSinkOptions sink;
  sink.path = options.path;
  sink.format = options.format;
  sink.max_batches = std::max<size_t>(1, options.max_waiting_bytes / AccessLogBatch::kBytes);
  return sink;
}

bool has_body(const http::RequestHead& request, int status) {
  return request.method != http::Method::kHead && status >= 200 && status != 204 && status != 304;
}

}  // namespace

absl::StatusOr<std::unique_ptr<AccessLog>> AccessLog::open(AccessLogOptions options) {
  absl::StatusOr<std::unique_ptr<AccessLogSink>> sink = AccessLogSink::open(sink_options(options));
  if (!sink.ok()) return sink.status();
  return std::unique_ptr<AccessLog>(new AccessLog(std::move(options), *std::move(sink)));
}

AccessLog::AccessLog(AccessLogOptions options, std::unique_ptr<AccessLogSink> sink)
    : options_(std::move(options)), sink_(std::move(sink)) {}

// Added first, so it sees what leaves in the end. What only the living connection knows is noted at
// once: the line may be made when that is gone.
class AccessLogger::Filter final : public OutputFilter {
 public:
  Filter(AccessLogger& logger, Exchange& exchange)
      : logger_(logger), exchange_(exchange), begun_(logger.loop_.time()) {
    const tls::Session* session = exchange.tls();
    if (session != nullptr) tls_ = session->protocol();
    const http::Client client =
        http::find_client(exchange.head().fields, exchange.peer_address(), session != nullptr,
                          logger.log_.options().trusted_proxies);
    client_bytes_ = client.address.write_host(client_);
  }

  ~Filter() override {
    if (!logged_) log(true);
  }

  void on_head(Exchange& exchange, const Buffer&, bool) override {
    status_ = exchange.response().status();
  }

  Buffer on_body(Buffer piece, bool last) override {
    bytes_ += piece.size();
    if (last) log(false);
    return piece;
  }

 private:
  void log(bool aborted) {
    logged_ = true;
    const http::RequestHead& head = exchange_.head();
    AccessRecord record;
    record.client = {client_.data(), client_bytes_};
    record.method = head.method_token;
    record.target = head.target;
    record.protocol = head.protocol();
    record.status = status_ == 0 ? kClientClosed : status_;
    record.bytes = bytes_of_body(head, aborted);
    record.host = head.host;
    record.referer = head.find("Referer").value_or("");
    record.user_agent = head.find("User-Agent").value_or("");
    record.tls = tls_;
    record.aborted = aborted;
    const AccessLogOptions& options = logger_.log_.options();
    if (status_ != 0) {
      record.request_id = exchange_.response().find(options.request_id_field).value_or("");
    }
    if (!aborted && options.user_of != nullptr) record.user = options.user_of(exchange_);
    logger_.add(record, begun_);
  }

  // Files pass by filters; their length is declared.
  uint64_t bytes_of_body(const http::RequestHead& head, bool aborted) const {
    if (!has_body(head, status_)) return 0;
    return aborted ? bytes_ : exchange_.content_length().value_or(bytes_);
  }

  AccessLogger& logger_;
  Exchange& exchange_;
  const TimePoint begun_;
  std::string_view tls_;
  uint64_t bytes_ = 0;
  int status_ = 0;  // of the head that has left
  bool logged_ = false;
  size_t client_bytes_;
  std::array<char, Address::kMaxHostBytes> client_;
};

AccessLogger::AccessLogger(AccessLog& log, IOLoop& loop)
    : log_(log), loop_(loop), formatter_(log.options().format), batch_(AccessLogBatch::make()) {}

AccessLogger::~AccessLogger() {
  if (flush_armed_) loop_.cancel(flush_timer_);
  if (!batch_.empty()) log_.sink_->add_last(std::move(batch_));
  if (lost_ > 0) log_.sink_->add_last({.lost = lost_});
}

void AccessLogger::watch(Exchange& exchange) {
  exchange.add_output_filter(std::make_unique<Filter>(*this, exchange));
}

void AccessLogger::add(AccessRecord& record, TimePoint begun) {
  if (!flush_armed_) arm_flush();
  const bool has_room = AccessLogBatch::kBytes - batch_.size >= AccessLogFormatter::kMaxLineBytes;
  if (!has_room && !hand_over()) {
    ++lost_;
    return;
  }
  record.time = wall_time(begun);
  record.duration =
      std::chrono::duration_cast<std::chrono::microseconds>(loop_.clock().now() - begun);
  char* const begin = batch_.bytes.get() + batch_.size;
  batch_.size += static_cast<size_t>(formatter_.write(record, begin) - begin);
}

bool AccessLogger::hand_over() {
  if (!log_.sink_->swap(batch_)) return false;
  batch_.lost = std::exchange(lost_, 0);
  return true;
}

void AccessLogger::arm_flush() {
  flush_armed_ = true;
  flush_timer_ = loop_.call_later(log_.options().flush_interval, [this] {
    flush_armed_ = false;
    const bool gone = batch_.empty() || hand_over();
    if (!gone || !batch_.empty()) arm_flush();
  });
}

std::chrono::sys_time<std::chrono::milliseconds> AccessLogger::wall_time(TimePoint time) {
  if (time >= ask_wall_at_) {
    ask_wall_at_ = time + std::chrono::seconds(1);
    wall_offset_ = std::chrono::system_clock::now().time_since_epoch() -
                   loop_.clock().now().time_since_epoch();
  }
  return std::chrono::sys_time<std::chrono::milliseconds>(
      std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch() + wall_offset_));
}

// ---- the service ----

namespace {

class LoggedDispatcher final : public Dispatcher {
 public:
  LoggedDispatcher(std::unique_ptr<Dispatcher> inner, AccessLog& log, IOLoop& loop)
      : logger_(log, loop), inner_(std::move(inner)) {}

  void on_head(Exchange& exchange) override {
    logger_.watch(exchange);
    inner_->on_head(exchange);
  }
  void on_request(Exchange& exchange) override { inner_->on_request(exchange); }
  void on_refused(Exchange& exchange, int status) override {
    logger_.watch(exchange);
    inner_->on_refused(exchange, status);
  }
  void on_drain() override { inner_->on_drain(); }

 private:
  AccessLogger logger_;
  std::unique_ptr<Dispatcher> inner_;
};

}  // namespace

std::unique_ptr<Dispatcher> LoggedService::make_dispatcher(IOLoop& loop) {
  return std::make_unique<LoggedDispatcher>(service_.make_dispatcher(loop), log_, loop);
}

}  // namespace turbo::web
