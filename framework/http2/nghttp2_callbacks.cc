#include "framework/http2/nghttp2_callbacks.h"

#include "framework/base/check.h"
#include "framework/http2/nghttp2_session.h"

namespace turbo::http2 {
namespace {

NGHTTP2Session& session_of(void* user) { return *static_cast<NGHTTP2Session*>(user); }

std::string_view view_of(const uint8_t* bytes, size_t count) {
  return {reinterpret_cast<const char*>(bytes), count};
}

int begin_frame(nghttp2_session*, const nghttp2_frame_hd* frame, void* user) {
  session_of(user).on_begin_frame(*frame);
  return 0;
}

int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  session_of(user).on_begin_head(*frame);
  return 0;
}

int header(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_bytes,
           const uint8_t* value, size_t value_bytes, uint8_t, void* user) {
  return session_of(user).on_field(*frame, view_of(name, name_bytes), view_of(value, value_bytes))
             ? 0
             : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

// nghttp2 would leave such a field out; RFC 9113 8.2.1 says that the message is malformed.
int invalid_header(nghttp2_session*, const nghttp2_frame*, const uint8_t*, size_t, const uint8_t*,
                   size_t, uint8_t, void*) {
  return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

int frame_received(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  session_of(user).on_frame(*frame);
  return 0;
}

int invalid_frame_received(nghttp2_session*, const nghttp2_frame* frame, int error, void* user) {
  session_of(user).on_invalid_frame(*frame, error);
  return 0;
}

int data_received(nghttp2_session*, uint8_t, int32_t id, const uint8_t* bytes, size_t count,
                  void* user) {
  session_of(user).on_body(id, view_of(bytes, count));
  return 0;
}

int stream_closed(nghttp2_session*, int32_t id, uint32_t code, void* user) {
  session_of(user).on_stream_closed(id, static_cast<ErrorCode>(code));
  return 0;
}

int frame_sent(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  session_of(user).on_frame_sent(*frame);
  return 0;
}

int frame_not_sent(nghttp2_session*, const nghttp2_frame* frame, int error, void* user) {
  session_of(user).on_frame_not_sent(*frame, error);
  return 0;
}

int send_data(nghttp2_session*, nghttp2_frame*, const uint8_t* frame_head, size_t count,
              nghttp2_data_source* source, void* user) {
  return session_of(user).send_body(view_of(frame_head, kFrameHeadBytes), count,
                                    *static_cast<Stream*>(source->ptr));
}

nghttp2_session_callbacks* make_callbacks() {
  nghttp2_session_callbacks* callbacks = nullptr;
  TURBO_CHECK(nghttp2_session_callbacks_new(&callbacks) == 0, "out of memory");
  nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, begin_frame);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, header);
  nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks, invalid_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frame_received);
  nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, invalid_frame_received);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, data_received);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, stream_closed);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, frame_sent);
  nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, frame_not_sent);
  nghttp2_session_callbacks_set_send_data_callback(callbacks, send_data);
  return callbacks;
}

}  // namespace

const nghttp2_session_callbacks* nghttp2_callbacks() {
  static const nghttp2_session_callbacks* const callbacks = make_callbacks();
  return callbacks;
}

ssize_t read_body(nghttp2_session*, int32_t, uint8_t*, size_t max_bytes, uint32_t* flags,
                  nghttp2_data_source* source, void* user) {
  return session_of(user).plan_body(max_bytes, *static_cast<Stream*>(source->ptr), *flags);
}

}  // namespace turbo::http2
