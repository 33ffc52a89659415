"""The zip records that Towpath writes and reads, and the limits of the format without its 64-bit extension.

Source: PKWARE APPNOTE.TXT 6.3.10, sections 4.3.7 (local header), 4.3.9 (data descriptor), 4.3.12 (central directory
header) and 4.3.16 (end of central directory).
"""

import struct
from typing import Final

LOCAL_HEADER: Final = struct.Struct("<4s5H3L2H")
CENTRAL_HEADER: Final = struct.Struct("<4s6H3L5H2L")
END_RECORD: Final = struct.Struct("<4s4H2LH")

LOCAL_SIGNATURE: Final = b"PK\x03\x04"
CENTRAL_SIGNATURE: Final = b"PK\x01\x02"
END_SIGNATURE: Final = b"PK\x05\x06"
DESCRIPTOR_SIGNATURE: Final = b"PK\x07\x08"
ZIP64_LOCATOR_SIGNATURE: Final = b"PK\x06\x07"

STORED: Final = 0
DEFLATED: Final = 8

FLAG_ENCRYPTED: Final = 0x0001
FLAG_DESCRIPTOR: Final = 0x0008
FLAG_PATCH: Final = 0x0020
FLAG_STRONG_ENCRYPTION: Final = 0x0040
FLAG_UTF8: Final = 0x0800
FLAG_MASKED_DIRECTORY: Final = 0x2000

MADE_BY_UNIX: Final = 3

# One below what the fields can hold: the highest value says "look in the 64-bit record".
MAXIMUM_SIZE: Final = 0xFFFF_FFFE
MAXIMUM_ENTRIES: Final = 0xFFFE
MAXIMUM_NAME: Final = 0xFFFF
