#include "framework/http/router.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "framework/base/status.h"
#include "framework/http/scan.h"

namespace turbo::http {

// What may follow one prefix of segments. The path "/" is one empty segment, "/a/" is "a" and an
// empty one.
struct Router::Node {
  // Where a pattern ends.
  struct Route {
    uint32_t number = 0;
    std::string pattern;
    std::vector<std::string> names;  // of its parameters, in order
  };
  struct Literal {
    std::string segment;
    std::unique_ptr<Node> node;
  };

  const Node* find_literal(std::string_view segment, uint32_t hash) const;
  Node& literal(std::string_view segment);
  void rehash();

  std::optional<Route> route;     // a pattern that ends here
  std::optional<Route> wildcard;  // a pattern that ends here with '*'
  std::unique_ptr<Node> parameter;
  std::vector<Literal> literals;
  // Open addressing over `literals`: index + 1, 0 for free. A power of two, at most half full.
  std::vector<std::pair<uint32_t, uint32_t>> slots;
};

namespace {

// Eight bytes a step; only the program's own patterns are in the tables, so nobody can make them
// collide.
uint32_t hash_of(std::string_view segment) {
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

const Router::Node* Router::Node::find_literal(std::string_view segment, uint32_t hash) const {
  if (slots.empty()) return nullptr;
  const size_t mask = slots.size() - 1;
  for (size_t i = hash & mask; slots[i].second != 0; i = (i + 1) & mask) {
    if (slots[i].first != hash) continue;
    const Literal& found = literals[slots[i].second - 1];
    if (found.segment == segment) return found.node.get();
  }
  return nullptr;
}

Router::Node& Router::Node::literal(std::string_view segment) {
  const Node* const found = find_literal(segment, hash_of(segment));
  if (found != nullptr) return const_cast<Node&>(*found);
  literals.push_back({std::string(segment), std::make_unique<Node>()});
  rehash();
  return *literals.back().node;
}

void Router::Node::rehash() {
  const auto insert = [this](size_t index) {
    const uint32_t hash = hash_of(literals[index].segment);
    size_t i = hash & (slots.size() - 1);
    while (slots[i].second != 0) i = (i + 1) & (slots.size() - 1);
    slots[i] = {hash, static_cast<uint32_t>(index + 1)};
  };
  if (2 * literals.size() <= slots.size()) return insert(literals.size() - 1);
  slots.assign(std::max<size_t>(4, 2 * slots.size()), {0, 0});
  for (size_t i = 0; i < literals.size(); ++i) insert(i);
}

Router::Router() : root_(std::make_unique<Node>()) {}
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
  *end = std::move(added);
  return absl::OkStatus();
}

// Depth first, the most particular branch first. A node stands at one depth, so each is visited at
// most once. `rest` begins with '/'.
struct RouterSearch {
  template <typename Node>
  static bool descend(const Node& node, std::string_view rest, uint32_t found, RouteMatch& match) {
    const size_t slash = rest.find('/', 1);
    const std::string_view segment(rest.data() + 1,
                                   (slash == std::string_view::npos ? rest.size() : slash) - 1);
    const std::string_view behind = rest.substr(segment.size() + 1);
    const Node* const literal = node.find_literal(segment, hash_of(segment));
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
  if (path.empty() || path[0] != '/') return false;
  return RouterSearch::descend(*root_, path, 0, match);
}

}  // namespace turbo::http
