// The interop tests' client on Turbo: runs the cases it is given, or all, and prints "ok CASE" or
// "FAILED CASE: why" for each.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "framework/turbo.h"
#include "tests/interop/turbo/client_cases.h"

ABSL_FLAG(std::string, target, "", "the server, host:port");
ABSL_FLAG(std::string, tls_ca, "", "PEM file of the authorities to trust: speaks TLS");

namespace turbo::interop {

namespace {

constexpr std::chrono::seconds kCaseTimeout(30);

rpc::ChannelOptions options_from_flags() {
  rpc::ChannelOptions options;
  if (const std::string authorities = absl::GetFlag(FLAGS_tls_ca); !authorities.empty()) {
    options.tls.emplace();
    options.tls->ca_file = authorities;
  }
  return options;
}

// What went wrong; empty: nothing.
std::string run(const Case& each) {
  IOLoop loop;
  Peer peer(loop, absl::GetFlag(FLAGS_target), options_from_flags());
  Task<> task = each.run(peer);
  loop.add_callback([&] { task.start([&loop] { loop.stop(); }); });
  loop.call_later(kCaseTimeout, [&loop] { loop.stop(); });
  loop.start();
  if (!task.done()) return "it takes too long";
  try {
    task.result();
    return "";
  } catch (const Failure& failure) {
    return failure.what();
  }
}

int run_cases(const std::vector<std::string_view>& wanted) {
  int failed = 0;
  for (const auto cases : {unary_cases(), streaming_cases(), compression_cases()}) {
    for (const Case& each : cases) {
      if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), each.name) == wanted.end()) {
        continue;
      }
      const std::string wrong = run(each);
      const std::string name(each.name);
      failed += !wrong.empty();
      if (wrong.empty()) {
        std::printf("ok %s\n", name.c_str());
      } else {
        std::printf("FAILED %s: %s\n", name.c_str(), wrong.c_str());
      }
      std::fflush(stdout);
    }
  }
  return failed;
}

}  // namespace

}  // namespace turbo::interop

int main(int argc, char** argv) {
  const std::vector<char*> rest = absl::ParseCommandLine(argc, argv);
  const std::vector<std::string_view> wanted(rest.begin() + 1, rest.end());
  return turbo::interop::run_cases(wanted) == 0 ? 0 : 1;
}
