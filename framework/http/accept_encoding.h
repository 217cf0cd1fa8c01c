// AcceptEncoding: which content codings a client takes, and how gladly (RFC 9110 12.5.3).
//
//   AcceptEncoding accepted;
//   for (const Field& field : head.fields) { if (...) accepted.add(field.value); }
//   static constexpr std::string_view kOffered[] = {"br", "gzip"};
//   const std::optional<size_t> choice = accepted.choose(kOffered);   // an index
//
// Owner:   views into the field's value.
// Threads: any.
// Errors:  an element with a malformed weight is skipped, so its coding is not taken.
// Limits:  kMaxElements; later ones are not looked at. Browsers send four.
// Cost:    one pass, no allocation; a comparison of names for each coding asked for.
#ifndef TURBO_HTTP_ACCEPT_ENCODING_H_
#define TURBO_HTTP_ACCEPT_ENCODING_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace turbo::http {

class AcceptEncoding {
 public:
  static constexpr size_t kMaxElements = 16;
  // Weights count thousandths.
  static constexpr int kFullWeight = 1000;

  // The value of one field; several of them make one list.
  void add(std::string_view field_value);

  // From 0, not taken, to kFullWeight. "x-gzip" stands for "gzip" (RFC 9110 8.4.1.3). Of a coding
  // that is listed twice the first place counts. Without a field a client may be sent any coding,
  // but one that says nothing seldom knows any, so here it takes none.
  int weight(std::string_view coding) const;

  // True unless the client insists on a coding. A server that has none to its liking may answer 406
  // or send the plain bytes all the same.
  bool takes_identity() const;

  // The index of the coding the client likes best; between equals the first, so `offered` is in the
  // server's order. nullopt: none is taken, or the client would rather have the plain bytes.
  std::optional<size_t> choose(std::span<const std::string_view> offered) const;

 private:
  struct Element {
    std::string_view coding;
    int weight;
  };

  void add_element(std::string_view element);
  const Element* find(std::string_view coding) const;

  std::array<Element, kMaxElements> elements_;
  size_t count_ = 0;
};

}  // namespace turbo::http

#endif  // TURBO_HTTP_ACCEPT_ENCODING_H_
