"""A server of gRPC's own Python implementation, for Turbo's channels to call.

Prints its port. Messages stay bytes, so nothing is generated. Ends with its standard input.
"""

import sys
import time
from concurrent import futures

import grpc

_LARGE = 1 << 20


def unary(request, context):
    metadata = dict(context.invocation_metadata())
    if "fail" in metadata:
        context.set_trailing_metadata((("last-bin", b"\x00\xff"),))
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, "as \u263a you\r\nlike")
    if "sleep" in metadata:
        time.sleep(float(metadata["sleep"]))
    if "echo" in metadata:
        context.send_initial_metadata((("echo", metadata["echo"]),))
    if "compress" in metadata:
        context.set_compression(grpc.Compression.Gzip)
    return request


def read(request, context):
    for _ in range(100):
        yield request


def write(requests, context):
    last = b""
    for request in requests:
        last = request
    return last


def chat(requests, context):
    yield from requests


def main():
    methods = {
        "Unary": grpc.unary_unary_rpc_method_handler(unary),
        "Read": grpc.unary_stream_rpc_method_handler(read),
        "Write": grpc.stream_unary_rpc_method_handler(write),
        "Chat": grpc.stream_stream_rpc_method_handler(chat),
    }
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=8),
        options=(("grpc.max_receive_message_length", 16 * _LARGE),),
    )
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Echo", methods),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    sys.stdin.read()
    server.stop(None)


if __name__ == "__main__":
    main()
