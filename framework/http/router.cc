#include "framework/http/router.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "framework/base/status.h"
#include "framework/base/views.h"
#include "framework/http/percent.h"
#include "framework/http/route_expression.h"
#include "framework/http/text_table.h"

namespace turbo::http {

namespace {

using Kind = RoutePattern::Kind;
using Segment = RoutePattern::Segment;

// Where a pattern ends.
struct Route {
  uint32_t number = 0;
  std::string pattern;
  std::vector<std::string> names;  // of its parameters, in order
};

// What stands behind each of the expressions at one place, in the order they were added.
template <typename Target>
struct Constrained {
  const RouteExpression* expression;
  Target target;
};

template <typename Target>
Target* find_or_add(std::vector<Constrained<Target>>& list, const RouteExpression* expression) {
  for (Constrained<Target>& each : list) {
    if (each.expression == expression) return &each.target;
  }
  if (list.size() == Router::kMaxExpressions) return nullptr;
  return &list.emplace_back(Constrained<Target>{expression, Target()}).target;
}

}  // namespace

// What may follow one prefix of segments. The path "/" is one empty segment, "/a/" is "a" and an
// empty one.
struct Router::Node {
  using Ends = std::optional<Route>;

  const Node* find_literal(std::string_view segment) const {
    const uint32_t number = segments.find(segment);
    return number == TextTable::kNone ? nullptr : nodes[number].get();
  }
  Node& literal(std::string_view segment) {
    if (const Node* const found = find_literal(segment)) return const_cast<Node&>(*found);
    segments.add(segment);
    return *nodes.emplace_back(std::make_unique<Node>());
  }
  // Where a parameter or a wildcard leads; null past the limit of expressions.
  Node* behind_parameter(const RouteExpression* expression) {
    std::unique_ptr<Node>* const node =
        expression == nullptr ? &parameter : find_or_add(constrained, expression);
    if (node != nullptr && *node == nullptr) *node = std::make_unique<Node>();
    return node == nullptr ? nullptr : node->get();
  }
  Ends* behind_wildcard(const RouteExpression* expression) {
    return expression == nullptr ? &wildcard : find_or_add(constrained_wildcards, expression);
  }

  Ends route;     // a pattern that ends here
  Ends wildcard;  // a pattern that ends here with '*'
  std::unique_ptr<Node> parameter;
  TextTable segments;                        // the literal ones
  std::vector<std::unique_ptr<Node>> nodes;  // behind each of them
  std::vector<Constrained<std::unique_ptr<Node>>> constrained;
  std::vector<Constrained<Ends>> constrained_wildcards;
};

// The patterns without parameters: each matches one path, and wins over any other pattern there.
struct Router::Literals {
  TextTable paths;
  std::vector<uint32_t> routes;
};

// What find() does not need.
struct Router::Building {
  struct Named {
    std::string text;
    RoutePattern pattern;  // views into `text`
    std::vector<const RouteExpression*> expressions;
  };

  // The expression of each segment, null without one.
  absl::StatusOr<std::vector<const RouteExpression*>> compile(std::string_view pattern,
                                                              const RoutePattern& parsed);

  // By its text: each is compiled once.
  std::map<std::string, std::unique_ptr<RouteExpression>, std::less<>> expressions;
  std::map<std::string, std::unique_ptr<Named>, std::less<>> names;
};

absl::StatusOr<std::vector<const RouteExpression*>> Router::Building::compile(
    std::string_view pattern, const RoutePattern& parsed) {
  std::vector<const RouteExpression*> compiled;
  for (const Segment& segment : parsed.segments) {
    compiled.push_back(nullptr);
    if (segment.expression.empty()) continue;
    auto found = expressions.find(segment.expression);
    if (found == expressions.end()) {
      absl::StatusOr<std::unique_ptr<RouteExpression>> made =
          RouteExpression::compile(segment.expression);
      if (!made.ok()) return RoutePattern::malformed(pattern, to_std(made.status().message()));
      found = expressions.emplace(segment.expression, *std::move(made)).first;
    }
    compiled.back() = found->second.get();
  }
  return compiled;
}

namespace {

absl::Status conflict(std::string_view pattern, std::string_view other) {
  return make_status(absl::StatusCode::kAlreadyExists,
                     std::string("route \"")
                         .append(pattern)
                         .append("\" matches the same paths as \"")
                         .append(other)
                         .append("\""));
}

Route make_route(std::string_view pattern, const RoutePattern& parsed, uint32_t number) {
  Route route{number, std::string(pattern), {}};
  for (const Segment& segment : parsed.segments) {
    if (segment.kind != Kind::kLiteral) route.names.emplace_back(segment.text);
  }
  return route;
}

}  // namespace

Router::Router()
    : literals_(std::make_unique<Literals>()),
      root_(std::make_unique<Node>()),
      building_(std::make_unique<Building>()) {}
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;
Router::~Router() = default;

absl::Status Router::add(std::string_view pattern, uint32_t number) {
  absl::StatusOr<RoutePattern> parsed = RoutePattern::parse(pattern);
  if (!parsed.ok()) return parsed.status();
  auto expressions = building_->compile(pattern, *parsed);
  if (!expressions.ok()) return expressions.status();
  Node* node = root_.get();
  std::optional<Route>* end = nullptr;
  for (size_t i = 0; i < parsed->segments.size(); ++i) {
    const Segment& segment = parsed->segments[i];
    if (segment.kind == Kind::kWildcard) {
      end = node->behind_wildcard((*expressions)[i]);
    } else {
      node = segment.kind == Kind::kLiteral ? &node->literal(segment.text)
                                            : node->behind_parameter((*expressions)[i]);
      end = node == nullptr ? nullptr : &node->route;
    }
    if (end == nullptr) return RoutePattern::malformed(pattern, "too many expressions beside it");
  }
  if (end->has_value()) return conflict(pattern, (*end)->pattern);
  *end = make_route(pattern, *parsed, number);
  if ((*end)->names.empty()) {
    literals_->paths.add(pattern);
    literals_->routes.push_back(number);
  }
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
    if (!segment.empty()) {
      if (!node.constrained.empty() && try_each(node, segment, behind, found, match)) return true;
      if (node.parameter != nullptr) {
        match.parameters[found].value = segment;
        if (enter(*node.parameter, behind, found + 1, match)) return true;
      }
    }
    const Route* const end = wildcard_for(node, rest.substr(1));
    if (end == nullptr) return false;
    match.parameters[found].value = rest.substr(1);
    return accept(*end, match);
  }

  template <typename Node>
  static bool try_each(const Node& node, std::string_view segment, std::string_view behind,
                       uint32_t found, RouteMatch& match) {
    for (const auto& each : node.constrained) {
      if (!each.expression->matches_encoded(segment)) continue;
      match.parameters[found].value = segment;
      if (enter(*each.target, behind, found + 1, match)) return true;
    }
    return false;
  }

  template <typename Node>
  static bool enter(const Node& node, std::string_view behind, uint32_t found, RouteMatch& match) {
    if (!behind.empty()) return descend(node, behind, found, match);
    return node.route && accept(*node.route, match);
  }

  template <typename Node>
  static const Route* wildcard_for(const Node& node, std::string_view value) {
    for (const auto& each : node.constrained_wildcards) {
      if (each.expression->matches_encoded(value)) return &*each.target;
    }
    return node.wildcard ? &*node.wildcard : nullptr;
  }

  static bool accept(const Route& route, RouteMatch& match) {
    match.route = route.number;
    match.parameter_count = static_cast<uint32_t>(route.names.size());
    for (size_t i = 0; i < route.names.size(); ++i) match.parameters[i].name = route.names[i];
    return true;
  }
};

bool Router::find(std::string_view path, RouteMatch& match) const {
  if (const uint32_t literal = literals_->paths.find(path); literal != TextTable::kNone) {
    match.route = literals_->routes[literal];
    match.parameter_count = 0;
    return true;
  }
  if (path.empty() || path[0] != '/') return false;
  return RouterSearch::descend(*root_, path, 0, match);
}

absl::Status Router::set_name(std::string_view name, std::string_view pattern) {
  if (name.empty()) return RoutePattern::malformed(pattern, "an empty name");
  if (const auto found = building_->names.find(name); found != building_->names.end()) {
    if (found->second->text == pattern) return absl::OkStatus();
    return make_status(absl::StatusCode::kAlreadyExists, std::string("routes \"")
                                                             .append(pattern)
                                                             .append("\" and \"")
                                                             .append(found->second->text)
                                                             .append("\" of one name, ")
                                                             .append(name));
  }
  auto named = std::make_unique<Building::Named>();
  named->text = pattern;
  absl::StatusOr<RoutePattern> parsed = RoutePattern::parse(named->text);
  if (!parsed.ok()) return parsed.status();
  auto expressions = building_->compile(pattern, *parsed);
  if (!expressions.ok()) return expressions.status();
  named->pattern = *std::move(parsed);
  named->expressions = *std::move(expressions);
  building_->names.emplace(name, std::move(named));
  return absl::OkStatus();
}

namespace {

const PathArgument* find_argument(std::span<const PathArgument> arguments, std::string_view name) {
  const auto found = std::find_if(arguments.begin(), arguments.end(),
                                  [name](const PathArgument& each) { return each.name == name; });
  return found == arguments.end() ? nullptr : &*found;
}

// "." and "..", which clients and proxies take for steps, encoded or not (RFC 3986 6.2.2.3).
bool holds_dot_segment(std::string_view path) {
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view segment = path.substr(begin, end - begin);
    if (segment == "." || segment == "..") return true;
    begin = end + 1;
  }
  return false;
}

// What is wrong with the value, if anything.
std::string_view check_value(const Segment& segment, const RouteExpression* expression,
                             std::string_view value) {
  const bool wildcard = segment.kind == Kind::kWildcard;
  if (value.empty() && !wildcard) return "is empty";
  if (wildcard ? holds_dot_segment(value) : value == "." || value == "..") {
    return "would be taken for a step up or down";
  }
  if (expression != nullptr && !expression->matches(value)) return "does not match its expression";
  return {};
}

absl::Status unfit(std::string_view route, std::string_view argument, std::string_view why) {
  return make_status(absl::StatusCode::kInvalidArgument, std::string("no URL of \"")
                                                             .append(route)
                                                             .append("\": ")
                                                             .append(argument)
                                                             .append(" ")
                                                             .append(why));
}

absl::Status refuse_surplus(std::string_view route, const RoutePattern& pattern,
                            std::span<const PathArgument> arguments) {
  const auto is_known = [&pattern](const PathArgument& argument) {
    return std::any_of(pattern.segments.begin(), pattern.segments.end(), [&](const Segment& each) {
      return each.kind != Kind::kLiteral && each.text == argument.name;
    });
  };
  const auto unknown = std::find_if_not(arguments.begin(), arguments.end(), is_known);
  if (unknown != arguments.end()) return unfit(route, unknown->name, "is unknown");
  return unfit(route, "a parameter", "is given twice");
}

}  // namespace

absl::StatusOr<std::string> Router::url_for(std::string_view name,
                                            std::span<const PathArgument> arguments) const {
  const auto found = building_->names.find(name);
  if (found == building_->names.end()) {
    return make_status(absl::StatusCode::kNotFound,
                       std::string("no route of the name ").append(name));
  }
  const Building::Named& named = *found->second;
  std::string url;
  size_t used = 0;
  for (size_t i = 0; i < named.pattern.segments.size(); ++i) {
    const Segment& segment = named.pattern.segments[i];
    url += '/';
    if (segment.kind == Kind::kLiteral) {
      url += segment.text;
      continue;
    }
    const PathArgument* const argument = find_argument(arguments, segment.text);
    if (argument == nullptr) return unfit(name, segment.text, "is missing");
    const std::string_view wrong = check_value(segment, named.expressions[i], argument->value);
    if (!wrong.empty()) return unfit(name, segment.text, wrong);
    const bool wildcard = segment.kind == Kind::kWildcard;
    url += percent_encode(argument->value, wildcard ? URLPart::kPath : URLPart::kPathSegment);
    ++used;
  }
  if (used != arguments.size()) return refuse_surplus(name, named.pattern, arguments);
  if (url.compare(0, 2, "//") == 0) return unfit(name, "its path", "would begin with \"//\"");
  return url;
}

}  // namespace turbo::http
