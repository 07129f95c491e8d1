//! Which protocol a peer speaks that does not speak Kafka's, so that the log line can say it.

/// Guesses from the first bytes of a connection; empty where nothing is recognised.
pub(super) fn guess_protocol(bytes: &[u8]) -> &'static str {
    const METHODS: [&[u8]; 8] = [b"GET ", b"POST", b"PUT ", b"HEAD", b"DELE", b"OPTI", b"CONN", b"PRI "];
    match bytes {
        [0x16, 0x03, ..] => "TLS: the client uses SSL, this listener is PLAINTEXT",
        [b'S', b'S', b'H', b'-', ..] => "SSH",
        [a, b, c, d, ..] if METHODS.contains(&[*a, *b, *c, *d].as_slice()) => "HTTP",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::guess_protocol;

    /// Fault F2: strangers are named.
    #[test]
    fn well_known_protocols_are_named() {
        for (bytes, name) in [
            (b"GET / HTTP/1.1".as_slice(), "HTTP"),
            (b"\x16\x03\x01\x02\x00".as_slice(), "TLS"),
            (b"SSH-2.0-OpenSSH".as_slice(), "SSH"),
            (b"\xff\xff\xff\xff".as_slice(), "unknown"),
            (b"".as_slice(), "unknown"),
        ] {
            assert!(guess_protocol(bytes).starts_with(name), "{bytes:?}");
        }
    }
}
