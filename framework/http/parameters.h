// Parameters: names and values of a query string or a form, in the order they were sent.
//
//   if (auto page = parameters.first("page")) ...
//   for (std::string_view tag : parameters.all("tag")) ...
//   for (const Parameter& each : parameters) ...
//
// A name may come more than once. Peers disagree about which value counts then, so each look-up
// says it.
//
// Owner:   a value that owns the bytes; views of it are valid until it is moved, assigned or
//          destroyed.
// Threads: any for look-ups; it does not change.
// Errors:  nullopt for what is absent.
// Limits:  those of the parser that fills it.
// Cost:    three allocations in all. Look-ups are a binary search of a sorted index: no hash, so no
//          names collide (hash flooding, CVE-2011-4885).
#ifndef TURBO_HTTP_PARAMETERS_H_
#define TURBO_HTTP_PARAMETERS_H_

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace turbo::http {

struct Parameter {
  std::string_view name;
  std::string_view value;
};

class Parameters {
 public:
  class Builder;
  class Iterator;

  size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  Parameter operator[](size_t place) const;

  std::optional<std::string_view> first(std::string_view name) const;
  std::optional<std::string_view> last(std::string_view name) const;
  std::vector<std::string_view> all(std::string_view name) const;

  Iterator begin() const;
  Iterator end() const;

 private:
  struct Entry {
    size_t begin;  // of the name in bytes_; the value follows
    size_t name_size;
    size_t value_size;
  };
  // Places in entries_, sorted by name and then by place.
  using Order = std::vector<uint32_t>;
  struct Range {
    Order::const_iterator begin;
    Order::const_iterator end;
  };

  std::string_view name_at(size_t place) const;
  std::string_view value_at(size_t place) const;
  Range find(std::string_view name) const;
  void sort();

  std::string bytes_;
  std::vector<Entry> entries_;
  Order order_;
};

class Parameters::Iterator {
 public:
  using value_type = Parameter;
  using difference_type = std::ptrdiff_t;
  using iterator_category = std::input_iterator_tag;

  Iterator() = default;
  Iterator(const Parameters& parameters, size_t place) : parameters_(&parameters), place_(place) {}
  Parameter operator*() const { return (*parameters_)[place_]; }
  Iterator& operator++() {
    ++place_;
    return *this;
  }
  Iterator operator++(int) {
    Iterator before = *this;
    ++place_;
    return before;
  }
  bool operator==(const Iterator& other) const = default;

 private:
  const Parameters* parameters_ = nullptr;
  size_t place_ = 0;
};

inline Parameters::Iterator Parameters::begin() const { return {*this, 0}; }
inline Parameters::Iterator Parameters::end() const { return {*this, size()}; }

// Fills a Parameters, bytes of one after the other.
class Parameters::Builder {
 public:
  void add(std::string_view name, std::string_view value);

  // The same in pieces: begin(), the name's bytes, the value's, and so on.
  void begin() { parameters_.entries_.push_back({parameters_.bytes_.size(), 0, 0}); }
  void append_to_name(std::string_view bytes);
  void append_to_value(std::string_view bytes);
  size_t name_size() const { return parameters_.entries_.back().name_size; }
  size_t value_size() const { return parameters_.entries_.back().value_size; }
  // The value so far.
  std::string_view value() const { return parameters_.value_at(size() - 1); }

  size_t size() const { return parameters_.size(); }
  // Of all names and values.
  size_t bytes() const { return parameters_.bytes_.size(); }

  // What was added; the builder is empty again.
  Parameters build();

 private:
  Parameters parameters_;
};

}  // namespace turbo::http

#endif  // TURBO_HTTP_PARAMETERS_H_
