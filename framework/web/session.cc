#include "framework/web/session.h"

#include <charconv>
#include <cstddef>

namespace turbo::web {
namespace {

// The format's version: servers of two releases may share a store.
constexpr char kVersion = '1';

void append_text(std::string& data, std::string_view text) {
  data.append(std::to_string(text.size())).append(":").append(text);
}

// Takes "3:bob" off the front of `data`.
std::optional<std::string_view> take_text(std::string_view& data) {
  size_t size = 0;
  const auto [end, error] = std::from_chars(data.data(), data.data() + data.size(), size);
  const size_t digits = static_cast<size_t>(end - data.data());
  if (error != std::errc() || digits == data.size() || *end != ':') return std::nullopt;
  if (data.front() == '0' && digits > 1) return std::nullopt;
  data.remove_prefix(digits + 1);
  if (size > data.size()) return std::nullopt;
  const std::string_view text = data.substr(0, size);
  data.remove_prefix(size);
  return text;
}

}  // namespace

std::optional<std::string_view> Session::get(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

void Session::set(std::string_view name, std::string_view value) {
  const auto found = values_.find(name);
  if (found == values_.end()) {
    values_.emplace(name, value);
  } else if (found->second != value) {
    found->second = value;
  } else {
    return;
  }
  changed_ = true;
}

void Session::erase(std::string_view name) {
  const auto found = values_.find(name);
  if (found == values_.end()) return;
  values_.erase(found);
  changed_ = true;
}

void Session::invalidate() {
  values_.clear();
  regenerate();
}

std::string encode_session(const Session::Values& values) {
  std::string data(1, kVersion);
  for (const auto& [name, value] : values) {
    append_text(data, name);
    append_text(data, value);
  }
  return data;
}

std::optional<Session::Values> decode_session(std::string_view data) {
  if (!data.starts_with(kVersion)) return std::nullopt;
  data.remove_prefix(1);
  Session::Values values;
  while (!data.empty()) {
    const auto name = take_text(data);
    const auto value = name ? take_text(data) : std::nullopt;
    if (!value) return std::nullopt;
    // In their order, each once.
    if (!values.empty() && values.rbegin()->first >= *name) return std::nullopt;
    values.emplace_hint(values.end(), *name, *value);
  }
  return values;
}

}  // namespace turbo::web
