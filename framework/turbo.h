// Turbo, all of it. Including the rooms you use compiles faster.
//
// Owner, threads, errors, limits and cost: see the headers below.
#ifndef TURBO_TURBO_H_
#define TURBO_TURBO_H_

#include "framework/base/address.h"
#include "framework/base/log.h"
#include "framework/buffer/buffer.h"
#include "framework/compress/compressor.h"
#include "framework/compress/decompressor.h"
#include "framework/crypto/constant_time.h"
#include "framework/crypto/digest.h"
#include "framework/crypto/random.h"
#include "framework/crypto/text_codec.h"
#include "framework/loop/io_loop.h"
#include "framework/loop/sleep.h"
#include "framework/loop/task.h"
#include "framework/net/io_stream.h"
#include "framework/net/tcp_server.h"
#include "framework/server/http_server.h"
#include "framework/shard/blocking_pool.h"
#include "framework/shard/gate.h"
#include "framework/shard/shard_local.h"
#include "framework/shard/shard_set.h"
#include "framework/tls/self_signed.h"
#include "framework/tls/server_context.h"
#include "framework/tls/ssl_io_stream.h"
#include "framework/tls/ticket_keys.h"
#include "framework/web/application.h"
#include "framework/web/authentication.h"
#include "framework/web/cors.h"
#include "framework/web/error_handler.h"
#include "framework/web/form.h"
#include "framework/web/memory_session_store.h"
#include "framework/web/redirect_handler.h"
#include "framework/web/request_id.h"
#include "framework/web/serve.h"
#include "framework/web/sessions.h"
#include "framework/web/signed_value.h"
#include "framework/web/static_file_handler.h"
#include "framework/web/xsrf.h"

#endif  // TURBO_TURBO_H_
