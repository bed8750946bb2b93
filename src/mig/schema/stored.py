"""How an image is written down: as text of letters and digits, which every database keeps as it is."""

from __future__ import annotations

import base64
import binascii
import json
import zlib

from mig.schema.image import SchemaImage

MAX_BYTES = 256 * 1024 * 1024
"""More than this is no schema."""


def pack(image: SchemaImage) -> str:
    """The objects of an image as text: a twelfth of their size."""
    text = json.dumps(dict(sorted(image.objects.items())), ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode("utf-8", "surrogatepass"))).decode()


def unpack(text: str, server: str) -> SchemaImage | None:
    """The image that was packed; None where the text is none."""
    try:
        opened = zlib.decompressobj()
        data = opened.decompress(base64.b64decode(text, validate=True), MAX_BYTES)
        objects = json.loads(data.decode("utf-8", "surrogatepass"))
    except (binascii.Error, zlib.error, ValueError):
        return None
    if not isinstance(objects, dict) or opened.unconsumed_tail:
        return None
    return SchemaImage(objects={str(name): str(value) for name, value in objects.items()}, server=server)
