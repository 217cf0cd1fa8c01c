// Keeps the floors of the house: a room includes only rooms on lower floors, nothing includes
// tests/, apps never include each other, and a library is known only in the rooms made for it.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;

const std::map<std::string_view, int>& floors() {
  static const std::map<std::string_view, int> kFloors = {
      {"base", 0},   {"buffer", 1},  {"crypto", 1}, {"metrics", 1},   {"compress", 2},
      {"loop", 2},   {"dns", 3},     {"http", 3},   {"shard", 3},     {"http2", 4},
      {"net", 4},    {"testing", 5}, {"tls", 5},    {"websocket", 5}, {"client", 6},
      {"server", 6}, {"rpc", 7},     {"web", 7},    {"harness", 8},
  };
  return kFloors;
}

// A header, or a folder of them, and the rooms that may know it.
struct Library {
  std::string_view prefix;
  std::vector<std::string_view> rooms;
};

const std::vector<Library>& libraries() {
  static const std::vector<Library> kLibraries = {
      {"ares", {"dns"}},
      {"arpa/", {"base", "dns", "net"}},
      {"benchmark/", {}},
      {"brotli/", {"compress"}},
      {"fmt/", {"base"}},
      {"gmock/", {}},
      {"google/protobuf/", {"rpc"}},
      {"gtest/", {}},
      {"jemalloc/", {}},
      {"netdb.h", {"dns"}},
      {"netinet/", {"base", "dns", "net"}},
      {"nghttp2/", {"http2"}},
      {"nlohmann/", {"web"}},
      {"openssl/", {"crypto", "tls"}},
      {"prometheus/", {"metrics"}},
      {"pthread.h", {"shard"}},
      {"re2/", {"http", "net"}},
      {"sched.h", {"shard"}},
      {"spdlog/", {"base"}},
      {"sys/epoll.h", {"loop"}},
      {"sys/socket.h", {"base", "dns", "net", "testing"}},
      {"sys/un.h", {"base", "net"}},
      {"zlib.h", {"compress"}},
  };
  return kLibraries;
}

// Folders of the C library, the kernel and the compiler, free to every room unless listed above.
constexpr std::array<std::string_view, 7> kSystemFolders = {
    "arpa/", "bits/", "linux/", "net/", "netinet/", "sanitizer/", "sys/"};

// Where a file stands: {"framework", "net"}, {"apps", "hello"}, {"benchmarks", "micro"}. The second
// is empty for a file directly in the first.
struct Place {
  std::string_view top;
  std::string_view room;
};

Place place_of(std::string_view path) {
  Place place;
  const size_t first = path.find('/');
  if (first == std::string_view::npos) return place;
  place.top = path.substr(0, first);
  const size_t second = path.find('/', first + 1);
  if (second != std::string_view::npos) place.room = path.substr(first + 1, second - first - 1);
  return place;
}

struct Include {
  std::string_view header;
  size_t line = 0;
};

std::vector<Include> includes_of(std::string_view text) {
  std::vector<Include> found;
  size_t number = 0;
  while (!text.empty()) {
    ++number;
    const size_t end = std::min(text.find('\n'), text.size() - 1);
    std::string_view line = text.substr(0, end + 1);
    text.remove_prefix(end + 1);
    const auto skip = [&line](std::string_view expected) {
      line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
      if (!line.starts_with(expected)) return false;
      line.remove_prefix(expected.size());
      return true;
    };
    if (!skip("#") || !skip("include") || !(skip("\"") || skip("<"))) continue;
    found.push_back({line.substr(0, line.find_first_of("\">\n")), number});
  }
  return found;
}

std::optional<std::string> broken_by_room(Place from, Place to) {
  const auto target = floors().find(to.room);
  if (to.room.empty()) {
    if (from.top != "framework" || from.room.empty()) return std::nullopt;
    return "a room never includes the umbrella above it";
  }
  if (target == floors().end()) return "no such room in the table of floors";
  if (from.top != "framework" || from.room.empty() || from.room == to.room) return std::nullopt;
  const auto source = floors().find(from.room);
  if (source == floors().end()) return "this room has no floor in the table";
  if (target->second < source->second) return std::nullopt;
  std::ostringstream rule;
  rule << from.room << " (floor " << source->second << ") includes only rooms below, and "
       << to.room << " is on floor " << target->second;
  return rule.str();
}

std::optional<std::string> broken_by_library(Place from, std::string_view header) {
  for (const Library& library : libraries()) {
    if (!header.starts_with(library.prefix)) continue;
    if (std::find(library.rooms.begin(), library.rooms.end(), from.room) != library.rooms.end() &&
        from.top == "framework") {
      return std::nullopt;
    }
    std::ostringstream rule;
    rule << "only these rooms know it:";
    for (const std::string_view room : library.rooms) rule << " " << room;
    if (library.rooms.empty()) rule << " (none)";
    return rule.str();
  }
  const bool is_system = std::any_of(kSystemFolders.begin(), kSystemFolders.end(),
                                     [&](auto folder) { return header.starts_with(folder); });
  if (header.find('/') == std::string_view::npos || is_system) return std::nullopt;
  if (header.starts_with("absl/")) return std::nullopt;
  return "a library that the table of rooms does not know";
}

// The rule an include breaks, if any.
std::optional<std::string> broken_rule(std::string_view path, std::string_view header) {
  const Place from = place_of(path);
  const Place to = place_of(header);
  if (to.top == "tests") return "nothing includes tests/";
  // Benchmarks measure whatever they like.
  if (from.top == "benchmarks") return std::nullopt;
  if (to.top == "benchmarks") return "only benchmarks include benchmarks/";
  if (to.top == "apps") {
    if (from.top == "apps" && from.room == to.room) return std::nullopt;
    return "an app is included by nothing but itself";
  }
  if (to.top == "framework") return broken_by_room(from, to);
  return broken_by_library(from, header);
}

// One line per broken rule: file, line, include, rule.
std::vector<std::string> check_file(std::string_view path, std::string_view text) {
  std::vector<std::string> broken;
  for (const Include& include : includes_of(text)) {
    const std::optional<std::string> rule = broken_rule(path, include.header);
    if (!rule) continue;
    std::ostringstream message;
    message << path << ":" << include.line << ": includes " << include.header << ": " << *rule;
    broken.push_back(message.str());
  }
  return broken;
}

struct Source {
  std::string path;
  std::string text;
};

std::vector<Source> read_sources(const fs::path& root) {
  std::vector<Source> sources;
  for (const char* top : {"framework", "apps", "benchmarks"}) {
    if (!fs::is_directory(root / top)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
      const std::string extension = entry.path().extension().string();
      if (extension != ".h" && extension != ".cc" && extension != ".inc") continue;
      std::ifstream in(entry.path());
      sources.push_back({fs::relative(entry.path(), root).string(),
                         std::string(std::istreambuf_iterator<char>(in), {})});
    }
  }
  return sources;
}

TEST(FloorsTest, every_include_goes_down) {
  // The runfiles hold a link to the file where it really stands.
  const fs::path root = fs::canonical("WORKSPACE").parent_path();
  const std::vector<Source> sources = read_sources(root);
  // Fewer means that the folders were not found.
  ASSERT_GT(sources.size(), 10U) << "below " << root;
  for (const Source& source : sources) {
    for (const std::string& broken : check_file(source.path, source.text)) ADD_FAILURE() << broken;
  }
}

TEST(FloorsTest, every_room_has_a_floor) {
  const fs::path root = fs::canonical("WORKSPACE").parent_path();
  for (const auto& entry : fs::directory_iterator(root / "framework")) {
    if (!entry.is_directory()) continue;
    EXPECT_TRUE(floors().contains(entry.path().filename().string())) << entry.path();
  }
}

TEST(FloorsTest, message_names_file_line_and_rule) {
  EXPECT_EQ(
      check_file("framework/buffer/buffer.cc", "\n  #  include \"framework/net/io_stream.h\"\n"),
      std::vector<std::string>{
          "framework/buffer/buffer.cc:2: includes framework/net/io_stream.h: buffer (floor 1) "
          "includes only rooms below, and net is on floor 4"});
}

TEST(FloorsTest, planted_violations_are_found) {
  const std::vector<std::pair<std::string_view, std::string_view>> planted = {
      {"framework/loop/io_loop.h", "\"framework/net/io_stream.h\""},  // upwards
      {"framework/shard/gate.cc", "\"framework/dns/resolver.h\""},    // a neighbour
      {"framework/attic/box.cc", "\"framework/base/fd.h\""},          // a room without a floor
      {"framework/base/fd.h", "\"framework/attic/box.h\""},           // the same, included
      {"framework/net/io_stream.cc", "\"tests/net/helper.h\""},       // tests
      {"framework/web/application.cc", "\"apps/hello/routes.h\""},    // an app
      {"apps/chat/main.cc", "\"apps/hello/routes.h\""},               // another app
      {"framework/base/fd.h", "\"framework/turbo.h\""},               // the umbrella
      {"framework/net/listener.cc", "<sys/epoll.h>"},                 // loop's alone
      {"framework/net/connector.cc", "<ares.h>"},                     // dns' alone
      {"framework/buffer/search.cc", "<re2/re2.h>"},                  // http's and net's
      {"framework/loop/io_loop.cc", "<spdlog/spdlog.h>"},             // base's alone
      {"framework/http/parser.cc", "<sys/socket.h>"},                 // a pure machine
      {"framework/base/log.cc", "<boost/asio.hpp>"},                  // nobody's
      {"apps/hello/main.cc", "<sys/epoll.h>"},                        // below an app
  };
  for (const auto& [path, header] : planted) {
    const std::string text = "#include " + std::string(header) + "\n";
    EXPECT_EQ(check_file(path, text).size(), 1U) << path << " " << header;
  }
}

TEST(FloorsTest, what_the_rules_allow_is_silent) {
  const std::vector<std::pair<std::string_view, std::string_view>> allowed = {
      {"framework/net/io_stream.cc", "\"framework/loop/io_loop.h\""},
      {"framework/net/io_stream.cc", "\"framework/net/transport.h\""},
      {"framework/net/io_stream.cc", "<sys/socket.h>"},
      {"framework/net/io_stream.cc", "<re2/re2.h>"},
      {"framework/loop/poller.cc", "<sys/epoll.h>"},
      {"framework/loop/poller.cc", "<sys/eventfd.h>"},
      {"framework/base/log.cc", "<spdlog/spdlog.h>"},
      {"framework/base/status.h", "\"absl/status/status.h\""},
      {"framework/turbo.h", "\"framework/web/application.h\""},
      {"apps/hello/main.cc", "\"framework/turbo.h\""},
      {"apps/hello/main.cc", "\"apps/hello/routes.h\""},
      {"apps/hello/main.cc", "<sys/resource.h>"},
      {"benchmarks/limits/raw_epoll.cc", "<sys/epoll.h>"},
  };
  for (const auto& [path, header] : allowed) {
    const std::string text = "#include " + std::string(header) + "\n";
    EXPECT_EQ(check_file(path, text), std::vector<std::string>()) << path << " " << header;
  }
}

}  // namespace
