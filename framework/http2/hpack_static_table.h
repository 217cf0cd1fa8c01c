// The static table of HPACK (RFC 7541 appendix A). Private to the room.
//
// Owner:   none.
// Threads: any.
// Errors:  none.
// Limits:  none.
// Cost:    finding a name is a multiplication and a comparison.
#ifndef TURBO_HTTP2_HPACK_STATIC_TABLE_H_
#define TURBO_HTTP2_HPACK_STATIC_TABLE_H_

#include <array>
#include <cstdint>
#include <string_view>

#include "framework/http/request_head.h"

namespace turbo::http2 {

// Indexes begin with 1; those of dynamic entries follow behind these.
inline constexpr uint32_t kHPACKStaticEntries = 61;

inline constexpr std::array<http::Field, kHPACKStaticEntries + 1> kHPACKStaticTable = {{
    {"", ""},
    {":authority", ""},
    {":method", "GET"},
    {":method", "POST"},
    {":path", "/"},
    {":path", "/index.html"},
    {":scheme", "http"},
    {":scheme", "https"},
    {":status", "200"},
    {":status", "204"},
    {":status", "206"},
    {":status", "304"},
    {":status", "400"},
    {":status", "404"},
    {":status", "500"},
    {"accept-charset", ""},
    {"accept-encoding", "gzip, deflate"},
    {"accept-language", ""},
    {"accept-ranges", ""},
    {"accept", ""},
    {"access-control-allow-origin", ""},
    {"age", ""},
    {"allow", ""},
    {"authorization", ""},
    {"cache-control", ""},
    {"content-disposition", ""},
    {"content-encoding", ""},
    {"content-language", ""},
    {"content-length", ""},
    {"content-location", ""},
    {"content-range", ""},
    {"content-type", ""},
    {"cookie", ""},
    {"date", ""},
    {"etag", ""},
    {"expect", ""},
    {"expires", ""},
    {"from", ""},
    {"host", ""},
    {"if-match", ""},
    {"if-modified-since", ""},
    {"if-none-match", ""},
    {"if-range", ""},
    {"if-unmodified-since", ""},
    {"last-modified", ""},
    {"link", ""},
    {"location", ""},
    {"max-forwards", ""},
    {"proxy-authenticate", ""},
    {"proxy-authorization", ""},
    {"range", ""},
    {"referer", ""},
    {"refresh", ""},
    {"retry-after", ""},
    {"server", ""},
    {"set-cookie", ""},
    {"strict-transport-security", ""},
    {"transfer-encoding", ""},
    {"user-agent", ""},
    {"vary", ""},
    {"via", ""},
    {"www-authenticate", ""},
}};

// The lowest index of that name, which is in lower case; 0: none.
uint32_t find_static_name(std::string_view name);

}  // namespace turbo::http2

#endif  // TURBO_HTTP2_HPACK_STATIC_TABLE_H_
