"""Asks grpc.health.v1.Health of a server with Python's gRPC, without stubs.

usage: health_caller.py TARGET

Prints what it was told as JSON, a line each: a state of a watch as it comes, and how it ended.
"""

import json
import sys

import grpc

SECONDS = 20
STATES = {b"": "UNKNOWN", b"\x08\1": "SERVING", b"\x08\2": "NOT_SERVING", b"\x08\3": "SERVICE_UNKNOWN"}


def request(service):
    """HealthCheckRequest."""
    return b"\x0a" + bytes([len(service)]) + service.encode()


def say(step, told):
    print(json.dumps([step, told]), flush=True)


def check(channel, service):
    call = channel.unary_unary("/grpc.health.v1.Health/Check")
    try:
        say("check " + service, STATES[call(request(service), timeout=SECONDS)])
    except grpc.RpcError as error:
        say("check " + service, error.code().name)


def main():
    with grpc.insecure_channel(sys.argv[1]) as channel:
        for service in ("", "helloworld.Greeter", "no.Such"):
            check(channel, service)
        watch = channel.unary_stream("/grpc.health.v1.Health/Watch")
        unknown = watch(request("no.Such"), timeout=SECONDS)
        say("watch no.Such", STATES[next(unknown)])
        unknown.cancel()
        known = watch(request("helloworld.Greeter"), timeout=SECONDS)
        try:
            for state in known:
                say("watch", STATES[state])
            say("watch", "OK")
        except grpc.RpcError as error:
            say("watch", f"{error.code().name} {error.details()}")


if __name__ == "__main__":
    main()
