"""HPACK (RFC 7541) for tests: every representation by itself, wrong ones too, and a decoder."""

# RFC 7541 appendix A, the first is 1.
_STATIC = """\
:authority|:method=GET|:method=POST|:path=/|:path=/index.html|:scheme=http|:scheme=https|\
:status=200|:status=204|:status=206|:status=304|:status=400|:status=404|:status=500|\
accept-charset|accept-encoding=gzip, deflate|accept-language|accept-ranges|accept|\
access-control-allow-origin|age|allow|authorization|cache-control|content-disposition|\
content-encoding|content-language|content-length|content-location|content-range|content-type|\
cookie|date|etag|expect|expires|from|host|if-match|if-modified-since|if-none-match|if-range|\
if-unmodified-since|last-modified|link|location|max-forwards|proxy-authenticate|\
proxy-authorization|range|referer|refresh|retry-after|server|set-cookie|\
strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate"""
STATIC_TABLE = [
    (name.encode(), value.encode())
    for name, _, value in (entry.partition("=") for entry in _STATIC.split("|"))
]
TABLE_BYTES = 4096  # SETTINGS_HEADER_TABLE_SIZE before anyone says otherwise
ENTRY_BYTES = 32  # what an entry of a table counts beside its name and value

# RFC 7541 appendix B is a canonical Huffman code, so the lengths are all of it: A stands for 5
# bits, B for 6 and so on, in the order of the symbols, the last of which is EOS.
_LENGTHS = (
    "ISXXXXXXXTZXXZXXXXXXXXZXXXXXXXXXBFFHIBDGFFDGDBBBAAABBBBBBBCDKBHFIBCCCCCCCCCCCCCCCCCCCC"
    "CCDCDIOIJBKABABABBBACCBBBABCBAABCCCCCKGJIXPRPPRRRSRSSSSSTSTTRSTSSSSQRSRSSTRQPRRSSQSRRT"
    "QRSSQQRQSRSSPRRRSRRSVVPORSRUVVVWWVTUOQVWWVWTQQVVXWWWPTPQRQQSRRUUTTVSVWVVWWWWWXWWWWWVZ"
)
EOS = 256


def _huffman_codes():
    codes, code, last = {}, 0, 0
    for bits, symbol in sorted((ord(letter) - 60, at) for at, letter in enumerate(_LENGTHS)):
        code <<= bits - last
        codes[symbol] = (code, bits)
        code, last = code + 1, bits
    return codes


HUFFMAN = _huffman_codes()
_SYMBOLS = {(code, bits): symbol for symbol, (code, bits) in HUFFMAN.items()}


# ---- encoding ----


def integer(value, prefix, first=0):
    """5.1: `value` behind the bits of `first`, in `prefix` bits and more bytes."""
    limit = (1 << prefix) - 1
    if value < limit:
        return bytes((first | value,))
    encoded, value = bytearray((first | limit,)), value - limit
    while value >= 128:
        encoded.append(value & 127 | 128)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def huffman(symbols, *, padding=None):
    """5.2: `symbols` (EOS may be among them) as bits, then ones up to the byte's end, or another
    `padding` as a string of 0 and 1, which must end a byte."""
    bits = "".join(f"{code:0{count}b}" for code, count in (HUFFMAN[each] for each in symbols))
    bits += "1" * (-len(bits) % 8) if padding is None else padding
    assert len(bits) % 8 == 0, f"{len(bits)} bits end no byte"
    return int(bits or "0", 2).to_bytes(len(bits) // 8, "big")


def raw_string(encoded, *, is_huffman=False, length=None):
    """A string whose bytes are these. `length` tells another length."""
    length = len(encoded) if length is None else length
    return integer(length, 7, 128 if is_huffman else 0) + encoded


def string(text, *, is_huffman=False):
    if is_huffman:
        return raw_string(huffman(text), is_huffman=True)
    return raw_string(text)


def indexed(index):
    """6.1."""
    return integer(index, 7, 128)


def literal(name, value, *, kind="without", is_huffman=False):
    """6.2: `name` is bytes or an index; `kind` is incremental, without or never (indexing)."""
    prefix, first = {"incremental": (6, 64), "without": (4, 0), "never": (4, 16)}[kind]
    if isinstance(name, int):
        head = integer(name, prefix, first)
    else:
        head = integer(0, prefix, first) + string(name, is_huffman=is_huffman)
    return head + string(value, is_huffman=is_huffman)


def table_size_update(size):
    """6.3."""
    return integer(size, 5, 32)


def encode(fields, *, kind="without", is_huffman=False):
    """A header block of literals. It touches no table, so it does in any order of streams."""
    return b"".join(literal(*field, kind=kind, is_huffman=is_huffman) for field in fields)


# ---- decoding ----


class BadBlock(Exception):
    """A peer's header block is against RFC 7541."""


class Decoder:
    """Decodes the header blocks of one connection, strictly."""

    def __init__(self, table_bytes=TABLE_BYTES):
        self.allowed_bytes = table_bytes
        self._limit = table_bytes
        self._entries = []
        self._block, self._at = b"", 0

    @property
    def table_size(self):
        return sum(len(name) + len(value) + ENTRY_BYTES for name, value in self._entries)

    @property
    def limit(self):
        """What the encoder said its table holds."""
        return self._limit

    def decode(self, block):
        self._block, self._at = block, 0
        fields = []
        while self._at < len(block):
            first = block[self._at]
            if first & 128:
                fields.append(self._entry(self._integer(7)))
            elif first & 64:
                fields.append(self._literal(6))
                self._insert(fields[-1])
            elif first & 32:
                self._update(self._integer(5), bool(fields))
            else:
                fields.append(self._literal(4))
        return fields

    def _integer(self, prefix):
        limit = (1 << prefix) - 1
        value, shift = self._byte() & limit, 0
        if value < limit:
            return value
        while True:
            byte = self._byte()
            value += (byte & 127) << shift
            shift += 7
            if not byte & 128:
                return value
            if shift > 28:
                raise BadBlock("an integer that does not end")

    def _byte(self):
        if self._at >= len(self._block):
            raise BadBlock("the block ends within a field")
        self._at += 1
        return self._block[self._at - 1]

    def _string(self):
        is_huffman = bool(self._at < len(self._block) and self._block[self._at] & 128)
        length = self._integer(7)
        encoded = self._block[self._at : self._at + length]
        if len(encoded) < length:
            raise BadBlock("the block ends within a string")
        self._at += length
        return decode_huffman(encoded) if is_huffman else encoded

    def _literal(self, prefix):
        index = self._integer(prefix)
        name = self._entry(index)[0] if index else self._string()
        return name, self._string()

    def _entry(self, index):
        if 0 < index <= len(STATIC_TABLE):
            return STATIC_TABLE[index - 1]
        at = index - len(STATIC_TABLE) - 1
        if index == 0 or at >= len(self._entries):
            raise BadBlock(f"there is no entry {index}")
        return self._entries[at]

    def _insert(self, entry):
        self._entries.insert(0, entry)
        self._evict()

    def _update(self, size, late):
        if late:
            raise BadBlock("a table size update behind a field")
        if size > self.allowed_bytes:
            raise BadBlock(f"a table size update to {size} of {self.allowed_bytes}")
        self._limit = size
        self._evict()

    def _evict(self):
        while self.table_size > self._limit:
            self._entries.pop()


def decode_huffman(encoded):
    symbols, code, bits = bytearray(), 0, 0
    for byte in encoded:
        for shift in range(7, -1, -1):
            code, bits = code << 1 | byte >> shift & 1, bits + 1
            symbol = _SYMBOLS.get((code, bits))
            if symbol == EOS:
                raise BadBlock("EOS within a string")
            if symbol is not None:
                symbols.append(symbol)
                code, bits = 0, 0
    if bits > 7 or code != (1 << bits) - 1:
        raise BadBlock("a string with wrong padding")
    return bytes(symbols)
