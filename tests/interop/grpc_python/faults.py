"""A client on Python's gRPC that brings its server into difficulties; prints a line for each step.

usage: faults.py HOST:PORT limits | deadlines | metadata BYTES | hold CALLS

    limits      messages of the largest size, and larger ones
    deadlines   that pass at each step of a call
    metadata    a call with a text of so many bytes
    hold        opens so many calls, says "holding", and goes on when a line has come on stdin
"""

import itertools
import sys
import time

import grpc
from tests.interop import empty_pb2, messages_pb2, test_pb2_grpc

LIMIT = 4 << 20  # gRPC's own, for a message
SECONDS = 30
CALLS_OF_A_CHANNEL = 100


def connect(target):
    options = (
        ("grpc.use_local_subchannel_pool", 1),
        ("grpc.max_send_message_length", -1),
        ("grpc.max_metadata_size", 1 << 20),
    )
    return grpc.insecure_channel(target, options)


def tell(step, call):
    """The code that a call comes to."""
    print(step, call.code().name, flush=True)


def request_of(size):
    """A SimpleRequest that is so large on the wire."""
    request = messages_pb2.SimpleRequest(payload=messages_pb2.Payload(body=bytes(size)))
    request.payload.body = bytes(size - (request.ByteSize() - size))
    assert request.ByteSize() == size
    return request


def limits(stub):
    def unary(request):
        return stub.UnaryCall.future(request, timeout=SECONDS)

    tell("largest", unary(request_of(LIMIT)))
    tell("larger", unary(request_of(LIMIT + 1)))
    tell("much_larger", unary(request_of(16 * LIMIT)))
    tell("after_that", unary(request_of(10)))

    def requests():
        for size in (1000, LIMIT + 1000, 1000):
            payload = messages_pb2.Payload(body=bytes(size))
            yield messages_pb2.StreamingInputCallRequest(payload=payload)

    tell("larger_in_a_stream", stub.StreamingInputCall.future(requests(), timeout=SECONDS))
    # Refused by this client.
    tell("larger_reply", unary(messages_pb2.SimpleRequest(response_size=LIMIT + 1)))


def output_request(*parameters):
    request = messages_pb2.StreamingOutputCallRequest()
    for size, interval_us in parameters:
        request.response_parameters.add(size=size, interval_us=interval_us)
    return request


def deadlines(stub):
    def endless():
        for _ in itertools.count():
            yield messages_pb2.StreamingInputCallRequest()
            time.sleep(0.05)

    slow = 60_000_000
    tell("passed", stub.EmptyCall.future(empty_pb2.Empty(), timeout=0))
    tell("before_the_reply", stub.StreamingOutputCall(output_request((10, slow)), timeout=0.3))
    call = stub.StreamingOutputCall(output_request((10, 0), (10, slow)), timeout=0.3)
    next(call)
    tell("between_replies", call)
    tell("while_it_sends", stub.StreamingInputCall.future(endless(), timeout=0.3))
    # More than its windows let through, of which nothing is read.
    many = output_request(*[(1 << 20, 0)] * 64)
    tell("unread", stub.StreamingOutputCall(many, timeout=0.3))


def metadata(stub, size):
    text = (("x-long", "x" * int(size)),)
    tell("metadata", stub.EmptyCall.future(empty_pb2.Empty(), metadata=text, timeout=SECONDS))


def hold(target, count):
    channels = [connect(target) for _ in range(-(-int(count) // CALLS_OF_A_CHANNEL))]
    goes_on = []

    def requests():
        yield output_request((10, 0))
        while not goes_on:
            time.sleep(0.05)
        yield output_request((20, 0))

    calls = []
    for i in range(int(count)):
        stub = test_pb2_grpc.TestServiceStub(channels[i // CALLS_OF_A_CHANNEL])
        calls.append(stub.FullDuplexCall(requests()))
    sizes = {len(next(call).payload.body) for call in calls}
    print("holding", *sizes, flush=True)
    sys.stdin.readline()
    goes_on.append(True)
    sizes = {len(next(call).payload.body) for call in calls}
    print("went_on", *sizes, *{call.code().name for call in calls}, flush=True)


def main():
    target, what, *arguments = sys.argv[1:]
    if what == "hold":
        return hold(target, *arguments)
    with connect(target) as channel:
        stub = test_pb2_grpc.TestServiceStub(channel)
        {"limits": limits, "deadlines": deadlines, "metadata": metadata}[what](stub, *arguments)


if __name__ == "__main__":
    main()
