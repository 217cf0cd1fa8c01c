#include "framework/http/router.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "framework/base/status.h"
#include "framework/http/scan.h"

namespace turbo::http {

namespace {

// Eight bytes a step; only the program's own patterns are in the tables, so nobody can make them
// collide.
inline uint32_t hash_of(std::string_view segment) {
  constexpr uint64_t kMultiplier = 0x9e3779b97f4a7c15u;
  uint64_t hash = segment.size();
  const char* p = segment.data();
  size_t left = segment.size();
  for (; left > 8; p += 8, left -= 8) {
    uint64_t word;
    std::memcpy(&word, p, 8);
    hash = (hash ^ word) * kMultiplier;
    hash ^= hash >> 32;
  }
  uint64_t word = 0;
  if (segment.size() >= 8) {
    std::memcpy(&word, p + left - 8, 8);
  } else {
    for (size_t i = 0; i < left; ++i) word = word << 8 | static_cast<unsigned char>(p[i]);
  }
  hash = (hash ^ word) * kMultiplier;
  return static_cast<uint32_t>(hash >> 32);
}

// No call, which would cost find() more than the comparison.
inline bool same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  size_t i = 0;
  if (a.size() >= 8) {
    const auto differ_at = [a, b](size_t at) {
      uint64_t left, right;
      std::memcpy(&left, a.data() + at, 8);
      std::memcpy(&right, b.data() + at, 8);
      return left != right;
    };
    for (; i + 8 < a.size(); i += 8) {
      if (differ_at(i)) return false;
    }
    return !differ_at(a.size() - 8);
  }
  while (i < a.size() && a[i] == b[i]) ++i;
  return i == a.size();
}

}  // namespace

// Texts numbered in the order they were added.
class Router::Texts {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  // The number of `text`, or kNone.
  uint32_t find(std::string_view text) const {
    if (text.size() > longest_ || slots_.empty()) return kNone;
    const uint32_t hash = hash_of(text);
    const size_t mask = slots_.size() - 1;
    for (size_t i = hash & mask; slots_[i].number != kNone; i = (i + 1) & mask) {
      if (slots_[i].hash == hash && same(texts_[slots_[i].number], text)) return slots_[i].number;
    }
    return kNone;
  }

  // Requires: `text` is new.
  void add(std::string_view text) {
    texts_.emplace_back(text);
    longest_ = std::max(longest_, text.size());
    if (2 * texts_.size() <= slots_.size()) return insert(texts_.size() - 1);
    slots_.assign(std::max<size_t>(4, 2 * slots_.size()), {});
    for (size_t i = 0; i < texts_.size(); ++i) insert(i);
  }

 private:
  struct Slot {
    uint32_t hash = 0;
    uint32_t number = kNone;
  };

  void insert(size_t number) {
    const uint32_t hash = hash_of(texts_[number]);
    size_t i = hash & (slots_.size() - 1);
    while (slots_[i].number != kNone) i = (i + 1) & (slots_.size() - 1);
    slots_[i] = {hash, static_cast<uint32_t>(number)};
  }

  std::vector<std::string> texts_;
  std::vector<Slot> slots_;  // open addressing: a power of two, at most half full
  size_t longest_ = 0;       // no longer text, an attacker's path for one, is hashed
};

// What may follow one prefix of segments. The path "/" is one empty segment, "/a/" is "a" and an
// empty one.
struct Router::Node {
  // Where a pattern ends.
  struct Route {
    uint32_t number = 0;
    std::string pattern;
    std::vector<std::string> names;  // of its parameters, in order
  };

  const Node* find_literal(std::string_view segment) const {
    const uint32_t number = segments.find(segment);
    return number == Texts::kNone ? nullptr : nodes[number].get();
  }
  Node& literal(std::string_view segment) {
    if (const Node* const found = find_literal(segment)) return const_cast<Node&>(*found);
    segments.add(segment);
    return *nodes.emplace_back(std::make_unique<Node>());
  }

  std::optional<Route> route;     // a pattern that ends here
  std::optional<Route> wildcard;  // a pattern that ends here with '*'
  std::unique_ptr<Node> parameter;
  Texts segments;                            // the literal ones
  std::vector<std::unique_ptr<Node>> nodes;  // behind each of them
};

// The patterns without parameters: each matches one path, and wins over any other pattern there.
struct Router::Literals {
  Texts paths;
  std::vector<uint32_t> routes;
};

namespace {

absl::Status malformed(std::string_view pattern, std::string_view why) {
  return make_status(absl::StatusCode::kInvalidArgument,
                     std::string("route \"").append(pattern).append("\": ").append(why));
}

bool is_name(std::string_view text) {
  const auto is_word = [](char c) {
    return is_byte(c, kTokenByte) && (c == '_' || isalnum(c) != 0);
  };
  return !text.empty() && (text[0] < '0' || text[0] > '9') &&
         std::all_of(text.begin(), text.end(), is_word);
}

// Cuts the next segment off the front of `rest`, which begins with '/'. Answers false for the last
// one.
bool cut_segment(std::string_view& rest, std::string_view& segment) {
  rest.remove_prefix(1);
  const size_t slash = rest.find('/');
  segment = rest.substr(0, slash);
  rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash);
  return slash != std::string_view::npos;
}

// A pattern's segments, if they can be reached by a path.
absl::Status check_pattern(std::string_view pattern) {
  if (pattern.empty() || pattern[0] != '/') return malformed(pattern, "it must begin with '/'");
  std::vector<std::string_view> names;
  std::string_view rest = pattern;
  std::string_view segment;
  bool more = true;
  while (more) {
    more = cut_segment(rest, segment);
    if (segment.empty() && more) return malformed(pattern, "an empty segment");
    if (!segment.empty() && (segment[0] == ':' || segment[0] == '*')) {
      const std::string_view name = segment.substr(1);
      if (segment[0] == '*' && more) return malformed(pattern, "a wildcard must come last");
      if (!is_name(name)) return malformed(pattern, "a parameter's name must be an identifier");
      if (std::find(names.begin(), names.end(), name) != names.end()) {
        return malformed(pattern, "two parameters of one name");
      }
      names.push_back(name);
    } else if (!std::all_of(segment.begin(), segment.end(), [](char c) {
                 return is_byte(c, kTargetByte) && c != '?' && c != '*';
               })) {
      return malformed(pattern, "a byte that no path holds; percent-encode it");
    }
  }
  if (names.size() > RouteMatch::kMaxParameters) return malformed(pattern, "too many parameters");
  return absl::OkStatus();
}

}  // namespace

Router::Router() : literals_(std::make_unique<Literals>()), root_(std::make_unique<Node>()) {}
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;
Router::~Router() = default;

absl::Status Router::add(std::string_view pattern, uint32_t route) {
  if (absl::Status status = check_pattern(pattern); !status.ok()) return status;
  Node::Route added{route, std::string(pattern), {}};
  Node* node = root_.get();
  std::optional<Node::Route>* end = nullptr;
  std::string_view rest = pattern;
  std::string_view segment;
  for (bool more = true; more;) {
    more = cut_segment(rest, segment);
    const char kind = segment.empty() ? '\0' : segment[0];
    if (kind == ':' || kind == '*') added.names.emplace_back(segment.substr(1));
    if (kind == '*') {
      end = &node->wildcard;
      break;
    }
    if (kind == ':' && node->parameter == nullptr) node->parameter = std::make_unique<Node>();
    node = kind == ':' ? node->parameter.get() : &node->literal(segment);
    end = &node->route;
  }
  if (end->has_value()) {
    return make_status(absl::StatusCode::kAlreadyExists,
                       std::string("route \"")
                           .append(pattern)
                           .append("\" matches the same paths as \"")
                           .append((*end)->pattern)
                           .append("\""));
  }
  if (added.names.empty()) {
    literals_->paths.add(pattern);
    literals_->routes.push_back(route);
  }
  *end = std::move(added);
  return absl::OkStatus();
}

// Depth first, the most particular branch first. A node stands at one depth, so each is visited at
// most once. `rest` begins with '/'.
struct RouterSearch {
  template <typename Node>
  [[gnu::noinline]] static bool descend(const Node& node, std::string_view rest, uint32_t found,
                                        RouteMatch& match) {
    const size_t slash = rest.find('/', 1);
    const std::string_view segment(rest.data() + 1,
                                   (slash == std::string_view::npos ? rest.size() : slash) - 1);
    const std::string_view behind = rest.substr(segment.size() + 1);
    const Node* const literal = node.find_literal(segment);
    if (literal != nullptr && enter(*literal, behind, found, match)) return true;
    if (node.parameter != nullptr && !segment.empty()) {
      match.parameters[found].value = segment;
      if (enter(*node.parameter, behind, found + 1, match)) return true;
    }
    if (!node.wildcard) return false;
    match.parameters[found].value = rest.substr(1);
    return accept(*node.wildcard, match);
  }

  template <typename Node>
  static bool enter(const Node& node, std::string_view behind, uint32_t found, RouteMatch& match) {
    if (!behind.empty()) return descend(node, behind, found, match);
    return node.route && accept(*node.route, match);
  }

  template <typename Route>
  static bool accept(const Route& route, RouteMatch& match) {
    match.route = route.number;
    match.parameter_count = static_cast<uint32_t>(route.names.size());
    for (size_t i = 0; i < route.names.size(); ++i) match.parameters[i].name = route.names[i];
    return true;
  }
};

bool Router::find(std::string_view path, RouteMatch& match) const {
  if (const uint32_t literal = literals_->paths.find(path); literal != Texts::kNone) {
    match.route = literals_->routes[literal];
    match.parameter_count = 0;
    return true;
  }
  if (path.empty() || path[0] != '/') return false;
  return RouterSearch::descend(*root_, path, 0, match);
}

}  // namespace turbo::http
