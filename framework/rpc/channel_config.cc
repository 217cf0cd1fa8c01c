#include "framework/rpc/channel_config.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "framework/rpc/compression.h"
#include "framework/tls/client_context.h"

namespace turbo::rpc {
namespace {

constexpr std::string_view kUserAgent = "grpc-c++-turbo";

bool is_good(const BackoffOptions& options) {
  return options.initial >= Duration::zero() && options.max >= Duration::zero() &&
         options.multiplier >= 1 && options.jitter >= 0 && options.jitter <= 1;
}

absl::Status check_options(const ChannelOptions& options) {
  const auto are_all = [](std::string_view text, bool (*is_one)(unsigned char)) {
    return std::all_of(text.begin(), text.end(), is_one);
  };
  if (!are_all(options.authority, absl::ascii_isgraph)) {
    return absl::InvalidArgumentError("the authority is to be of visible ASCII");
  }
  if (!are_all(options.user_agent, absl::ascii_isprint) || options.user_agent.starts_with(' ')) {
    return absl::InvalidArgumentError("the user_agent is to be of printable ASCII");
  }
  if (!is_good(options.backoff) || !is_good(options.retry.backoff)) {
    return absl::InvalidArgumentError(
        "a backoff is to have no negative times, a multiplier from 1 and a jitter of 0 to 1");
  }
  if (options.max_metadata_bytes > ChannelOptions::kMostMetadataBytes) {
    return absl::InvalidArgumentError("max_metadata_bytes is more than can be sent");
  }
  return absl::OkStatus();
}

void set_connection(ChannelConfig& config) {
  const ChannelOptions& options = config.options;
  HTTP2ClientOptions& connection = config.connection;
  connection.connect_timeout = options.connect_timeout;
  connection.idle_timeout = options.idle_timeout;
  connection.keepalive = options.keepalive;
  connection.max_queued_streams = options.max_queued_calls;
  connection.session = options.session;
  if (!options.tls.has_value()) return;
  tls::ClientOptions tls = *options.tls;
  tls.alpn = {"h2"};
  absl::StatusOr<std::shared_ptr<const tls::ClientContext>> context =
      tls::ClientContext::create(tls);
  if (!context.ok()) {
    config.status = context.status();
    return;
  }
  connection.tls = *std::move(context);
  connection.server_name =
      options.tls_server_name.empty() ? config.target.host : options.tls_server_name;
}

void set_request(ChannelConfig& config) {
  const ChannelOptions& options = config.options;
  config.scheme = options.tls.has_value() ? "https" : "http";
  config.authority = options.authority.empty() ? config.target.authority : options.authority;
  config.user_agent = options.user_agent;
  if (!config.user_agent.empty()) config.user_agent += ' ';
  config.user_agent += kUserAgent;
  config.fields = {
      {"te", "trailers"},
      {"content-type", "application/grpc"},
      {"user-agent", config.user_agent},
      {"grpc-accept-encoding", kAcceptedEncodings},
  };
}

}  // namespace

std::shared_ptr<const ChannelConfig> make_channel_config(std::string_view target,
                                                         ChannelOptions options) {
  auto config = std::make_shared<ChannelConfig>();
  config->options = std::move(options);
  absl::StatusOr<Target> parsed = parse_target(target);
  config->status = parsed.ok() ? check_options(config->options) : parsed.status();
  if (config->status.ok()) {
    config->target = *std::move(parsed);
    if (config->options.connect) config->target.addresses = {Address()};
    set_connection(*config);
  }
  set_request(*config);
  return config;
}

}  // namespace turbo::rpc
