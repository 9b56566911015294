"""What a file of the cache can hold that a disk has damaged."""

#: By what is wrong with it.
DAMAGED = {
    "empty": b"",
    "truncated": b'{"read one": {"requ',
    "no text": b"\xff\xfe\x00",
    "zeros": bytes(64),
    "a list": b"[]",
    "a number": b"7",
    "nested without end": b"[" * 100_000,
}
