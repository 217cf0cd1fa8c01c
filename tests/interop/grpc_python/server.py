"""The interop tests' server on Python's gRPC: prints "listening on PORT" and serves until it is killed.

usage: server.py [CERTIFICATE_PEM KEY_PEM]

It cannot tell how a request came, so those that say how they should are not looked at.
"""

import sys
import time
from concurrent import futures

import grpc
from tests.interop import empty_pb2, messages_pb2, test_pb2_grpc

ECHO_INITIAL = "x-grpc-test-echo-initial"
ECHO_TRAILING = "x-grpc-test-echo-trailing-bin"


def echo_metadata(context):
    for key, value in context.invocation_metadata():
        if key == ECHO_INITIAL:
            context.send_initial_metadata(((key, value),))
        elif key == ECHO_TRAILING:
            context.set_trailing_metadata(((key, value),))


def echo_status(request, context):
    """Whether the request asks for a status, which the call has then."""
    wanted = request.response_status
    if wanted.code == 0:
        return False
    by_number = {code.value[0]: code for code in grpc.StatusCode}
    context.set_code(by_number[wanted.code])
    context.set_details(wanted.message)
    return True


def zeros(size):
    return messages_pb2.Payload(body=bytes(size))


def answers(request, context):
    """The replies that one request asks for."""
    for parameters in request.response_parameters:
        time.sleep(parameters.interval_us / 1e6)
        if not parameters.compressed.value:
            context.disable_next_message_compression()
        yield messages_pb2.StreamingOutputCallResponse(payload=zeros(parameters.size))


class TestService(test_pb2_grpc.TestServiceServicer):
    def EmptyCall(self, _, context):
        echo_metadata(context)
        return empty_pb2.Empty()

    def UnaryCall(self, request, context):
        echo_metadata(context)
        if echo_status(request, context):
            return messages_pb2.SimpleResponse()
        if request.response_compressed.value:
            context.set_compression(grpc.Compression.Gzip)
        return messages_pb2.SimpleResponse(payload=zeros(request.response_size))

    def StreamingOutputCall(self, request, context):
        echo_metadata(context)
        context.set_compression(grpc.Compression.Gzip)
        yield from answers(request, context)

    def StreamingInputCall(self, requests, context):
        echo_metadata(context)
        size = sum(len(request.payload.body) for request in requests)
        return messages_pb2.StreamingInputCallResponse(aggregated_payload_size=size)

    def FullDuplexCall(self, requests, context):
        echo_metadata(context)
        for request in requests:
            if echo_status(request, context):
                return
            yield from answers(request, context)

    def HalfDuplexCall(self, requests, context):
        echo_metadata(context)
        for request in list(requests):
            yield from answers(request, context)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def main():
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    test_pb2_grpc.add_TestServiceServicer_to_server(TestService(), server)
    if len(sys.argv) > 1:
        chain, key = map(read, sys.argv[1:])
        credentials = grpc.ssl_server_credentials([(key, chain)])
        port = server.add_secure_port("127.0.0.1:0", credentials)
    else:
        port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print("listening on", port, flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
