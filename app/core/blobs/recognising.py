"""What a file is, told by its first bytes; its name only chooses among types that look alike."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

ANYTHING = "application/octet-stream"

_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_IN_ZIP = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".odp": "application/vnd.oasis.opendocument.presentation",
    ".3mf": "model/3mf",
    ".zip": "application/zip",
}
_IN_OLE = {
    ".doc": "application/msword",
    ".xls": "application/vnd.ms-excel",
    ".ppt": "application/vnd.ms-powerpoint",
}
_AS_TEXT = {
    ".txt": "text/plain",
    ".md": "text/plain",
    ".log": "text/plain",
    ".nc": "text/plain",
    ".gcode": "text/plain",
    ".csv": "text/csv",
    ".dxf": "image/vnd.dxf",
    ".igs": "model/iges",
    ".iges": "model/iges",
    ".obj": "model/obj",
    ".stl": "model/stl",
}
_BINARY_BY_NAME = {".dwg": "image/vnd.dwg", ".stl": "model/stl"}

OFFERED = ",".join(
    [
        "image/jpeg", "image/png", "image/webp", "image/heic", "image/heif", ".heic", ".heif", ".pdf", ".step", ".stp",
        *_IN_ZIP, *_IN_OLE, *_AS_TEXT, *_BINARY_BY_NAME,
    ]
)  # fmt: skip
"""What a file field proposes to choose, in the words of its `accept`; what arrives is told by its content."""

_PROGRAM_HEADS = (
    b"\x7fELF",
    b"\xca\xfe\xba\xbe",
    b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"#!",
    b"L\x00\x00\x00\x01\x14\x02\x00",
)
_PROGRAM_SUFFIXES = {
    ".app", ".apk", ".bat", ".cmd", ".com", ".cpl", ".dll", ".exe", ".hta", ".htm",
    ".html", ".jar", ".js", ".jse", ".lnk", ".mht", ".mjs", ".msi", ".msix", ".pif",
    ".ps1", ".reg", ".scr", ".sh", ".shtml", ".url", ".vb", ".vbe", ".vbs", ".wsf",
    ".xht", ".xhtml",
}  # fmt: skip
_SVG = re.compile(rb"<(?:[a-z0-9]+:)?svg[\s>/:]", re.IGNORECASE)


def image_format(head: bytes) -> str | None:
    """The decoder for a picture we take (JPEG, PNG, WebP, HEIC), None for anything else."""
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS:
        return "HEIF"
    return None


def is_svg(head: bytes, name: str) -> bool:
    """Whether it is a vector drawing that a browser would run."""
    return _suffix(name) in {".svg", ".svgz"} or (
        head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") and _SVG.search(head) is not None
    )


def is_program(head: bytes, name: str) -> bool:
    """Whether opening it would run it, on a computer or in a browser."""
    is_windows_program = head.startswith(b"MZ") and b"\x00" in head[:64]
    return is_windows_program or head.startswith(_PROGRAM_HEADS) or _suffix(name) in _PROGRAM_SUFFIXES


def type_of_file(head: bytes, name: str) -> str:
    """The content type to send a file with; whatever is not sure is plain bytes."""
    suffix = _suffix(name)
    if b"%PDF-" in head[:1024]:
        return "application/pdf"
    if head.startswith(_ZIP):
        return _IN_ZIP.get(suffix, ANYTHING)
    if head.startswith(_OLE):
        return _IN_OLE.get(suffix, ANYTHING)
    if head.startswith(b"ISO-10303-21"):
        return "model/step"
    if _is_text(head):
        return _AS_TEXT.get(suffix, ANYTHING)
    return _BINARY_BY_NAME.get(suffix, ANYTHING)


def _is_text(head: bytes) -> bool:
    if b"\x00" in head:
        return False
    controls = sum(1 for byte in head if byte < 32 and byte not in b"\t\n\r\x0c")
    return controls == 0


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()
