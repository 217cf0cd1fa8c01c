"""RFC 9113 section 3: how a connection starts; and ALPN's part of section 9.2."""

import socket
import ssl

import frames
import header_blocks
from cases import Skip, case
from connection import Connection, Failure
from frames import Code, Flag, Setting, Type
from section_4_frames import max_frame


@case("3.1", "TLS chooses h2 when it is offered alone", needs=("tls",), bare=True)
def alpn_h2(client):
    client.check(client.alpn == "h2", "ALPN h2")


@case("3.1", "TLS chooses h2 when it is offered before http/1.1", needs=("tls",), bare=True)
def alpn_both(client):
    with Connection(client.target, alpn=("h2", "http/1.1")) as other:
        other.check(other.alpn == "h2", "ALPN h2")
        other.greet()
        other.expect_service()


@case("3.1", "h2c is no protocol for TLS to choose", needs=("tls",), bare=True)
def alpn_h2c(client):
    try:
        with Connection(client.target, alpn=("h2c",)) as other:
            other.check(other.alpn is None, f"no ALPN protocol, not {other.alpn}")
    except ssl.SSLError:
        pass  # no_application_protocol


@case("9.2", "TLS 1.1 does not carry HTTP/2", needs=("tls",), bare=True)
def old_tls(client):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.set_alpn_protocols(["h2"])
    place = (client.target.host, client.target.port)
    with socket.create_connection(place, timeout=client.target.seconds) as plain:
        try:
            with context.wrap_socket(plain, server_hostname="localhost") as secured:
                if secured.selected_alpn_protocol() == "h2":
                    raise Failure("no h2 over TLS below 1.2", f"h2 over {secured.version()}")
        except OSError:
            pass  # refused, which is as good


@case("3.4", "The server's first frame is SETTINGS")
def settings_first(client):
    first = client.log[0]
    client.check(
        first.kind == Type.SETTINGS and not first.has(Flag.ACK), "SETTINGS without ACK first"
    )


@case("3.4", "The server's preface comes before any request")
def preface_unasked(client):
    client.check(client.greeted, "SETTINGS")
    client.expect_alive()


@case("3.4", "A request behind the preface, in the same segment", bare=True)
def request_with_preface(client):
    stream = client.new_stream()
    client.greet({}, frames.headers(stream, client.target.head()))
    client.expect_response(stream)


@case("3.4", "The preface byte by byte", bare=True)
def preface_in_bytes(client):
    for byte in frames.PREFACE + frames.settings():
        client.send(bytes((byte,)))
    client.greet_sent()
    client.expect_service()


@case("3.4", "The preface in two pieces, cut at every place", bare=True)
def preface_in_two(client):
    for cut in range(1, len(frames.PREFACE)):
        with Connection(client.target) as other:
            other.send(frames.PREFACE[:cut])
            other.send(frames.PREFACE[cut:] + frames.settings())
            other.greet_sent()
            other.expect_alive()


@case("3.4", "Something else than the preface", bare=True)
def no_preface(client):
    client.send(b"INVALID CONNECTION PREFACE\r\n\r\n")
    client.read_to_end()


@case("3.4", "A preface with one wrong byte, at every place", bare=True)
def wrong_preface(client):
    for at in range(len(frames.PREFACE)):
        wrong = bytearray(frames.PREFACE)
        wrong[at] = ord("x")
        with Connection(client.target) as other:
            other.send(bytes(wrong) + frames.settings())
            other.read_to_end()


@case("3.4", "The preface without its second half", bare=True)
def half_preface(client):
    client.send(b"PRI * HTTP/2.0\r\n\r\n" + frames.settings() + frames.ping())
    client.read_to_end()


def _first_frame(name, build):
    @case("3.4", f"{name} where SETTINGS must come first", bare=True)
    def _(client):
        client.send(frames.PREFACE, build(client))
        client.expect_connection_error(Code.PROTOCOL_ERROR)


_first_frame("HEADERS", lambda client: frames.headers(1, client.target.head()))
_first_frame("PING", lambda client: frames.ping())
_first_frame("WINDOW_UPDATE", lambda client: frames.window_update(0, 1))


@case("3.4", "The preface twice", bare=True)
def preface_twice(client):
    client.send(frames.PREFACE, frames.settings(), frames.PREFACE, frames.settings())
    client.expect_or_closed("SETTINGS", lambda: client.greeted)
    if max_frame(client) >= int.from_bytes(frames.PREFACE[:3], "big"):
        raise Skip("to this server it is the head of a frame")
    client.expect_connection_error(Code.FRAME_SIZE_ERROR, Code.PROTOCOL_ERROR)


@case("3.4", "Broken first SETTINGS", bare=True)
def broken_first_settings(client):
    client.send(frames.PREFACE, frames.frame(Type.SETTINGS, 0, 0, b"\0\0\1"))
    client.expect_connection_error(Code.FRAME_SIZE_ERROR, Code.PROTOCOL_ERROR)


@case("3.4", "The values of the server's SETTINGS are legal")
def legal_settings(client):
    values = client.settings
    client.check(values.get(Setting.ENABLE_PUSH, 0) == 0, "ENABLE_PUSH absent or 0 (6.5.2)")
    window = values.get(Setting.INITIAL_WINDOW_SIZE, 0)
    client.check(window <= frames.LARGEST_WINDOW, "INITIAL_WINDOW_SIZE below 2^31")
    size = values.get(Setting.MAX_FRAME_SIZE, frames.FRAME_BYTES)
    client.check(frames.FRAME_BYTES <= size < 1 << 24, "MAX_FRAME_SIZE of 2^14 to 2^24-1")
    client.check(values.get(Setting.ENABLE_CONNECT_PROTOCOL, 0) <= 1, "RFC 8441: 0 or 1")
    client.check(values.get(Setting.NO_RFC7540_PRIORITIES, 0) <= 1, "RFC 9218: 0 or 1")


@case("3.4", "Nobody is asked to wait for the server's SETTINGS", bare=True)
def eager(client):
    streams = [client.new_stream() for _ in range(3)]
    fields = header_blocks.encode(client.target.fields())
    requests = b"".join(frames.headers(stream, fields) for stream in streams)
    client.acknowledges = False
    client.send(frames.PREFACE, frames.settings(), requests)
    for stream in streams:
        client.expect_response(stream)
