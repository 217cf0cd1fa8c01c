// What the generated stubs of a service stand on, and a client needs: Channel, ClientContext, and
// calls of the four kinds.
//
// Owner, threads, errors, limits and cost: see the headers below.
#ifndef TURBO_RPC_STUB_H_
#define TURBO_RPC_STUB_H_

#include "framework/rpc/channel.h"
#include "framework/rpc/client_context.h"
#include "framework/rpc/client_stream.h"
#include "framework/rpc/method.h"
#include "framework/rpc/unary_call.h"

#endif  // TURBO_RPC_STUB_H_
