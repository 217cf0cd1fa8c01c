"""The interop tests' client on Python's gRPC: prints "ok CASE" or "FAILED CASE: why" for each.

usage: client.py HOST:PORT [ROOT_PEM]

It cannot tell how a reply came, only that it is the one asked for, nor choose how each request of a
stream goes.
"""

import queue
import sys

import grpc
from tests.interop import empty_pb2, messages_pb2, test_pb2_grpc

SECONDS = 30
REQUEST_BYTES = (27182, 8, 1828, 45904)
RESPONSE_BYTES = (31415, 9, 2653, 58979)
ECHO = (
    ("x-grpc-test-echo-initial", "test_initial_metadata_value"),
    ("x-grpc-test-echo-trailing-bin", b"\xab\xab\xab"),
)
SPECIAL = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
SOAK_CALLS = 30
SOAK_CHANNELS = 10
CONCURRENT_CALLS = 1000

Code = grpc.StatusCode


class Failure(Exception):
    pass


def require(holds, what):
    if not holds:
        raise Failure("not so: " + what)


def require_code(wanted, call):
    """Waits for the end of a call and looks at its status."""
    code = call.code()
    if code != wanted:
        raise Failure(f"wanted {wanted}, got {code}: {call.details()}")


class Peer:
    """The server that is called."""

    def __init__(self, target, authorities):
        self._target, self._authorities = target, authorities

    def connect(self):
        # Of its own, not shared with channels made before.
        options = (("grpc.use_local_subchannel_pool", 1),)
        if self._authorities is None:
            return grpc.insecure_channel(self._target, options)
        credentials = grpc.ssl_channel_credentials(self._authorities)
        return grpc.secure_channel(self._target, credentials, options)


def payload(size):
    return messages_pb2.Payload(body=bytes(size))


def large_request():
    return messages_pb2.SimpleRequest(response_size=314159, payload=payload(271828))


def call_large(stub, metadata=()):
    reply, call = stub.UnaryCall.with_call(large_request(), metadata=metadata, timeout=SECONDS)
    require(reply.payload.body == bytes(314159), "314,159 zeros in the reply")
    return call


def output_request(response_size, payload_size):
    parameters = [messages_pb2.ResponseParameters(size=response_size)]
    return messages_pb2.StreamingOutputCallRequest(
        response_parameters=parameters, payload=payload(payload_size)
    )


def read(replies, size):
    reply = next(replies)
    require(reply.payload.body == bytes(size), f"{size} zeros in a reply")


def read_end(replies):
    require(next(replies, None) is None, "no more replies come")


class Requests:
    """Requests of a stream, as they are put in."""

    def __init__(self):
        self._queue = queue.Queue()

    def put(self, request):
        self._queue.put(request)

    def end(self):
        self._queue.put(None)

    def __iter__(self):
        return iter(self._queue.get, None)


def empty_unary(_, stub):
    stub.EmptyCall(empty_pb2.Empty(), timeout=SECONDS)


def large_unary(_, stub):
    call_large(stub)


def check_metadata(call):
    require(ECHO[0] in list(call.initial_metadata()), "initial metadata comes back")
    require(ECHO[1] in list(call.trailing_metadata()), "trailing metadata comes back")


def custom_metadata(_, stub):
    check_metadata(call_large(stub, ECHO))
    request = output_request(314159, 271828)
    call = stub.FullDuplexCall(iter([request]), metadata=ECHO, timeout=SECONDS)
    read(call, 314159)
    read_end(call)
    check_metadata(call)


def check_status(call, message):
    require_code(Code.UNKNOWN, call)
    require(call.details() == message, f"the status has its message: {call.details()!r}")


def status_of_unary(stub, message):
    status = messages_pb2.EchoStatus(code=2, message=message)
    request = messages_pb2.SimpleRequest(response_status=status)
    check_status(stub.UnaryCall.future(request, timeout=SECONDS), message)


def status_code_and_message(_, stub):
    message = "test status message"
    status_of_unary(stub, message)
    status = messages_pb2.EchoStatus(code=2, message=message)
    request = messages_pb2.StreamingOutputCallRequest(response_status=status)
    check_status(stub.FullDuplexCall(iter([request]), timeout=SECONDS), message)


def special_status_message(_, stub):
    status_of_unary(stub, SPECIAL)


def unimplemented_method(_, stub):
    require_code(
        Code.UNIMPLEMENTED, stub.UnimplementedCall.future(empty_pb2.Empty(), timeout=SECONDS)
    )


def unimplemented_service(peer, _):
    with peer.connect() as channel:
        stub = test_pb2_grpc.UnimplementedServiceStub(channel)
        require_code(
            Code.UNIMPLEMENTED, stub.UnimplementedCall.future(empty_pb2.Empty(), timeout=SECONDS)
        )


def rpc_soak(_, stub):
    for _ in range(SOAK_CALLS):
        call_large(stub)


def channel_soak(peer, _):
    for _ in range(SOAK_CHANNELS):
        with peer.connect() as channel:
            call_large(test_pb2_grpc.TestServiceStub(channel))


def concurrent_unary(_, stub):
    request = messages_pb2.SimpleRequest(response_size=3141, payload=payload(2718))
    calls = [stub.UnaryCall.future(request, timeout=SECONDS) for _ in range(CONCURRENT_CALLS)]
    for call in calls:
        require(len(call.result().payload.body) == 3141, "a reply of the size asked for")


def client_streaming(_, stub):
    requests = (
        messages_pb2.StreamingInputCallRequest(payload=payload(size)) for size in REQUEST_BYTES
    )
    reply = stub.StreamingInputCall(requests, timeout=SECONDS)
    require(reply.aggregated_payload_size == 74922, "74,922 bytes came in")


def server_streaming(_, stub):
    parameters = [messages_pb2.ResponseParameters(size=size) for size in RESPONSE_BYTES]
    request = messages_pb2.StreamingOutputCallRequest(response_parameters=parameters)
    call = stub.StreamingOutputCall(request, timeout=SECONDS)
    for size in RESPONSE_BYTES:
        read(call, size)
    read_end(call)


def ping_pong(_, stub):
    requests = Requests()
    call = stub.FullDuplexCall(iter(requests), timeout=SECONDS)
    for request_size, response_size in zip(REQUEST_BYTES, RESPONSE_BYTES):
        requests.put(output_request(response_size, request_size))
        read(call, response_size)
    requests.end()
    read_end(call)


def half_duplex(_, stub):
    requests = [output_request(size, 10) for size in RESPONSE_BYTES]
    call = stub.HalfDuplexCall(iter(requests), timeout=SECONDS)
    for size in RESPONSE_BYTES:
        read(call, size)
    read_end(call)


def empty_stream(_, stub):
    read_end(stub.FullDuplexCall(iter([]), timeout=SECONDS))


def cancel_after_begin(_, stub):
    requests = Requests()
    call = stub.StreamingInputCall.future(iter(requests), timeout=SECONDS)
    call.cancel()
    requests.end()
    require_code(Code.CANCELLED, call)


def cancel_after_first_response(_, stub):
    requests = Requests()
    call = stub.FullDuplexCall(iter(requests), timeout=SECONDS)
    requests.put(output_request(31415, 27182))
    read(call, 31415)
    call.cancel()
    requests.end()
    require_code(Code.CANCELLED, call)


def timeout_on_sleeping_server(_, stub):
    requests = Requests()
    call = stub.FullDuplexCall(iter(requests), timeout=0.001)
    requests.put(messages_pb2.StreamingOutputCallRequest(payload=payload(27182)))
    require_code(Code.DEADLINE_EXCEEDED, call)
    requests.end()


def client_compressed_unary(_, stub):
    request = large_request()
    request.expect_compressed.value = True
    require_code(Code.INVALID_ARGUMENT, stub.UnaryCall.future(request, timeout=SECONDS))
    for compression in (grpc.Compression.Gzip, grpc.Compression.NoCompression):
        request.expect_compressed.value = compression == grpc.Compression.Gzip
        reply = stub.UnaryCall(request, compression=compression, timeout=SECONDS)
        require(len(reply.payload.body) == 314159, "314,159 bytes in the reply")


def server_compressed_unary(_, stub):
    for compressed in (True, False):
        request = large_request()
        request.response_compressed.value = compressed
        reply = stub.UnaryCall(request, timeout=SECONDS)
        require(reply.payload.body == bytes(314159), "314,159 zeros in the reply")


def server_compressed_streaming(_, stub):
    request = messages_pb2.StreamingOutputCallRequest()
    for size, compressed in ((31415, True), (92653, False)):
        request.response_parameters.add(size=size).compressed.value = compressed
    call = stub.StreamingOutputCall(request, timeout=SECONDS)
    read(call, 31415)
    read(call, 92653)
    read_end(call)


CASES = (
    empty_unary,
    large_unary,
    custom_metadata,
    status_code_and_message,
    special_status_message,
    unimplemented_method,
    unimplemented_service,
    rpc_soak,
    channel_soak,
    concurrent_unary,
    client_streaming,
    server_streaming,
    ping_pong,
    half_duplex,
    empty_stream,
    cancel_after_begin,
    cancel_after_first_response,
    timeout_on_sleeping_server,
    client_compressed_unary,
    server_compressed_unary,
    server_compressed_streaming,
)


def run(case, peer):
    """What went wrong; nothing: nothing."""
    try:
        with peer.connect() as channel:
            case(peer, test_pb2_grpc.TestServiceStub(channel))
    except (Failure, grpc.RpcError, grpc.FutureCancelledError, StopIteration) as error:
        return repr(error)
    return None


def main():
    target, *authority = sys.argv[1:]
    authorities = None
    if authority:
        with open(authority[0], "rb") as file:
            authorities = file.read()
    peer = Peer(target, authorities)
    failed = 0
    for case in CASES:
        wrong = run(case, peer)
        failed += wrong is not None
        print(f"FAILED {case.__name__}: {wrong}" if wrong else f"ok {case.__name__}", flush=True)
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
