#include "framework/dns/resolver.h"

#include <ares.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "framework/base/check.h"
#include "framework/base/intrusive_list.h"
#include "framework/base/status.h"
#include "framework/dns/hosts_file.h"

namespace turbo {

namespace {

using Answer = absl::StatusOr<std::vector<Address>>;

int ares_family(Family family) {
  switch (family) {
    case Family::kAny:
      return AF_UNSPEC;
    case Family::kIPv4:
      return AF_INET;
    case Family::kIPv6:
      return AF_INET6;
  }
  return AF_UNSPEC;
}

bool belongs(const Address& address, Family family) {
  return family == Family::kAny || address.family() == ares_family(family);
}

absl::Status ares_failure(int status, const std::string& host) {
  const std::string message = "resolve " + host + ": " + ares_strerror(status);
  switch (status) {
    case ARES_EBADNAME:
      return make_status(absl::StatusCode::kInvalidArgument, message);
    case ARES_ENOMEM:
      return make_status(absl::StatusCode::kResourceExhausted, message);
    default:
      return make_status(absl::StatusCode::kUnavailable, message);
  }
}

absl::Status of_the_other_family(const std::string& host) {
  return make_status(absl::StatusCode::kUnavailable, "resolve " + host + ": of the other family");
}

int milliseconds(Duration duration) {
  const auto count = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  return static_cast<int>(std::clamp<int64_t>(count, 1, 1 << 30));
}

}  // namespace

struct LookupTag;

// One lookup. It dies when its answer is delivered, or, if it was given up, when c-ares lets go of
// it.
class Lookup final : public ListNode<LookupTag>, private Completion {
 public:
  Lookup(ResolverChannel& channel, std::string_view host, uint16_t port, ResolveCallback callback)
      : channel_(channel), host_(host), port_(port), callback_(std::move(callback)) {}
  ~Lookup();

  void ask_dns(Family family, std::optional<Duration> deadline);
  // Delivers `answer` in the completions phase.
  void answer(Answer answer);
  // Nobody wants the answer any more.
  void give_up();
  // c-ares has let go of it already, or is about to end altogether.
  void forget_dns() { in_dns_ = false; }

  const std::string& host() const { return host_; }
  uint16_t port() const { return port_; }
  bool in_dns() const { return in_dns_; }

 private:
  friend class Resolution;

  static void on_dns_answer(void* self, int status, int timeouts, ares_addrinfo* found);
  Answer addresses_of(const ares_addrinfo* found) const;
  void on_deadline();
  void complete() override;

  ResolverChannel& channel_;
  const std::string host_;
  const uint16_t port_;
  ResolveCallback callback_;
  Resolution* handle_ = nullptr;
  Answer answer_;
  TimerHandle deadline_;
  bool in_dns_ = false;
  bool wanted_ = true;
};

// A c-ares channel driven by the loop.
class ResolverChannel {
 public:
  ResolverChannel(IOLoop& loop, ResolverOptions options);
  ~ResolverChannel();

  IOLoop& loop() { return loop_; }
  const ResolverOptions& options() const { return options_; }
  ares_channel ares() { return ares_; }
  size_t lookups_in_dns() const { return in_dns_; }

  void begin(Lookup& lookup, Family family);
  void entered_dns() { ++in_dns_; }
  void left_dns() { --in_dns_; }
  void update_timer();

 private:
  // One socket of c-ares.
  class Socket final : public EventHandler {
   public:
    Socket(ResolverChannel& channel, int fd) : channel_(channel), fd_(fd) {}
    void on_events(uint32_t events) override { channel_.process(fd_, events); }

   private:
    ResolverChannel& channel_;
    const int fd_;
  };

  absl::Status open();
  absl::Status set_servers();
  static void on_socket_state(void* self, ares_socket_t fd, int readable, int writable);
  void watch(int fd, uint32_t events);
  void process(int fd, uint32_t events);
  std::optional<Answer> answer_without_dns(const std::string& host, uint16_t port, Family family);

  IOLoop& loop_;
  const ResolverOptions options_;
  HostsFile hosts_;
  ares_channel ares_ = nullptr;
  absl::Status opened_;
  std::map<int, Socket> sockets_;
  TimerHandle timer_;
  size_t in_dns_ = 0;
  IntrusiveList<Lookup, LookupTag> lookups_;
};

// ---- Lookup ----

Lookup::~Lookup() {
  channel_.loop().cancel(deadline_);
  // The handle first: the callback's death may destroy it.
  if (handle_ != nullptr) std::exchange(handle_, nullptr)->lookup_ = nullptr;
}

void Lookup::ask_dns(Family family, std::optional<Duration> deadline) {
  in_dns_ = true;
  channel_.entered_dns();
  if (deadline.has_value()) {
    deadline_ = channel_.loop().call_later(*deadline, [this] { on_deadline(); });
  }
  ares_addrinfo_hints hints{};
  hints.ai_family = ares_family(family);
  hints.ai_socktype = SOCK_STREAM;  // one node an address, not one for each socket type
  ares_getaddrinfo(channel_.ares(), host_.c_str(), nullptr, &hints, &Lookup::on_dns_answer, this);
  channel_.update_timer();
}

void Lookup::on_dns_answer(void* self, int status, int, ares_addrinfo* found) {
  Lookup& lookup = *static_cast<Lookup*>(self);
  const auto free_found = [](ares_addrinfo* info) { ares_freeaddrinfo(info); };
  const std::unique_ptr<ares_addrinfo, decltype(free_found)> owned(found, free_found);
  // The end of the channel; the resolver destroys its lookups itself.
  if (!lookup.in_dns_) return;
  lookup.in_dns_ = false;
  lookup.channel_.left_dns();
  if (!lookup.wanted_) {
    delete &lookup;
  } else if (status == ARES_SUCCESS) {
    lookup.answer(lookup.addresses_of(found));
  } else {
    lookup.answer(ares_failure(status, lookup.host_));
  }
}

Answer Lookup::addresses_of(const ares_addrinfo* found) const {
  std::vector<Address> addresses;
  for (const ares_addrinfo_node* node = found->nodes; node != nullptr; node = node->ai_next) {
    if (addresses.size() == channel_.options().max_addresses) break;
    addresses.push_back(Address::from_sockaddr(node->ai_addr, node->ai_addrlen).with_port(port_));
  }
  if (addresses.empty()) return ares_failure(ARES_ENODATA, host_);
  return addresses;
}

void Lookup::answer(Answer answer) {
  channel_.loop().cancel(deadline_);
  answer_ = std::move(answer);
  channel_.loop().schedule(*this);
}

void Lookup::on_deadline() {
  answer(
      make_status(absl::StatusCode::kDeadlineExceeded, "resolve " + host_ + ": no answer in time"));
}

void Lookup::complete() {
  ResolveCallback callback = std::move(callback_);
  Answer answer = std::move(answer_);
  give_up();
  callback(std::move(answer));
}

void Lookup::give_up() {
  wanted_ = false;
  channel_.loop().cancel(deadline_);
  Completion::unlink();
  if (handle_ != nullptr) std::exchange(handle_, nullptr)->lookup_ = nullptr;
  // c-ares cannot cancel one query; until it lets go the lookup stays, without what it would call.
  const ResolveCallback dies_last = std::move(callback_);
  if (!in_dns_) delete this;
}

// ---- ResolverChannel ----

ResolverChannel::ResolverChannel(IOLoop& loop, ResolverOptions options)
    : loop_(loop), options_(std::move(options)), hosts_(options_.hosts_path), opened_(open()) {}

absl::Status ResolverChannel::open() {
  static std::once_flag library;
  std::call_once(library, [] { ares_library_init(ARES_LIB_INIT_ALL); });
  ares_options settings{};
  char dns_only[] = "b";  // the hosts file is ours
  settings.lookups = dns_only;
  settings.timeout = milliseconds(options_.try_timeout);
  settings.tries = options_.tries;
  settings.sock_state_cb = &ResolverChannel::on_socket_state;
  settings.sock_state_cb_data = this;
  const int status = ares_init_options(
      &ares_, &settings,
      ARES_OPT_LOOKUPS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
  if (status != ARES_SUCCESS) {
    ares_ = nullptr;
    return ares_failure(status, "(start of the resolver)");
  }
  return set_servers();
}

absl::Status ResolverChannel::set_servers() {
  if (options_.servers.empty()) return absl::OkStatus();
  std::string list;
  for (const Address& server : options_.servers) {
    if (!list.empty()) list += ',';
    list += server.to_string();
  }
  const int status = ares_set_servers_ports_csv(ares_, list.c_str());
  return status == ARES_SUCCESS ? absl::OkStatus() : ares_failure(status, "(name servers)");
}

ResolverChannel::~ResolverChannel() {
  // Destroying callbacks may destroy Resolutions and coroutines, which then find their lookups gone
  // or give them up.
  IntrusiveList<Lookup, LookupTag> ending;
  ending.splice_back(lookups_);
  std::vector<Lookup*> known_to_ares;
  while (!ending.empty()) {
    Lookup& lookup = ending.pop_front();
    if (lookup.in_dns()) known_to_ares.push_back(&lookup);
    lookup.give_up();
  }
  for (Lookup* lookup : known_to_ares) lookup->forget_dns();
  if (ares_ != nullptr) ares_destroy(ares_);
  for (Lookup* lookup : known_to_ares) delete lookup;
  loop_.cancel(timer_);
  for (auto& [fd, socket] : sockets_) loop_.remove_handler(fd);
}

void ResolverChannel::begin(Lookup& lookup, Family family) {
  lookups_.push_back(lookup);
  if (auto known = answer_without_dns(lookup.host(), lookup.port(), family)) {
    return lookup.answer(*std::move(known));
  }
  if (!opened_.ok()) return lookup.answer(opened_);
  if (in_dns_ >= options_.max_lookups) {
    return lookup.answer(
        make_status(absl::StatusCode::kResourceExhausted, "too many lookups under way"));
  }
  lookup.ask_dns(family, options_.deadline);
}

std::optional<Answer> ResolverChannel::answer_without_dns(const std::string& host, uint16_t port,
                                                          Family family) {
  std::vector<Address> known;
  if (absl::StatusOr<Address> numeric = Address::parse(host, port); numeric.ok()) {
    if (belongs(*numeric, family)) return std::vector<Address>{*numeric};
    return of_the_other_family(host);
  }
  if (!is_host_name(host)) {
    return make_status(absl::StatusCode::kInvalidArgument, "this is no host name");
  }
  if (is_localhost(host)) {
    known = {Address::loopback_ipv6(port), Address::loopback_ipv4(port)};
  } else {
    known = hosts_.find(canonical_name(host));
  }
  if (known.empty()) return std::nullopt;
  // What stands there is the whole answer: the DNS is not asked for the family that is missing.
  std::erase_if(known, [family](const Address& address) { return !belongs(address, family); });
  if (known.empty()) return of_the_other_family(host);
  if (known.size() > options_.max_addresses) known.resize(options_.max_addresses);
  for (Address& address : known) address = address.with_port(port);
  return known;
}

void ResolverChannel::on_socket_state(void* self, ares_socket_t fd, int readable, int writable) {
  const uint32_t events =
      (readable ? uint32_t{kReadable} : 0) | (writable ? uint32_t{kWritable} : 0);
  static_cast<ResolverChannel*>(self)->watch(fd, events);
}

void ResolverChannel::watch(int fd, uint32_t events) {
  if (events == kNoEvents) {
    loop_.remove_handler(fd);
    sockets_.erase(fd);
    return;
  }
  const auto [socket, added] = sockets_.try_emplace(fd, *this, fd);
  if (!added) return loop_.update_handler(fd, events);
  // A socket that cannot be watched stays silent, which the try's timeout turns into a failure.
  if (!loop_.add_handler(fd, events, socket->second).ok()) sockets_.erase(socket);
}

void ResolverChannel::process(int fd, uint32_t events) {
  const uint32_t broken = kError | kHangUp;
  ares_process_fd(ares_, (events & (kReadable | broken)) ? fd : ARES_SOCKET_BAD,
                  (events & (kWritable | broken)) ? fd : ARES_SOCKET_BAD);
  update_timer();
}

void ResolverChannel::update_timer() {
  loop_.cancel(timer_);
  timer_ = TimerHandle();
  timeval wait{};
  if (ares_timeout(ares_, nullptr, &wait) == nullptr) return;
  // A millisecond more, so that the timeout is certainly due when c-ares looks.
  const Duration delay = std::chrono::seconds(wait.tv_sec) +
                         std::chrono::microseconds(wait.tv_usec) + std::chrono::milliseconds(1);
  timer_ = loop_.call_later(delay, [this] {
    ares_process_fd(ares_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    update_timer();
  });
}

// ---- Resolution ----

Resolution::Resolution(Lookup& lookup) : lookup_(&lookup) { lookup.handle_ = this; }

Resolution::Resolution(Resolution&& other) noexcept
    : lookup_(std::exchange(other.lookup_, nullptr)) {
  if (lookup_ != nullptr) lookup_->handle_ = this;
}

Resolution& Resolution::operator=(Resolution&& other) noexcept {
  if (this == &other) return *this;
  cancel();
  lookup_ = std::exchange(other.lookup_, nullptr);
  if (lookup_ != nullptr) lookup_->handle_ = this;
  return *this;
}

Resolution::~Resolution() { cancel(); }

void Resolution::cancel() {
  if (lookup_ != nullptr) lookup_->give_up();
}

// ---- Resolver ----

Resolver::Resolver(IOLoop& loop, ResolverOptions options)
    : channel_(std::make_unique<ResolverChannel>(loop, std::move(options))) {}

Resolver::~Resolver() = default;

Resolution Resolver::resolve(std::string_view host, uint16_t port, Family family,
                             ResolveCallback callback) {
  TURBO_CHECK(callback != nullptr, "resolve() needs a callback");
  channel_->loop().check_here();
  auto* lookup = new Lookup(*channel_, host, port, std::move(callback));
  Resolution resolution(*lookup);
  channel_->begin(*lookup, family);
  return resolution;
}

ResolveAwaiter Resolver::resolve(std::string_view host, uint16_t port, Family family) {
  return ResolveAwaiter(*this, channel_->loop(), host, port, family);
}

size_t Resolver::lookups() const { return channel_->lookups_in_dns(); }

// ---- ResolveAwaiter ----

class ResolveAwaiter::Answer {
 public:
  explicit Answer(ResolveAwaiter& awaiter) : awaiter_(&awaiter) { awaiter.answer_ = this; }
  Answer(Answer&& other) noexcept : awaiter_(std::exchange(other.awaiter_, nullptr)) {
    if (awaiter_ != nullptr) awaiter_->answer_ = this;
  }
  Answer& operator=(Answer&&) = delete;
  ~Answer() {
    if (awaiter_ == nullptr) return;
    awaiter_->answer_ = nullptr;
    awaiter_->result_ = absl::CancelledError("the resolver was destroyed");
    awaiter_->loop_.schedule(*awaiter_);
  }

  void operator()(absl::StatusOr<std::vector<Address>> result) {
    ResolveAwaiter& awaiter = *std::exchange(awaiter_, nullptr);
    awaiter.answer_ = nullptr;
    awaiter.result_ = std::move(result);
    awaiter.waiting_.resume();
  }
  void forget() { awaiter_ = nullptr; }

 private:
  ResolveAwaiter* awaiter_;
};

ResolveAwaiter::ResolveAwaiter(Resolver& resolver, IOLoop& loop, std::string_view host,
                               uint16_t port, Family family)
    : resolver_(resolver), loop_(loop), host_(host), port_(port), family_(family) {}

ResolveAwaiter::~ResolveAwaiter() {
  if (answer_ != nullptr) answer_->forget();
}

void ResolveAwaiter::await_suspend(std::coroutine_handle<> waiting) {
  waiting_ = waiting;
  resolution_ = resolver_.resolve(host_, port_, family_, Answer(*this));
}

}  // namespace turbo
