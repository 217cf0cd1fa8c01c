#include "framework/http/request_line.h"

#include <algorithm>
#include <cstring>

#include "framework/http/scan.h"

namespace turbo::http {
namespace {

LineResult fail(ParseError& error, int status, std::string_view reason) {
  error = {status, reason};
  return LineResult::kError;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "HTTP/1.1" CRLF as far as it has come.
LineResult parse_version(std::string_view text, uint8_t& minor, ParseError& error) {
  constexpr std::string_view kShape = "HTTP/d.d\r\n";
  if (text.size() >= kShape.size() &&
      std::memcmp(text.data(), "HTTP/1.1\r\n", kShape.size()) == 0) {
    minor = 1;
    return LineResult::kLine;
  }
  for (size_t i = 0; i < std::min(text.size(), kShape.size()); ++i) {
    if (kShape[i] == 'd' ? !is_digit(text[i]) : text[i] != kShape[i]) {
      return fail(error, 400, "a malformed HTTP version");
    }
  }
  if (text.size() < kShape.size()) return LineResult::kMore;
  if (text[5] != '1') return fail(error, 505, "an HTTP version other than 1");
  // A higher minor version is to be read as the highest one known (RFC 9110 2.5).
  minor = text[7] == '0' ? 0 : 1;
  return LineResult::kLine;
}

uint32_t offset(const char* begin, const char* p) { return static_cast<uint32_t>(p - begin); }

// Splits "scheme://authority[/path][?query]".
bool split_absolute(std::string_view line, const char* question, RequestLine& out) {
  const std::string_view target = out.target.in(line);
  const size_t colon = target.find("://");
  if (colon == std::string_view::npos) return false;
  const std::string_view scheme = target.substr(0, colon);
  if (!equals_ignore_case(scheme, "http") && !equals_ignore_case(scheme, "https")) return false;
  const char* const begin = line.data();
  const char* const authority = target.data() + colon + 3;
  const char* const end = target.data() + target.size();
  const char* const path_end = question == nullptr ? end : question;
  if (authority > path_end) return false;
  const char* const path = std::find(authority, path_end, '/');
  out.form = RequestLine::Form::kAbsolute;
  out.authority = {offset(begin, authority), offset(authority, path)};
  out.path = {offset(begin, path), offset(path, path_end)};
  return is_authority(out.authority.in(line), Port::kOptional);
}

// Which of the forms of RFC 9112 3.2 the target has, and its parts. Authority form is CONNECT's
// alone.
bool split_target(std::string_view line, const char* question, RequestLine& out) {
  const char* const begin = line.data();
  const char* const target = begin + out.target.begin;
  const char* const end = target + out.target.size;
  if (question != nullptr) out.query = {offset(begin, question + 1), offset(question + 1, end)};
  if (*target == '/') {
    out.form = RequestLine::Form::kOrigin;
    out.path = {out.target.begin, offset(target, question == nullptr ? end : question)};
    return true;
  }
  if (*target == '*' && out.target.size == 1) {
    out.form = RequestLine::Form::kAsterisk;
    out.path = out.target;
    return out.method == Method::kOptions;
  }
  return split_absolute(line, question, out);
}

bool is_port(std::string_view text, Port port) {
  if (text.empty()) return port == Port::kOptional;
  if (text.size() > 5) return false;
  unsigned value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value <= 65535;
}

bool is_ipv6_literal(std::string_view text) {
  return text.size() >= 2 && text.find(':') != std::string_view::npos &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_byte(c, kHexByte) || c == ':' || c == '.'; });
}

bool percents_are_pairs(std::string_view text) {
  for (size_t i = text.find('%'); i != std::string_view::npos; i = text.find('%', i + 1)) {
    if (text.size() - i < 3 || !is_byte(text[i + 1], kHexByte) || !is_byte(text[i + 2], kHexByte)) {
      return false;
    }
  }
  return true;
}

#ifdef __SSE2__

// One bit for each byte of a host and port that is something.
struct HostBits {
  uint64_t good = 0;  // letters, digits, '-', '.' and ':'
  uint64_t digits = 0;
  uint64_t colons = 0;

  void add(__m128i bytes, size_t at) {
    const __m128i letters = in_range(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a', 'z');
    const __m128i number = in_range(bytes, '0', '9');
    const __m128i colon = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(':'));
    const __m128i others = _mm_or_si128(colon, in_range(bytes, '-', '.'));
    good |= uint64_t{mask_of(_mm_or_si128(_mm_or_si128(letters, number), others))} << at;
    digits |= uint64_t{mask_of(number)} << at;
    colons |= uint64_t{mask_of(colon)} << at;
  }
};

// Names and IPv4 addresses of 16 to 64 bytes, port included: the last step looks at some bytes a
// second time.
HostBits host_bits(std::string_view text) {
  HostBits bits;
  for (size_t i = 0; i + 16 <= text.size(); i += 16) bits.add(load_16(text.data() + i), i);
  bits.add(load_16(text.data() + text.size() - 16), text.size() - 16);
  return bits;
}

// The same for 8 to 15 bytes.
HostBits short_host_bits(std::string_view text) {
  const size_t tail = text.size() - 8;
  HostBits halves;
  halves.add(load_ends(text), 0);
  const auto join = [tail](uint64_t bits) { return (bits & 0xff) | bits >> 8 << tail; };
  return {join(halves.good), join(halves.digits), join(halves.colons)};
}

// True for the plain hosts that nearly all requests name; false if the grammar must decide.
bool is_plain_authority(std::string_view text) {
  if (text.size() < 8 || text.size() > 64) return false;
  const HostBits bits = text.size() < 16 ? short_host_bits(text) : host_bits(text);
  const uint64_t all = ~uint64_t{0} >> (64 - text.size());
  if (bits.good != all) return false;
  if (bits.colons == 0) return true;
  // One colon, not the first byte, with one to four digits behind it: those are below 65536.
  const uint64_t digits_behind = all & ~(bits.colons | (bits.colons - 1));
  const bool one_colon = (bits.colons & (bits.colons - 1)) == 0 && bits.colons != 1;
  return one_colon && (digits_behind & ~bits.digits) == 0 && digits_behind >> 4 < bits.colons << 1;
}

#else

bool is_plain_authority(std::string_view) { return false; }

#endif

[[gnu::noinline]] bool is_any_authority(std::string_view text, Port port) {
  size_t host_end = 0;
  if (!text.empty() && text[0] == '[') {
    const size_t bracket = text.find(']');
    if (bracket == std::string_view::npos || !is_ipv6_literal(text.substr(1, bracket - 1)))
      return false;
    host_end = bracket + 1;
  } else {
    const char* const end = scan_table(text.data(), text.data() + text.size(), kHostByte);
    host_end = static_cast<size_t>(end - text.data());
    if (host_end == 0 || !percents_are_pairs(text.substr(0, host_end))) return false;
  }
  if (host_end == text.size()) return port == Port::kOptional;
  return text[host_end] == ':' && is_port(text.substr(host_end + 1), port);
}

}  // namespace

bool is_authority(std::string_view text, Port port) {
  return (port == Port::kOptional && is_plain_authority(text)) || is_any_authority(text, port);
}

size_t read_usual_request_line(std::string_view bytes, size_t max_target_bytes, RequestHead& head) {
  constexpr std::string_view kVersion = " HTTP/1.1\r\n";
  if (bytes.size() < 16) return 0;
  const char* const begin = bytes.data();
  const char* const end = begin + bytes.size();
  const auto view = [](const char* from, const char* to) {
    return std::string_view(from, static_cast<size_t>(to - from));
  };
  head.method = Method::kGet;
  const char* method_end = begin + 3;
  if (std::memcmp(begin, "GET ", 4) != 0) {
    method_end = scan_table(begin, begin + 8, kTokenByte);
    head.method = parse_method(view(begin, method_end));
    if (*method_end != ' ' || head.method == Method::kUnknown) return 0;
    if (head.method == Method::kConnect || head.method == Method::kTrace) return 0;
  }
  const char* const target = method_end + 1;
  if (*target != '/') return 0;
  const TargetScan scan = scan_target(target, end);
  if (static_cast<size_t>(scan.end - target) > max_target_bytes) return 0;
  if (static_cast<size_t>(end - scan.end) < kVersion.size()) return 0;
  if (std::memcmp(scan.end, kVersion.data(), kVersion.size()) != 0) return 0;

  head.minor_version = 1;
  head.method_token = view(begin, method_end);
  head.target = head.path = view(target, scan.end);
  head.query = {};
  if (scan.question != nullptr) {
    head.path = view(target, scan.question);
    head.query = view(scan.question + 1, scan.end);
  }
  return static_cast<size_t>(scan.end - begin) + kVersion.size();
}

LineResult parse_request_line(std::string_view bytes, size_t max_target_bytes, RequestLine& line,
                              ParseError& error) {
  const char* const begin = bytes.data();
  const char* const end = begin + bytes.size();
  const char* p = begin;
  if (bytes.size() >= 4 && std::memcmp(begin, "GET ", 4) == 0) {
    line.method = Method::kGet;
    p += 3;
  } else {
    const char* const method_limit = bytes.size() > RequestLine::kMaxMethodBytes
                                         ? begin + RequestLine::kMaxMethodBytes + 1
                                         : end;
    p = scan_table(begin, method_limit, kTokenByte);
    if (offset(begin, p) > RequestLine::kMaxMethodBytes) {
      return fail(error, 501, "a method longer than any that is known");
    }
    if (p == end) return LineResult::kMore;
    if (*p != ' ' || p == begin) return fail(error, 400, "a malformed request line");
    line.method = parse_method({begin, static_cast<size_t>(p - begin)});
  }
  line.method_token = {0, offset(begin, p)};

  const char* const target = ++p;
  const TargetScan scan = scan_target(target, end);
  p = scan.end;
  if (offset(target, p) > max_target_bytes)
    return fail(error, 414, "the request target is too long");
  if (p == end) return LineResult::kMore;
  if (*p != ' ' || p == target) return fail(error, 400, "a malformed request target");
  line.target = {offset(begin, target), offset(target, p)};

  const LineResult version =
      parse_version({p + 1, static_cast<size_t>(end - p - 1)}, line.minor_version, error);
  if (version != LineResult::kLine) return version;
  line.bytes = offset(begin, p) + 11;
  if (line.method == Method::kConnect && is_authority(line.target.in(bytes), Port::kRequired))
    return fail(error, 501, "CONNECT asks for a tunnel");
  if (line.method == Method::kConnect || !split_target(bytes, scan.question, line))
    return fail(error, 400, "a malformed request target");
  return LineResult::kLine;
}

}  // namespace turbo::http
