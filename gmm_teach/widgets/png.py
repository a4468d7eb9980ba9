"""Pixels to a PNG, quickly.

Libraries filter every row before they compress it. That makes a picture such as ours a tenth smaller, and takes three
times as long; a reader who steps waits for it. Source: the PNG specification, third edition, W3C, 2025.
"""

import struct
import zlib

import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"
EIGHT_BITS_RGB = (8, 2, 0, 0, 0)  # depth, colour type; compression, filter method and interlace of every such PNG


def png(pixels):
    """Return pixels as PNG bytes.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (height, width, 3 or 4)
        Red, green and blue; a fourth channel, the opacity, is left out.

    Returns
    -------
    bytes

    Examples
    --------
    >>> png(np.zeros((2, 3, 3), dtype=np.uint8))[1:4]
    b'PNG'
    """
    height, width = pixels.shape[:2]
    rows = np.zeros((height, 1 + 3 * width), dtype=np.uint8)  # each begins with its filter: 0, none
    for channel in range(3):  # much faster than all three at once
        rows[:, 1 + channel :: 3] = pixels[..., channel]
    header = struct.pack(">IIBBBBB", width, height, *EIGHT_BITS_RGB)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, level=1)), (b"IEND", b""))
    return SIGNATURE + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
