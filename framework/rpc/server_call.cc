#include "framework/rpc/server_call.h"

#include <algorithm>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include "framework/base/log.h"
#include "framework/base/status.h"
#include "framework/loop/async_operation.h"
#include "framework/rpc/interceptor.h"
#include "framework/rpc/server_method.h"

namespace turbo::rpc {

namespace {

google::protobuf::ArenaOptions arena_options(char* block, size_t bytes) {
  google::protobuf::ArenaOptions options;
  options.initial_block = block;
  options.initial_block_size = bytes;
  options.start_block_size = 4096;
  options.max_block_size = 65536;
  options.block_alloc = [](size_t size) { return BlockPool::local().allocate(size); };
  options.block_dealloc = [](void* piece, size_t size) {
    BlockPool::local().deallocate(piece, size);
  };
  return options;
}

void log_exception(std::string_view method, const std::exception_ptr& thrown) {
  static LogLimiter limiter(std::chrono::seconds(1));
  auto held = limiter.admit();
  if (!held) return;
  std::string line = "a handler threw (";
  line.append(method).append("): ");
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& error) {
    line += error.what();
  } catch (...) {
    line += "no std::exception";
  }
  log_limited(LogLevel::kError, line, *held);
}

// What was thrown is not for the client.
absl::Status failed_handler() {
  return make_status(absl::StatusCode::kUnknown, "the handler failed");
}

bool has_around(std::span<const Interceptor> interceptors) {
  return std::any_of(interceptors.begin(), interceptors.end(),
                     [](const Interceptor& each) { return each.around != nullptr; });
}

}  // namespace

ServerCall::ServerCall(Exchange& exchange, MethodEntry& entry, std::unique_ptr<CallFormat> format)
    : exchange_(exchange),
      entry_(entry),
      format_(std::move(format)),
      context_(*this, entry.method),
      arena_(arena_options(arena_block_.data(), arena_block_.size())) {
  ++entry_.open_calls;
}

ServerCall::~ServerCall() {
  if (handle_ != nullptr) handle_->call_ = nullptr;
  --entry_.open_calls;
}

void CallHandle::drop() {
  if (!active()) {
    if (call_ != nullptr) release();
    return;
  }
  const bool throwing = std::uncaught_exceptions() > 0;
  release().finish(throwing
                       ? failed_handler()
                       : make_status(absl::StatusCode::kInternal, "the handler dropped the call"));
}

// ---- the context ----

IOLoop& ServerContext::loop() const { return call_.exchange().loop(); }
Address ServerContext::peer_address() const { return call_.exchange().peer_address(); }
const tls::Session* ServerContext::tls() const { return call_.exchange().tls(); }
std::string_view ServerContext::authority() const { return call_.exchange().head().host; }
google::protobuf::Arena& ServerContext::arena() { return call_.arena(); }
void ServerContext::send_initial_metadata() { call_.send_initial_metadata(); }
void ServerContext::compress_replies(bool on) { call_.format().compress_messages(on); }
bool ServerContext::request_was_compressed() const { return call_.format().was_compressed(); }

const Metadata& ServerContext::metadata() {
  std::optional<Metadata>& received = rare().received;
  if (!received.has_value()) received.emplace().decode(call_.exchange().head().fields);
  return *received;
}

// ---- what comes ----

void ServerCall::set_timeout(Duration timeout) {
  if (timeout <= Duration::zero()) return on_deadline();
  context_.deadline_ = exchange_.loop().time() + timeout;
  deadline_timer_ = exchange_.loop().call_at(*context_.deadline_, [this] { on_deadline(); });
}

void ServerCall::start(std::optional<Duration> timeout) {
  if (timeout.has_value()) set_timeout(*timeout);
  if (ended_) return;
  if (exchange_.head().major_version < 2) watch_client();
  if (!entry_.interceptors.empty() && !intercept_before()) return;
  if (request() == nullptr) return begin_method();
  receive();
}

// Over HTTP/1 one who goes away is noticed by reading on. One who shuts its sending side alone is
// taken to have gone, too.
void ServerCall::watch_client() {
  exchange_.on_peer_shut(
      [this] { cancel(make_status(absl::StatusCode::kCancelled, "the client has gone")); });
}

void ServerCall::receive() {
  if (input_ended_ || std::exchange(receiving_, true)) return;
  exchange_.read_body([this](absl::StatusOr<Buffer> piece) {
    receiving_ = false;
    on_piece(*std::move(piece));
  });
}

void ServerCall::on_piece(Buffer piece) {
  if (ended_) return;
  if (piece.empty()) {
    input_ended_ = true;
    format_->end();
  } else if (absl::Status added = format_->add(std::move(piece)); !added.ok()) {
    return fail(added);
  }
  request() != nullptr ? take_request() : serve_read();
}

// Of a method that gets one message: that it is the only one shows at the end.
void ServerCall::take_request() {
  if (!request_read_) {
    const Read outcome = try_read(*request());
    if (outcome == Read::kEnd) {
      fail(make_status(absl::StatusCode::kInternal, "the call has no request"));
    }
    request_read_ = outcome == Read::kMessage;
  }
  if (ended_) return;
  // What stands behind the request is wrong at once: nobody would bound it.
  if (request_read_) {
    if (absl::Status whole = format_->check_end(); !whole.ok()) return fail(whole);
  }
  input_ended_ ? begin_method() : receive();
}

ServerCall::Read ServerCall::try_read(google::protobuf::Message& message) {
  if (ended_) return Read::kLater;
  absl::StatusOr<bool> read = format_->read(message);
  if (!read.ok()) {
    fail(read.status());
    return Read::kLater;
  }
  if (*read) return Read::kMessage;
  if (!input_ended_) return Read::kLater;
  if (absl::Status whole = format_->check_end(); !whole.ok()) {
    fail(whole);
    return Read::kLater;
  }
  return Read::kEnd;
}

void ServerCall::read(google::protobuf::Message& message, ReadCallback done) {
  read_into_ = &message;
  read_done_ = std::move(done);
  serve_read();
}

// A callback that reads on is served by the loop here, however many messages have come.
void ServerCall::serve_read() {
  if (serving_) return;
  serving_ = true;
  while (read_done_ != nullptr) {
    const Read outcome = try_read(*read_into_);
    if (ended_) break;
    if (outcome == Read::kLater) {
      receive();
      break;
    }
    ReadCallback done = std::exchange(read_done_, nullptr);
    call_out([&] { done(outcome == Read::kMessage); });
  }
  serving_ = false;
}

void ServerCall::begin_method() {
  has_around(entry_.interceptors) ? run_interceptors() : call_method();
}

void ServerCall::call_method() {
  try {
    start_method();
  } catch (...) {
    finish(logged_failure(std::current_exception()));
  }
}

// ---- interceptors ----

bool ServerCall::intercept_before() {
  try {
    for (const Interceptor& interceptor : entry_.interceptors) {
      if (interceptor.before == nullptr) continue;
      if (absl::Status admitted = interceptor.before(context_); !admitted.ok()) end(admitted);
      if (ended_) return false;
    }
    return true;
  } catch (...) {
    complete(logged_failure(std::current_exception()));
    return false;
  }
}

void ServerCall::run_interceptors() {
  intercepted_ = true;
  try {
    interceptor_task_ = run_from(0);
    interceptor_task_.start([this] { on_interceptors_done(); });
  } catch (...) {
    complete(logged_failure(std::current_exception()));
  }
}

void ServerCall::on_interceptors_done() {
  try {
    complete(interceptor_task_.result());
  } catch (...) {
    complete(logged_failure(std::current_exception()));
  }
}

Task<absl::Status> ServerCall::run_from(size_t position) {
  const std::span<const Interceptor> chain = entry_.interceptors;
  while (position < chain.size() && chain[position].around == nullptr) ++position;
  if (position == chain.size()) return run_method();
  return chain[position].around(context_, NextMethod(*this, position + 1));
}

Task<absl::Status> NextMethod::operator()() { return call_->run_from(position_); }

Task<absl::Status> ServerCall::run_method() {
  if (std::exchange(method_begun_, true)) throw std::logic_error("next() was called twice");
  auto method = make_async_operation<absl::Status>(
      exchange_.loop(),
      [this](auto done) {
        method_done_ = std::move(done);
        call_method();
      },
      [this] { method_done_ = nullptr; });
  absl::Status status = co_await method;
  co_return status;
}

// ---- what goes ----

AnswerMetadata ServerCall::answer_metadata() const {
  if (context_.rare_ == nullptr) return {};
  return {&context_.rare_->initial, &context_.rare_->trailing};
}

void ServerCall::begin_answer() {
  if (!std::exchange(begun_, true)) format_->begin(context_.compression_, answer_metadata());
}

void ServerCall::send_initial_metadata() {
  if (ended_) return;
  begin_answer();
  exchange_.flush();
}

void ServerCall::write(const google::protobuf::Message& message) {
  if (ended_) return;
  begin_answer();
  if (absl::Status written = format_->write(message); !written.ok()) return fail(written);
  exchange_.flush();
}

void ServerCall::when_writable(Callback callback) {
  if (ended_) return;
  writable_ = std::move(callback);
  exchange_.when_output_left([this] {
    if (Callback told = std::exchange(writable_, nullptr)) call_out(told);
  });
}

// ---- the end ----

void ServerCall::finish(const absl::Status& status) {
  if (ended_ || std::exchange(method_finished_, true)) return;
  if (!intercepted_) return complete(status);
  if (method_done_ != nullptr) std::exchange(method_done_, nullptr)(status);
}

// The method's status, or what the interceptors made of it.
void ServerCall::complete(const absl::Status& status) {
  if (ended_) return;
  if (!status.ok() || reply() == nullptr) return end(status);
  // It leaves with the status.
  begin_answer();
  end(format_->write(*reply()));
}

void ServerCall::end(const absl::Status& status) {
  close(status);
  format_->finish(status, answer_metadata());
}

void ServerCall::close(const absl::Status& status) {
  ended_ = true;
  exchange_.loop().cancel(deadline_timer_);
  read_done_ = nullptr;
  writable_ = nullptr;
  for (size_t i = entry_.interceptors.size(); i-- > 0;) {
    const Interceptor& interceptor = entry_.interceptors[i];
    if (interceptor.after != nullptr) interceptor.after(context_, status);
  }
}

// The exchange goes, and nothing can be said any more.
void ServerCall::abandon() {
  if (std::exchange(ended_, true)) return;
  method_done_ = nullptr;
  tell_cancelled();
  close(make_status(absl::StatusCode::kCancelled, "the client has gone"));
}

// It ends without the method.
void ServerCall::fail(const absl::Status& status) {
  tell_cancelled();
  if (!ended_) end(status);
}

void ServerCall::tell_cancelled() {
  if (context_.rare_ == nullptr) return;
  Callback told = std::exchange(context_.rare_->cancelled, nullptr);
  if (told == nullptr) return;
  try {
    told();
  } catch (...) {
    log_exception(entry_.method.path, std::current_exception());
  }
}

void ServerCall::on_deadline() {
  cancel(make_status(absl::StatusCode::kDeadlineExceeded, "the deadline has passed"));
}

// The call ends in the place of its method.
void ServerCall::cancel(const absl::Status& why) {
  if (!ended_) tell_cancelled();
  if (ended_) return;
  end(why);
  interceptor_task_ = Task<absl::Status>();
  method_task_ = Task<absl::Status>();
}

void ServerCall::run(Task<absl::Status> task) {
  method_task_ = std::move(task);
  method_task_.start([this] { on_method_done(); });
}

void ServerCall::on_method_done() {
  try {
    finish(method_task_.result());
  } catch (...) {
    finish(logged_failure(std::current_exception()));
  }
}

absl::Status ServerCall::logged_failure(const std::exception_ptr& thrown) const {
  log_exception(entry_.method.path, thrown);
  return failed_handler();
}

}  // namespace turbo::rpc
