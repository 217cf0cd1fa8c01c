// ChannelConfig: what all parts of a channel go by, made once from its target and options.
//
// Owner:   shared by the channel and its parts, since those of other loops outlive it.
// Threads: any; it does not change.
// Errors:  status.
// Limits:  none.
// Cost:    made once.
#ifndef TURBO_RPC_CHANNEL_CONFIG_H_
#define TURBO_RPC_CHANNEL_CONFIG_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "framework/client/http2_client_options.h"
#include "framework/http/request_head.h"
#include "framework/rpc/channel_options.h"
#include "framework/rpc/target.h"

namespace turbo::rpc {

struct ChannelConfig {
  ChannelConfig() = default;
  ChannelConfig(const ChannelConfig&) = delete;  // fields view the rest
  ChannelConfig& operator=(const ChannelConfig&) = delete;

  absl::Status status;
  ChannelOptions options;
  Target target;
  HTTP2ClientOptions connection;
  std::string_view scheme;
  std::string authority;
  std::string user_agent;
  // What every request says, in this order.
  std::vector<http::Field> fields;
};

std::shared_ptr<const ChannelConfig> make_channel_config(std::string_view target,
                                                         ChannelOptions options);

}  // namespace turbo::rpc

#endif  // TURBO_RPC_CHANNEL_CONFIG_H_
