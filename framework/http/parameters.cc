#include "framework/http/parameters.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace turbo::http {

std::string_view Parameters::name_at(size_t place) const {
  const Entry& entry = entries_[place];
  return std::string_view(bytes_).substr(entry.begin, entry.name_size);
}

std::string_view Parameters::value_at(size_t place) const {
  const Entry& entry = entries_[place];
  return std::string_view(bytes_).substr(entry.begin + entry.name_size, entry.value_size);
}

Parameter Parameters::operator[](size_t place) const { return {name_at(place), value_at(place)}; }

Parameters::Range Parameters::find(std::string_view name) const {
  const auto begin = std::lower_bound(
      order_.begin(), order_.end(), name,
      [this](uint32_t place, std::string_view wanted) { return name_at(place) < wanted; });
  const auto end = std::upper_bound(
      begin, order_.end(), name,
      [this](std::string_view wanted, uint32_t place) { return wanted < name_at(place); });
  return {begin, end};
}

std::optional<std::string_view> Parameters::first(std::string_view name) const {
  const Range range = find(name);
  if (range.begin == range.end) return std::nullopt;
  return value_at(*range.begin);
}

std::optional<std::string_view> Parameters::last(std::string_view name) const {
  const Range range = find(name);
  if (range.begin == range.end) return std::nullopt;
  return value_at(*std::prev(range.end));
}

std::vector<std::string_view> Parameters::all(std::string_view name) const {
  const Range range = find(name);
  std::vector<std::string_view> values;
  values.reserve(static_cast<size_t>(range.end - range.begin));
  for (auto place = range.begin; place != range.end; ++place) values.push_back(value_at(*place));
  return values;
}

void Parameters::sort() {
  order_.resize(entries_.size());
  std::iota(order_.begin(), order_.end(), 0u);
  std::sort(order_.begin(), order_.end(), [this](uint32_t a, uint32_t b) {
    const int names = name_at(a).compare(name_at(b));
    return names != 0 ? names < 0 : a < b;
  });
}

void Parameters::Builder::add(std::string_view name, std::string_view value) {
  begin();
  append_to_name(name);
  append_to_value(value);
}

void Parameters::Builder::append_to_name(std::string_view bytes) {
  parameters_.bytes_.append(bytes);
  parameters_.entries_.back().name_size += bytes.size();
}

void Parameters::Builder::append_to_value(std::string_view bytes) {
  parameters_.bytes_.append(bytes);
  parameters_.entries_.back().value_size += bytes.size();
}

Parameters Parameters::Builder::build() {
  parameters_.sort();
  return std::exchange(parameters_, Parameters());
}

}  // namespace turbo::http
