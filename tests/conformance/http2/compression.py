"""RFC 7541: every representation, the tables, integers and strings; and what breaks them."""

import frames
import header_blocks as hpack
from cases import HPACK, Skip, case
from frames import Code, Setting, Type

# Indexes of the static table.
AUTHORITY, GET, PATH, INDEX_HTML, HTTP, HTTPS = 1, 2, 4, 5, 6, 7
DYNAMIC = len(hpack.STATIC_TABLE) + 1  # the first index of the dynamic table


def send_block(client, block):
    """Sends a block as a whole request; returns the stream."""
    stream = client.new_stream()
    cuts = range(0, len(block), frames.FRAME_BYTES) or [0]
    pieces = [block[cut : cut + frames.FRAME_BYTES] for cut in cuts]
    client.send(frames.headers(stream, pieces[0], complete=len(pieces) == 1))
    for piece in pieces[1:]:
        client.send(frames.continuation(stream, piece, complete=piece is pieces[-1]))
    return stream


def good(section, title, build, **more):
    """A case whose block `build(client)` is a good request."""

    @case(f"{HPACK} {section}", title, **more)
    def _(client):
        client.expect_response(send_block(client, build(client)))


def broken(section, title, block):
    """A case whose good request is followed by something that cannot be decoded."""

    @case(f"{HPACK} {section}", title)
    def _(client):
        send_block(client, client.target.head() + block)
        client.expect_connection_error(Code.COMPRESSION_ERROR)


def scheme(client):
    return hpack.indexed(HTTPS if client.target.tls else HTTP)


def short(client):
    """A good request but for its :path, mostly of the static table."""
    authority = hpack.literal(AUTHORITY, client.target.authority.encode())
    return hpack.indexed(GET) + scheme(client) + authority


def table_bytes(client):
    """What the server lets the table hold. All cases but one rely on no less than usual."""
    return client.settings.get(Setting.HEADER_TABLE_SIZE, hpack.TABLE_BYTES)


# ---- appendix A ----


@case(f"{HPACK} A", "Every entry of the static table can be decoded")
def static_table(client):
    for index in range(1, DYNAMIC):
        stream = send_block(client, client.target.head() + hpack.indexed(index))
        answer = client.answer(stream)
        # Many of them make a bad request; that is told by an answer or for the stream alone.
        client.expect_or_closed(
            f"an answer for {index}",
            lambda a=answer: a.ended or a.reset is not None or client.goaway,
        )
        if client.goaway:
            client.check(client.goaway.code == Code.PROTOCOL_ERROR, "no COMPRESSION_ERROR")
        if client.goaway or client.closed:
            return


@case(f"{HPACK} A", "Every name of the static table can be used")
def static_names(client):
    values = {b"content-length": b"0", b"expect": b"100-continue"}
    left_out = (b"transfer-encoding", b"host", b"range", b"expect")
    for index, (name, _) in enumerate(hpack.STATIC_TABLE, 1):
        if not name.startswith(b":") and not name.startswith(b"if-") and name not in left_out:
            field = hpack.literal(index, values.get(name, b"1"))
            client.expect_response(send_block(client, client.target.head() + field), 200, 400)


good("A", "Pseudo fields of the static table", lambda client: short(client) + hpack.indexed(PATH))

# ---- 2.3.3 and 6.1: indexes ----

broken("6.1", "Index 0", hpack.indexed(0))
broken("2.3.3", "The first index of an empty dynamic table", hpack.indexed(DYNAMIC))
broken("2.3.3", "An index far beyond", hpack.indexed(100000))
broken(
    "2.3.3", "A name's index beyond, of a literal without indexing", hpack.literal(DYNAMIC, b"x")
)
broken(
    "2.3.3", "A name's index beyond, of a literal with indexing",
    hpack.literal(DYNAMIC, b"x", kind="incremental"),
)  # fmt: skip
broken(
    "2.3.3", "A name's index beyond, of a literal never indexed",
    hpack.literal(DYNAMIC, b"x", kind="never"),
)  # fmt: skip

# ---- 6.2: literals ----

for _kind, _section in (("incremental", "6.2.1"), ("without", "6.2.2"), ("never", "6.2.3")):
    for _huffman in (False, True):

        def _literals(client, kind=_kind, is_huffman=_huffman):
            return hpack.encode(
                client.target.fields(more=[(b"x-test", b"value")]), kind=kind, is_huffman=is_huffman
            )

        def _indexed_names(client, kind=_kind, is_huffman=_huffman):
            path = hpack.literal(PATH, b"/", kind=kind, is_huffman=is_huffman)
            return short(client) + path + hpack.literal(58, b"me", kind=kind, is_huffman=is_huffman)

        _how = f"{'Huffman' if _huffman else 'plain'} strings"
        good(_section, f"Literals {_kind} indexing, new names, {_how}", _literals)
        good(_section, f"Literals {_kind} indexing, names of the table, {_how}", _indexed_names)

# ---- 2.3.2, 3.2, 4: the dynamic table ----


@case(f"{HPACK} 2.3.2", "Entries are found again, in this block and the next")
def found_again(client):
    path = hpack.literal(PATH, b"/", kind="incremental")
    client.expect_response(send_block(client, short(client) + path))
    client.expect_response(send_block(client, short(client) + hpack.indexed(DYNAMIC)))
    # Within one block: the first field inserts what the second names.
    both = hpack.literal(b"x-new", b"1", kind="incremental") + hpack.indexed(DYNAMIC)
    client.expect_response(send_block(client, client.target.head() + both))


@case(f"{HPACK} 2.3.2", "The newest entry has the lowest index")
def newest_first(client):
    # The paths are inserted by requests of their own, oldest first.
    for path, status in ((b"/no/such/page", 404), (b"/", 200)):
        block = short(client) + hpack.literal(PATH, path, kind="incremental")
        client.expect_response(send_block(client, block), status)
    client.expect_response(send_block(client, short(client) + hpack.indexed(DYNAMIC)), 200)
    client.expect_response(send_block(client, short(client) + hpack.indexed(DYNAMIC + 1)), 404)


@case(f"{HPACK} 2.3.2", "The same entry twice")
def duplicates(client):
    twice = hpack.literal(b"x-twice", b"same", kind="incremental") * 2
    client.expect_response(send_block(client, client.target.head() + twice))
    again = hpack.indexed(DYNAMIC) + hpack.indexed(DYNAMIC + 1)
    client.expect_response(send_block(client, client.target.head() + again))
    send_block(client, client.target.head() + hpack.indexed(DYNAMIC + 2))
    client.expect_connection_error(Code.COMPRESSION_ERROR)


@case(f"{HPACK} 2.3.2", "Names of the dynamic table")
def dynamic_names(client):
    first = hpack.literal(b":path", b"/no/such/page", kind="incremental")
    client.expect_response(send_block(client, short(client) + first), 404)
    client.expect_response(send_block(client, short(client) + hpack.literal(DYNAMIC, b"/")))


def _filler(name, size):
    """An entry that takes `size` bytes of a table."""
    value = b"v" * (size - hpack.ENTRY_BYTES - len(name))
    return hpack.literal(name, value, kind="incremental")


@case(f"{HPACK} 4.4", "The oldest entries make room")
def eviction(client):
    blocks = [_filler(b"x-%d" % at, 1024) for at in range(5)]
    for block in blocks:
        client.expect_response(send_block(client, client.target.head() + block))
    for at in range(4):
        client.expect_response(
            send_block(client, client.target.head() + hpack.indexed(DYNAMIC + at))
        )
    send_block(client, client.target.head() + hpack.indexed(DYNAMIC + 4))
    client.expect_connection_error(Code.COMPRESSION_ERROR)


@case(f"{HPACK} 4.1", "An entry that just fits")
def just_fits(client):
    client.expect_response(
        send_block(client, client.target.head() + _filler(b"x-fits", hpack.TABLE_BYTES))
    )
    client.expect_response(send_block(client, client.target.head() + hpack.indexed(DYNAMIC)))


@case(f"{HPACK} 4.4", "An entry that is too large empties the table, and that is no error")
def too_large(client):
    client.expect_response(send_block(client, client.target.head() + _filler(b"x-small", 100)))
    large = _filler(b"x-large", hpack.TABLE_BYTES + 1)
    client.expect_response(send_block(client, client.target.head() + large))
    send_block(client, client.target.head() + hpack.indexed(DYNAMIC))
    client.expect_connection_error(Code.COMPRESSION_ERROR)


@case(f"{HPACK} 4.4", "An entry whose name is that of the entry it pushes out")
def name_of_evicted(client):
    client.expect_response(send_block(client, client.target.head() + _filler(b"x-name", 3000)))
    client.expect_response(
        send_block(
            client,
            client.target.head() + hpack.literal(DYNAMIC, b"w" * 2000, kind="incremental"),
        )
    )
    client.expect_response(send_block(client, client.target.head() + hpack.indexed(DYNAMIC)))


@case(f"{HPACK} 6.2.2", "Literals without indexing leave the table alone")
def without_indexing(client):
    more = hpack.literal(b"x-a", b"b") + hpack.literal(b"x-c", b"d", kind="never")
    client.expect_response(send_block(client, client.target.head() + more))
    send_block(client, client.target.head() + hpack.indexed(DYNAMIC))
    client.expect_connection_error(Code.COMPRESSION_ERROR)


# ---- 4.2 and 6.3: table size updates ----

good("6.3", "Size update at the start", lambda c: hpack.table_size_update(1024) + c.target.head())
good(
    "4.2", "Two size updates at the start",
    lambda c: hpack.table_size_update(0) + hpack.table_size_update(1024) + c.target.head(),
)  # fmt: skip


@case(f"{HPACK} 6.3", "Size update to just what is allowed")
def largest_update(client):
    update = hpack.table_size_update(table_bytes(client))
    client.expect_response(send_block(client, update + client.target.head()))


@case(f"{HPACK} 6.3", "Size update beyond what is allowed, by one")
def update_beyond(client):
    update = hpack.table_size_update(table_bytes(client) + 1)
    send_block(client, update + client.target.head())
    client.expect_connection_error(Code.COMPRESSION_ERROR)


@case(f"{HPACK} 6.3", "Size update far beyond what is allowed")
def update_far_beyond(client):
    send_block(client, hpack.table_size_update((1 << 32) - 1) + client.target.head())
    client.expect_connection_error(Code.COMPRESSION_ERROR)


broken("4.2", "Size update behind the fields", hpack.table_size_update(1024))
broken(
    "4.2", "Size update between fields",
    hpack.table_size_update(1024) + hpack.literal(b"x-more", b"1"),
)  # fmt: skip


@case(f"{HPACK} 4.2", "Size update at the start of CONTINUATION, behind fields")
def update_in_continuation(client):
    stream, tail = client.new_stream(), hpack.literal(b"x-more", b"1")
    client.send(
        frames.headers(stream, client.target.head(), complete=False),
        frames.continuation(stream, hpack.table_size_update(1024) + tail),
    )
    client.expect_connection_error(Code.COMPRESSION_ERROR)


@case(f"{HPACK} 4.3", "Size update to 0 empties the table")
def update_empties(client):
    client.expect_response(send_block(client, client.target.head() + _filler(b"x-a", 100)))
    updates = hpack.table_size_update(0) + hpack.table_size_update(hpack.TABLE_BYTES)
    client.expect_response(send_block(client, updates + client.target.head()))
    send_block(client, client.target.head() + hpack.indexed(DYNAMIC))
    client.expect_connection_error(Code.COMPRESSION_ERROR)


@case(f"{HPACK} 4.3", "Size update to less pushes out the oldest")
def update_evicts(client):
    two = _filler(b"x-old", 200) + _filler(b"x-new", 200)
    client.expect_response(send_block(client, client.target.head() + two))
    update = hpack.table_size_update(300)
    client.expect_response(
        send_block(client, update + client.target.head() + hpack.indexed(DYNAMIC))
    )
    send_block(client, client.target.head() + hpack.indexed(DYNAMIC + 1))
    client.expect_connection_error(Code.COMPRESSION_ERROR)


@case(f"{HPACK} 4.2", "No size update though the server's SETTINGS want one (RFC 9113 4.3.1)")
def missing_update(client):
    if table_bytes(client) >= hpack.TABLE_BYTES:
        raise Skip("the server's table is not smaller than usual")
    send_block(client, client.target.head())
    client.expect_connection_error(Code.COMPRESSION_ERROR)


@case(f"{HPACK} 4.2", "The server's encoder obeys HEADER_TABLE_SIZE 0 (RFC 9113 4.3.1)")
def servers_table(client):
    client.expect_service()
    client.change_settings({Setting.HEADER_TABLE_SIZE: 0})
    client.decoder.allowed_bytes = 0
    client.expect_service()
    client.check(client.decoder.limit == 0, "a size update to 0 in the next field block")
    client.expect_service()


@case(f"{HPACK} 4.2", "The server's encoder uses no more than HEADER_TABLE_SIZE")
def servers_small_table(client):
    client.change_settings({Setting.HEADER_TABLE_SIZE: 100})
    client.decoder.allowed_bytes = 100
    for _ in range(3):
        client.expect_service()
        client.check(client.decoder.limit <= 100, "a size update to at most 100")


@case(
    f"{HPACK} 4.2", "The server's encoder may use a larger table",
    settings={Setting.HEADER_TABLE_SIZE: 65536},
)  # fmt: skip
def servers_large_table(client):
    client.decoder.allowed_bytes = 65536
    for _ in range(5):
        client.expect_service()


# ---- 5.1: integers ----

broken("5.1", "An integer of an index that overflows 32 bits", b"\xff" + b"\xff" * 4 + b"\x0f")
broken("5.1", "An integer of an index that overflows 64 bits", b"\xff" + b"\xff" * 9 + b"\x01")
broken("5.1", "An integer of a length that overflows", b"\x00\x7f" + b"\xff" * 9 + b"\x7f")
broken("5.1", "An integer that does not end in its block", b"\xff\x80\x80")
broken("5.1", "An integer cut behind its prefix", b"\xff")
broken("5.1", "An integer of a size update that overflows", b"\x3f" + b"\xff" * 9 + b"\x7f")


@case(f"{HPACK} 5.1", "An integer of a hundred bytes")
def endless_integer(client):
    send_block(client, client.target.head() + b"\xff" + b"\x80" * 100 + b"\x01")
    client.expect_connection_error(Code.COMPRESSION_ERROR)


for _length in (0, 1, 126, 127, 128, 254, 255, 256, 1000):
    for _huffman in (False, True):

        def _with_value(client, length=_length, is_huffman=_huffman):
            return client.target.head() + hpack.literal(
                b"x-v", b"0" * length, is_huffman=is_huffman
            )

        _how = "Huffman" if _huffman else "plain"
        good("5.1", f"A value of {_length} characters, {_how}", _with_value)

# ---- 5.2: strings ----

broken("5.2", "A literal without its value", b"\x00" + hpack.string(b"x-name"))
broken("5.2", "A literal cut within its name", b"\x00" + hpack.raw_string(b"x-na", length=10))
broken("5.2", "A literal cut within its value", b"\x00" + hpack.string(b"x") + b"\x05abc")
broken("5.2", "A literal of nothing but its first byte", b"\x40")


def _huffman_value(encoded):
    return b"\x00" + hpack.string(b"x-name") + hpack.raw_string(encoded, is_huffman=True)


broken("5.2", "Huffman with EOS", _huffman_value(hpack.huffman([*b"value", hpack.EOS, *b"more"])))
broken("5.2", "Huffman of nothing but EOS", _huffman_value(hpack.huffman([hpack.EOS])))
# "0" has five bits: three of padding end the byte, eleven are more than seven.
broken(
    "5.2",
    "Huffman with padding of more than 7 bits",
    _huffman_value(hpack.huffman(b"0", padding="1" * 11)),
)
broken("5.2", "Huffman of a byte of padding", _huffman_value(b"\xff"))
broken("5.2", "Huffman with padding of zeros", _huffman_value(hpack.huffman(b"0", padding="000")))
broken(
    "5.2",
    "Huffman with padding that ends with zero",
    _huffman_value(hpack.huffman(b"0", padding="110")),
)
# A symbol of ten bits, the first eight of which are no padding.
broken("5.2", "Huffman cut within a symbol", _huffman_value(hpack.huffman(b'"')[:1]))
broken(
    "5.2", "Huffman with EOS in a name",
    b"\x00"
    + hpack.raw_string(hpack.huffman([*b"x-", hpack.EOS]), is_huffman=True)
    + hpack.string(b"v"),
)  # fmt: skip

VISIBLE = bytes(range(0x21, 0x7F)) + bytes(range(0x80, 0x100))
good(
    "B", "Huffman of all bytes a value may have",
    lambda client: client.target.head() + hpack.literal(b"x-all", VISIBLE, is_huffman=True),
)  # fmt: skip
good(
    "5.2", "Huffman whose code ends with a byte",
    lambda client: client.target.head() + hpack.literal(b"x-fit", b"00000000", is_huffman=True),
)  # fmt: skip

# ---- 4.3 of RFC 9113 ----


@case("4.3", "The table goes on over streams that were reset")
def table_over_reset(client):
    stream = client.new_stream()
    path = hpack.literal(PATH, b"/", kind="incremental")
    client.send(frames.headers(stream, short(client) + path), frames.rst_stream(stream))
    client.expect_response(send_block(client, short(client) + hpack.indexed(DYNAMIC)))


@case("4.3", "The table goes on over requests that were malformed")
def table_over_malformed(client):
    path = hpack.literal(PATH, b"/", kind="incremental")
    stream = send_block(client, hpack.literal(b"UPPER", b"case") + short(client) + path)
    client.expect_malformed(stream)
    if not client.goaway and not client.closed:
        client.expect_response(send_block(client, short(client) + hpack.indexed(DYNAMIC)))


@case("4.3", "Trailers use the same table", needs=("post",))
def table_in_trailers(client):
    stream = client.request(client.target.post, method="POST", end=False)
    trailers = hpack.literal(b"x-trailer", b"value", kind="incremental")
    client.send(frames.data(stream, b"body"), frames.headers(stream, trailers))
    client.expect_response(stream)
    client.expect_response(send_block(client, client.target.head() + hpack.indexed(DYNAMIC)))


@case("4.3", "A size update alone is a request without fields")
def only_update(client):
    stream = send_block(client, hpack.table_size_update(0))
    client.expect_malformed(stream)
    client.check(all(each.kind != Type.PUSH_PROMISE for each in client.log), "no PUSH_PROMISE")
