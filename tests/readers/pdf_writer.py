"""Small PDFs, written by hand: text layers right and wrong, legacy fonts, pictures, locks. No font is embedded."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Sheet:
    """One page: lines as (x, y from the top, text), the font's name, its size, a grey picture (width, height, bytes).

    `says` maps letters to what the text layer says instead: {"वि": "वव"} makes a page of wrong letters. `spelled` are
    texts whose glyphs are drawn letter by letter, with the spelling beside them (ActualText).
    """

    lines: Sequence[tuple[float, float, str]] = ()
    font: str = "Mangal"
    size: float = 12
    picture: tuple[int, int, bytes] | None = None
    says: dict[str, str] = field(default_factory=dict)
    spelled: Sequence[tuple[float, float, str]] = ()


def text(*lines: str, **more: object) -> Sheet:
    """Return a page of lines, one below the other."""
    return Sheet([(72, 100 + 20 * number, line) for number, line in enumerate(lines)], **more)  # type: ignore[arg-type]


def latin(*lines: str, font: str) -> Sheet:
    """Return a page in a legacy font: Latin letters that the font draws as Devanagari."""
    return Sheet([(72, 100 + 20 * number, line) for number, line in enumerate(lines)], font=font)


def pdf(*sheets: Sheet, lock: bool = False, count: int | None = None) -> bytes:
    """Return a PDF of A4 pages; `lock` asks for a password, `count` is what it claims of its pages."""
    objects: list[bytes] = [b"", b""]
    kids = [_sheet(sheet, objects) for sheet in sheets]
    objects[0] = b"<</Type/Catalog/Pages 2 0 R>>"
    listed = b" ".join(b"%d 0 R" % kid for kid in kids)
    objects[1] = b"<</Type/Pages/Kids[%s]/Count %d>>" % (listed, len(kids) if count is None else count)
    trailer = b"/Root 1 0 R"
    if lock:
        objects.append(b"<</Filter/Standard/V 2/R 3/Length 128/P -4/O(%s)/U(%s)>>" % (b"o" * 32, b"u" * 32))
        trailer += b"/Encrypt %d 0 R/ID[<%s><%s>]" % (len(objects), b"00" * 16, b"00" * 16)
    parts, offsets, size = [b"%PDF-1.7\n"], [], 9
    for number, data in enumerate(objects, start=1):
        offsets.append(size)
        parts.append(b"%d 0 obj\n%s\nendobj\n" % (number, data))
        size += len(parts[-1])
    body = b"".join(parts)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d%s>>\nstartxref\n%d\n%%%%EOF"
    return body + end % (len(objects) + 1, table, len(objects) + 1, trailer, len(body))


def _sheet(sheet: Sheet, objects: list[bytes]) -> int:
    legacy = all(line.isascii() for _, _, line in sheet.lines) and bool(sheet.lines)
    codes: dict[str, int] = {}
    parts = []
    for x, y, line in sheet.lines:
        shown = b"(%s)" % _escaped(line) if legacy else b"<%s>" % _hex(_pieces(line, sheet.says), codes)
        parts.append(b"BT /F %g Tf %g %g Td %s Tj ET" % (sheet.size, x, 842 - y, shown))
    for x, y, line in sheet.spelled:
        drawn = [b"BT /F %g Tf %g %g Td" % (sheet.size, x, 842 - y)]
        for letter in line:
            mark = b"/Span<</ActualText<FEFF%s>>> BDC" % letter.encode("utf-16-be").hex().encode()
            drawn.append(b"%s <%s> Tj EMC" % (mark, _hex(["A"], codes)))
        parts.append(b"\n".join([*drawn, b"ET"]))
    resources = b"/Font<</F %d 0 R>>" % _font(sheet.font, codes, legacy, objects)
    if sheet.picture is not None:
        width, height, data = sheet.picture
        head = b"<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8" % (
            width,
            height,
        )
        objects.append(_stream(data, head))
        resources += b"/XObject<</I %d 0 R>>" % len(objects)
        parts.append(b"q 595 0 0 842 0 0 cm /I Do Q")
    objects.append(_stream(b"\n".join(parts), b"<<"))
    content = len(objects)
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R/Resources<<%s>>>>"
    objects.append(page % (content, resources))
    return len(objects)


def _font(name: str, codes: dict[str, int], legacy: bool, objects: list[bytes]) -> int:
    if legacy:
        objects.append(b"<</Type/Font/Subtype/Type1/BaseFont/%s/Encoding/WinAnsiEncoding>>" % name.encode())
        return len(objects)
    rows = b"".join(b"<%04X><%s>\n" % (code, said.encode("utf-16-be").hex().encode()) for said, code in codes.items())
    cmap = (
        b"/CIDInit/ProcSet findresource begin 12 dict begin begincmap /CMapName/A def\n1 begincodespacerange\n"
        b"<0000><FFFF>\nendcodespacerange\n%d beginbfchar\n%sendbfchar\nendcmap end end" % (len(codes), rows)
    )
    objects.append(_stream(cmap, b"<<"))
    unicode_map = len(objects)
    objects.append(
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/%s/DW 500/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)"
        b"/Supplement 0>>>>" % name.encode()
    )
    objects.append(
        b"<</Type/Font/Subtype/Type0/BaseFont/%s/Encoding/Identity-H/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>"
        % (name.encode(), len(objects), unicode_map)
    )
    return len(objects)


def _pieces(line: str, says: dict[str, str]) -> list[str]:
    for right, wrong in says.items():
        line = line.replace(right, wrong)
    return list(line)


def _hex(pieces: Sequence[str], codes: dict[str, int]) -> bytes:
    return b"".join(b"%04X" % codes.setdefault(piece, len(codes) + 1) for piece in pieces)


def _escaped(line: str) -> bytes:
    return line.encode("latin-1").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def _stream(data: bytes, head: bytes) -> bytes:
    packed = zlib.compress(data)
    return b"%s/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream" % (head, len(packed), packed)
