"""What others' servers, as Debian 12 has them, do against the RFCs: reason, and the cases it fails.

The reason says what the RFC wants and what the server does instead. A case that fails and does not
stand here is a mistake of the suite, until it is shown to be one of the server.
"""

# nghttpd 1.52, which is nghttp2's own server.
NGHTTPD = {
    "4.2: any frame larger than SETTINGS_MAX_FRAME_SIZE is FRAME_SIZE_ERROR, one with a part of"
    " a field block for the connection. nghttp2 does not look at CONTINUATION's size and"
    " serves.": [
        ("4.2", "CONTINUATION larger than MAX_FRAME_SIZE"),
    ],
    "5.1.1: an unexpected stream identifier MUST be answered with PROTOCOL_ERROR. nghttp2 takes"
    " a lower one for a stream that is closed, where 5.1 lets it ignore what comes late.": [
        ("5.1.1", "A stream of a lower number than the last"),
        ("5.1.1", "A lower number while the higher stream is open"),
    ],
    "6.9.2: settings that make any window too large are an error of the connection. nghttp2"
    " resets the streams in question.": [
        ("6.9.2", "INITIAL_WINDOW_SIZE that makes a window larger than 2^31-1"),
    ],
}

# nginx 1.22.
NGINX = {
    "3.4: the client's preface ends with SETTINGS, anything else there is PROTOCOL_ERROR. nginx"
    " takes any frame first.": [
        ("3.4", "HEADERS where SETTINGS must come first"),
        ("3.4", "PING where SETTINGS must come first"),
        ("3.4", "WINDOW_UPDATE where SETTINGS must come first"),
    ],
    "4.3, 6.2: a field block is what all its frames hold, and one of them may be empty. nginx"
    " says FRAME_SIZE_ERROR to HEADERS without a payload.": [
        ("4.3", "A field block that starts in an empty HEADERS and ends in an empty CONTINUATION"),
        ("8.3.1", "No field at all"),
    ],
    "4.3: a field block that cannot be decoded is COMPRESSION_ERROR. nginx says"
    " FRAME_SIZE_ERROR to one that ends too early.": [
        ("RFC 7541 5.1", "An integer that does not end in its block"),
        ("RFC 7541 5.1", "An integer cut behind its prefix"),
        ("RFC 7541 5.2", "A literal without its value"),
        ("RFC 7541 5.2", "A literal cut within its name"),
        ("RFC 7541 5.2", "A literal cut within its value"),
        ("RFC 7541 5.2", "A literal of nothing but its first byte"),
    ],
    "5.1: DATA, RST_STREAM and WINDOW_UPDATE on an idle stream are PROTOCOL_ERROR. nginx does"
    " not tell idle streams from closed ones and ignores them.": [
        ("4.2", "A head that tells the largest length there is"),
        ("5.1", "idle: DATA"),
        ("5.1", "idle: RST_STREAM"),
        ("5.1", "idle: WINDOW_UPDATE"),
        ("5.1", "idle: DATA, above streams that were used"),
        ("5.1", "idle: WINDOW_UPDATE, above streams that were used"),
        ("5.1", "idle, of the server's numbers: DATA"),
        ("5.1", "idle, of the server's numbers: RST_STREAM"),
        ("5.1", "idle, of the server's numbers: WINDOW_UPDATE"),
    ],
    "8.1: a request may end with trailers. nginx takes no second HEADERS on a stream, and says"
    " PROTOCOL_ERROR for the connection in any state of the stream.": [
        ("4.3", "Trailers use the same table"),
        ("4.3", "Trailers that cannot be decoded"),
        ("5.1", "half closed: HEADERS"),
        ("5.1", "half closed: trailers"),
        ("5.1", "closed by the server's RST_STREAM: HEADERS on its way update the table"),
        ("6.10", "Trailers in CONTINUATION"),
        ("8.1", "POST with trailers"),
        ("8.1", "Trailers without a body"),
        ("8.1", "Frames behind trailers"),
    ],
    "6.9.2: settings that make any window too large are an error of the connection. nginx"
    " resets the streams in question.": [
        ("6.9.2", "INITIAL_WINDOW_SIZE that makes a window larger than 2^31-1"),
    ],
    "RFC 9110 10.1.1: 100-continue is answered, by 100 or a final status. nginx waits for the"
    " body, in HTTP/2.": [
        ("8.1", "Expect: 100-continue is answered"),
    ],
    "8.2.1: a name has no bytes above 127, a value no blank or tab at its ends. nginx takes"
    " both.": [
        ("8.2.1", "A name with a byte above 127"),
        ("8.2.1", "A name with 255"),
        ("8.2.1", "A value that starts with a blank"),
        ("8.2.1", "A value that ends with a blank"),
        ("8.2.1", "A value that starts with a tab"),
        ("8.2.1", "A value that ends with a tab"),
    ],
    "8.2.2: connection-specific fields make a request malformed. nginx ignores them.": [
        ("8.2.2", "Connection-specific: connection"),
        ("8.2.2", "Connection-specific: keep-alive"),
        ("8.2.2", "Connection-specific: proxy-connection"),
        ("8.2.2", "Connection-specific: transfer-encoding"),
        ("8.2.2", "Connection-specific: upgrade"),
        ("8.2.2", "te that is not trailers"),
        ("8.2.2", "te with more than trailers"),
    ],
    "8.3: pseudo fields come before all others. nginx takes them anywhere.": [
        ("8.3", "A pseudo field behind a field"),
        ("8.3", "The last pseudo field behind a field"),
    ],
    "8.3.1: host beside :authority is allowed where both name the same. nginx takes it for a"
    " second host and says 400.": [
        ("8.3.1", "host the same as :authority"),
    ],
    "RFC 7541 4.2: a size update stands at the start of a block. nginx takes it anywhere.": [
        ("RFC 7541 4.2", "Size update behind the fields"),
        ("RFC 7541 4.2", "Size update between fields"),
        ("RFC 7541 4.2", "Size update at the start of CONTINUATION, behind fields"),
    ],
    "RFC 7541 5.2: padding longer than seven bits is an error. nginx takes eight ones and more.": [
        ("RFC 7541 5.2", "Huffman with padding of more than 7 bits"),
        ("RFC 7541 5.2", "Huffman of a byte of padding"),
    ],
}

# h2o 2.2, asked about the upgrade only.
H2O_UPGRADE = {
    "RFC 9110 7.8: Upgrade of HTTP/1.0 is ignored. h2o does not look at the version.": [
        ("RFC 7540 3.2", "HTTP/1.0 is not upgraded (RFC 9110 7.8)"),
    ],
    "RFC 7540 3.2.1: there is no upgrade with more than one HTTP2-Settings. h2o upgrades.": [
        ("RFC 7540 3.2.1", "HTTP2-Settings twice"),
    ],
}
