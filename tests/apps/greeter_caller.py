"""Calls greeter with Python's gRPC, by the stubs that its own tools make of greeter.proto.

usage: greeter_caller.py TARGET [ROOT_PEM]

Prints what it saw as JSON, a line each step. The last step opens a call, prints {"step": "holding"},
goes on when a line has come on stdin and ends the call.
"""

import json
import sys

import grpc
from apps.greeter import greeter_pb2, greeter_pb2_grpc

SECONDS = 10
NAMES = ("Ann", "Bob", "Çelik")


def request(name):
    return greeter_pb2.HelloRequest(name=name)


def unary(stub, _):
    reply, call = stub.SayHello.with_call(request("Ann"), timeout=SECONDS)
    return {"message": reply.message, "code": call.code().name}


def client_streaming(stub, _):
    return {"message": stub.SayHelloStreamRequest(map(request, NAMES), timeout=SECONDS).message}


def server_streaming(stub, _):
    replies = stub.SayHelloStreamReply(request("Ann"), timeout=SECONDS)
    return {"messages": [reply.message for reply in replies]}


def bidi(stub, _):
    replies = stub.SayHelloBidiStream(map(request, NAMES), timeout=SECONDS)
    return {"messages": [reply.message for reply in replies]}


def many(stub, _):
    """More at once than a connection may have."""
    calls = [stub.SayHello.future(request(str(i)), timeout=SECONDS) for i in range(500)]
    right = sum(call.result().message == f"Hello, {i}!" for i, call in enumerate(calls))
    return {"right": right}


def unknown_method(_, channel):
    call = channel.unary_unary("/helloworld.Greeter/SayNothing")
    try:
        call(b"", timeout=SECONDS)
    except grpc.RpcError as error:
        return {"code": error.code().name}
    return {"code": "OK"}


def health(_, channel):
    """Of the one service, as a balancer asks: 1 is SERVING."""
    check = channel.unary_unary("/grpc.health.v1.Health/Check")
    return {"state": check(b"\x0a\x12helloworld.Greeter", timeout=SECONDS).hex()}


def reflection(_, channel):
    """Which services there are, as tools of this age ask."""
    method = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
    (answer,) = channel.stream_stream(method)(iter([b"\x3a\x00"]), timeout=SECONDS)
    return {"lists": b"helloworld.Greeter" in answer}


def held(stub, _):
    def names():
        yield request("Ann")
        sys.stdin.readline()
        yield request("Bob")

    replies = stub.SayHelloBidiStream(names(), timeout=SECONDS)
    first = next(replies).message
    say("holding")
    return {"messages": [first] + [reply.message for reply in replies]}


STEPS = (
    unary,
    client_streaming,
    server_streaming,
    bidi,
    many,
    unknown_method,
    health,
    reflection,
    held,
)


def say(step, **seen):
    print(json.dumps({"step": step, **seen}), flush=True)


def main():
    target, *authority = sys.argv[1:]
    if authority:
        with open(authority[0], "rb") as file:
            channel = grpc.secure_channel(target, grpc.ssl_channel_credentials(file.read()))
    else:
        channel = grpc.insecure_channel(target)
    with channel:
        stub = greeter_pb2_grpc.GreeterStub(channel)
        for step in STEPS:
            say(step.__name__, **step(stub, channel))


if __name__ == "__main__":
    main()
