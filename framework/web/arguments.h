// Arguments: the named values of a query, a form or a path, as text and as numbers.
//
//   const web::Arguments& query = request.query();
//   int page = query.get<int>("page", 1);                  // absent: 1; "x": 400
//   std::string who = query.get<std::string>("name");      // absent: 400
//   for (std::string_view tag : query.all("tag")) ...
//
// A name may come more than once. get() and find() take the last, as later fields of a form stand
// for earlier ones; first(), last() and all() say what they take.
//
// Owner:   the request; views are valid as long as it is.
// Threads: its loop's.
// Errors:  HTTPError 400 that names the argument: absent without a fallback, malformed, out of
//          range, not UTF-8.
// Limits:  ApplicationOptions::max_arguments; numbers are decimal and finite.
// Cost:    a look-up is a binary search.
#ifndef TURBO_WEB_ARGUMENTS_H_
#define TURBO_WEB_ARGUMENTS_H_

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "framework/http/parameters.h"

namespace turbo::web {

class Arguments {
 public:
  // `kind` is what messages call one of them: "query argument"; it outlives them. Throws HTTPError
  // 400 if one is not UTF-8.
  Arguments(http::Parameters parameters, std::string_view kind);

  std::optional<std::string_view> first(std::string_view name) const { return all_.first(name); }
  std::optional<std::string_view> last(std::string_view name) const { return all_.last(name); }
  std::vector<std::string_view> all(std::string_view name) const { return all_.all(name); }
  bool has(std::string_view name) const { return all_.first(name).has_value(); }

  // Type: std::string, std::string_view, bool (1, true, on, yes, or their opposites), double,
  // float, or an integer.
  template <class Type>
  Type get(std::string_view name) const;
  template <class Type>
  Type get(std::string_view name, std::type_identity_t<Type> fallback) const;
  template <class Type>
  std::optional<Type> find(std::string_view name) const;

  size_t size() const { return all_.size(); }
  bool empty() const { return all_.empty(); }
  // In the order sent, as {name, value}.
  http::Parameters::Iterator begin() const { return all_.begin(); }
  http::Parameters::Iterator end() const { return all_.end(); }

 private:
  template <class Type>
  static bool read(std::string_view text, Type& value);
  static bool read_number(std::string_view text, int64_t& value);
  static bool read_number(std::string_view text, uint64_t& value);
  static bool read_number(std::string_view text, double& value);
  static bool read_bool(std::string_view text, bool& value);
  [[noreturn]] void refuse(std::string_view problem, std::string_view name) const;

  http::Parameters all_;
  std::string_view kind_;
};

template <class Type>
Type Arguments::get(std::string_view name) const {
  std::optional<Type> value = find<Type>(name);
  if (!value.has_value()) refuse("missing", name);
  return *std::move(value);
}

template <class Type>
Type Arguments::get(std::string_view name, std::type_identity_t<Type> fallback) const {
  return find<Type>(name).value_or(std::move(fallback));
}

template <class Type>
std::optional<Type> Arguments::find(std::string_view name) const {
  std::optional<std::string_view> text = last(name);
  if (!text.has_value()) return std::nullopt;
  if constexpr (std::is_constructible_v<Type, std::string_view>) {
    return Type(*text);
  } else {
    Type value{};
    if (!read(*text, value)) refuse("malformed", name);
    return value;
  }
}

template <class Type>
bool Arguments::read(std::string_view text, Type& value) {
  static_assert(std::is_arithmetic_v<Type>, "text, bool and numbers are what arguments can be");
  if constexpr (std::same_as<Type, bool>) {
    return read_bool(text, value);
  } else if constexpr (std::floating_point<Type>) {
    double wide = 0;
    if (!read_number(text, wide)) return false;
    value = static_cast<Type>(wide);
    return value - value == 0;  // false for what a float cannot hold
  } else {
    std::conditional_t<std::is_signed_v<Type>, int64_t, uint64_t> wide = 0;
    if (!read_number(text, wide) || !std::in_range<Type>(wide)) return false;
    value = static_cast<Type>(wide);
    return true;
  }
}

}  // namespace turbo::web

#endif  // TURBO_WEB_ARGUMENTS_H_
