// files: serves a directory of files over HTTP and HTTPS.

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/reflection.h"
#include "framework/turbo.h"

ABSL_FLAG(std::string, root, ".", "directory to serve; nothing outside of it is ever sent");
ABSL_FLAG(std::string, address, "0.0.0.0", "address to listen on: IPv4, IPv6, or unix:/path");
ABSL_FLAG(uint32_t, port, 8080, "TCP port; 0 lets the system choose one");
ABSL_FLAG(uint32_t, loops, 0, "event loops, one thread each; 0: one for each usable core");
ABSL_FLAG(std::string, index, "index.html", "file a directory shows of itself; empty: none");
ABSL_FLAG(bool, listing, false, "directories without an index show what they hold");
ABSL_FLAG(uint32_t, max_listing, 2000, "entries a directory shows at most");
ABSL_FLAG(bool, dot_files, false, "serves files whose names begin with a dot too");
ABSL_FLAG(bool, precompressed, false, "sends name.br or name.gz in place of name where it can");
ABSL_FLAG(bool, compress, false,
          "compresses text of up to 64 KiB, and listings, for clients that take it");
ABSL_FLAG(std::string, cache_control, "", "Cache-Control of every file; empty: none");
ABSL_FLAG(std::string, not_found, "", "file below the root to be shown for what is missing");
ABSL_FLAG(std::string, tls_cert, "", "PEM file, certificate and chain: the port speaks TLS");
ABSL_FLAG(std::string, tls_key, "", "PEM file with the certificate's key");
ABSL_FLAG(bool, tls_self_signed, false, "speaks TLS with a certificate made at start");
ABSL_FLAG(std::string, access_log, "", "file for a JSON line a request; SIGHUP reopens it");

namespace {

constexpr const char* kFlags[] = {
    "root",          "address",     "port",      "loops",         "index",
    "listing",       "max_listing", "dot_files", "precompressed", "compress",
    "cache_control", "not_found",   "tls_cert",  "tls_key",       "tls_self_signed",
    "access_log"};
// More than any machine has cores; a mistyped number should not start a thread for each.
constexpr uint32_t kMostLoops = 1024;

// Every connection is a descriptor, and so is every file kept open.
void raise_descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

absl::StatusOr<turbo::Address> address_from_flags() {
  const std::string address = absl::GetFlag(FLAGS_address);
  if (address.rfind("unix:", 0) == 0) return turbo::Address::unix_path(address.substr(5));
  const uint32_t port = absl::GetFlag(FLAGS_port);
  if (port > 65535) return absl::InvalidArgumentError("--port is at most 65535");
  return turbo::Address::parse(address, static_cast<uint16_t>(port));
}

// Null without any of the TLS flags.
absl::StatusOr<std::shared_ptr<turbo::tls::ServerContext>> tls_from_flags() {
  turbo::tls::Certificate certificate;
  certificate.chain_file = absl::GetFlag(FLAGS_tls_cert);
  certificate.key_file = absl::GetFlag(FLAGS_tls_key);
  if (certificate.chain_file.empty() != certificate.key_file.empty()) {
    return absl::InvalidArgumentError("--tls_cert and --tls_key go together");
  }
  const bool files = !certificate.chain_file.empty();
  if (absl::GetFlag(FLAGS_tls_self_signed)) {
    if (files) return absl::InvalidArgumentError("--tls_self_signed stands alone, without files");
    absl::StatusOr<turbo::tls::Certificate> made = turbo::tls::self_signed();
    if (!made.ok()) return made.status();
    certificate = *std::move(made);
  } else if (!files) {
    return nullptr;
  }
  turbo::tls::ServerOptions options;
  options.certificates.push_back(std::move(certificate));
  return turbo::tls::ServerContext::create(std::move(options));
}

// What would be accepted and then make every answer an error.
absl::Status check_files(const std::string& root, const turbo::web::StaticFiles& files) {
  if (::access(root.c_str(), X_OK) != 0) {
    return absl::PermissionDeniedError("not allowed to enter the directory " + root);
  }
  const std::string& not_found = files.options().not_found;
  if (!not_found.empty() && !files.root().open_file(not_found).ok()) {
    return absl::InvalidArgumentError("--not_found names no readable file below the root: " +
                                      not_found);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<turbo::web::StaticFiles>> files_from_flags() {
  const std::string root = absl::GetFlag(FLAGS_root);
  turbo::web::StaticFileOptions options;
  options.index = absl::GetFlag(FLAGS_index);
  options.listing = absl::GetFlag(FLAGS_listing);
  options.max_listing_entries = absl::GetFlag(FLAGS_max_listing);
  options.cache_control = absl::GetFlag(FLAGS_cache_control);
  options.not_found = absl::GetFlag(FLAGS_not_found);
  options.cache.file.precompressed = absl::GetFlag(FLAGS_precompressed);
  if (absl::GetFlag(FLAGS_dot_files)) options.dot_files = turbo::web::DotFiles::kServe;
  auto files = turbo::web::StaticFiles::open(root, std::move(options));
  if (!files.ok()) return files.status();
  if (absl::Status checked = check_files(root, **files); !checked.ok()) return checked;
  return files;
}

// Abseil's own --help would not find flags in a file named main.cc, and would end with 1.
bool asks_for_help(int argc, char** argv) {
  return std::any_of(argv + 1, argv + argc, [](std::string_view argument) {
    return argument == "--help" || argument == "-help" || argument == "-h";
  });
}

void print_help() {
  std::printf(
      "files serves a directory over HTTP, on all cores, until SIGINT or SIGTERM.\n\n"
      "  files --root=/srv/www --port=8080 --listing\n\n");
  for (const char* name : kFlags) {
    const absl::CommandLineFlag& flag = *absl::FindCommandLineFlag(name);
    const std::string initial = flag.DefaultValue();
    std::printf("  --%s: %s%s\n", name, flag.Help().c_str(),
                initial.empty() ? "" : (" (" + initial + ")").c_str());
  }
}

int fail(const absl::Status& status) {
  std::fprintf(stderr, "files: %s\n", std::string(status.message()).c_str());
  return 1;
}

int serve(const turbo::Address& address, std::shared_ptr<turbo::tls::ServerContext> tls,
          std::shared_ptr<turbo::web::StaticFiles> files) {
  turbo::web::ApplicationOptions app_options;
  app_options.compression.enabled = absl::GetFlag(FLAGS_compress);
  turbo::web::Application app(std::move(app_options));
  app.add_handler<turbo::web::StaticFileHandler>("/*path", std::move(files));
  turbo::web::ServeOptions options;
  options.address = address;
  options.loops = absl::GetFlag(FLAGS_loops);
  const char* const spoken = tls == nullptr ? "" : " (TLS)";
  options.tls = std::move(tls);
  if (std::string log = absl::GetFlag(FLAGS_access_log); !log.empty()) {
    options.access_log = {.path = std::move(log), .format = turbo::web::AccessLogFormat::kJSON};
  }
  options.on_listening = [spoken](const turbo::Address& bound, size_t loops) {
    std::printf("files: serving %s on %s%s with %zu loop%s\n", absl::GetFlag(FLAGS_root).c_str(),
                bound.to_string().c_str(), spoken, loops, loops == 1 ? "" : "s");
    std::fflush(stdout);
  };
  const absl::Status served = turbo::web::serve(app, std::move(options));
  if (!served.ok()) return fail(served);
  std::printf("files: stopped\n");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (asks_for_help(argc, argv)) {
    print_help();
    return 0;
  }
  const std::vector<char*> rest = absl::ParseCommandLine(argc, argv);
  if (rest.size() > 1) return fail(absl::InvalidArgumentError("takes flags only; see --help"));
  if (absl::GetFlag(FLAGS_loops) > kMostLoops) {
    return fail(absl::InvalidArgumentError("--loops is at most 1024"));
  }
  absl::StatusOr<turbo::Address> address = address_from_flags();
  if (!address.ok()) return fail(address.status());
  auto tls = tls_from_flags();
  if (!tls.ok()) return fail(tls.status());
  raise_descriptor_limit();
  auto files = files_from_flags();
  if (!files.ok()) return fail(files.status());
  return serve(*address, *std::move(tls), *std::move(files));
}
