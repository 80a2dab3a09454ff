"""Files as people upload them: small, whole, and telling of whoever made them."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def zipped(parts: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def png(name: str = "", width: int = 2, height: int = 1) -> bytes:
    """A red picture whose texts and EXIF hold this name, and which goes on behind its end."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = (b"\0" + b"\xff\0\0" * width) * height
    told = [chunk(b"tEXt", f"Author\0{name}".encode()), chunk(b"eXIf", name.encode()), chunk(b"tIME", b"\0" * 7)]
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    behind = name.encode() if name else b""
    return b"".join([b"\x89PNG\r\n\x1a\n", head, *(told if name else []), chunk(b"IDAT", zlib.compress(rows)),
                     chunk(b"IEND", b""), behind])  # fmt: skip


def jpeg(name: str = "", turned: int = 6) -> bytes:
    """The skeleton of a photo, 40 by 30 pixels: EXIF that says which way up and whose camera, XMP, a comment."""

    def segment(marker: int, body: bytes) -> bytes:
        return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body

    words = name.encode() + b"\0"
    exif = b"Exif\0\0II*\0\x08\0\0\0\x02\0"
    exif += struct.pack("<HHII", 0x013B, 2, len(words), 38) + struct.pack("<HHIHH", 0x0112, 3, 1, turned, 0)
    exif += b"\0\0\0\0" + words
    return b"".join([
        b"\xff\xd8", segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"), segment(0xE1, exif),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x>" + words), segment(0xED, b"Photoshop 3.0\0" + words),
        segment(0xFE, words), segment(0xDB, b"\0" + bytes([1] * 64)), segment(0xC0, b"\x08\0\x1e\0\x28\1\1\x11\0"),
        segment(0xC4, b"\0" + bytes(16)), segment(0xDA, b"\1\1\0\0\x3f\0"), b"\x12\xff\x00\x34\xff\xd0\x56", b"\xff\xd9",
        b"behind: " + words,
    ])  # fmt: skip


def docx(name: str, **more: str | bytes) -> bytes:
    """A text document that tells of its author wherever Word writes a name."""
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Override PartName="/customXml/itemProps1.xml" ContentType="application/xml"/>'
        '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        'wordprocessingml.document.main+xml"/></Types>'
    )
    core = (
        '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>{name}</dc:creator><cp:lastModifiedBy>{name}'
        "</cp:lastModifiedBy></cp:coreProperties>"
    )
    app = (
        '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"><Company>'
        f"{name}</Company><Manager>{name}</Manager></Properties>"
    )
    text = (
        f'<w:document xmlns:w="{W}"><w:body><w:p><w:ins w:id="1" w:author="{name}" w:initials = \'{name}\'><w:r><w:t>'
        "The text itself</w:t></w:r></w:ins></w:p></w:body></w:document>"
    )
    people = f"<w15:people xmlns:w15='x'><w15:person w15:author='{name}'><w15:presenceInfo w15:providerId='AD' w15:userId='S::{name}'/></w15:person></w15:people>"
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r1" Type="http://x/relationships/attachedTemplate" Target="file:///C:/Users/'
        f'{name}/Normal.dotm" TargetMode="External"/><Relationship Id="r2" Type="http://x/relationships/hyperlink" '
        f'Target="file:///C:/Users/{name}/other.docx" TargetMode="External"/><Relationship Id="r3" '
        'Type="http://x/relationships/hyperlink" Target="https://www.gov.uk/" TargetMode="External"/></Relationships>'
    )
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": types, "docProps/core.xml": core, "docProps/app.xml": app, "word/document.xml": text,
        "word/people.xml": people, "word/_rels/document.xml.rels": relations,
        "customXml/itemProps1.xml": f"<x>{name}</x>", "word/media/image1.png": png(name), "docProps/thumbnail.jpeg": jpeg(name),
    }  # fmt: skip
    return zipped(parts | more)


def odt(name: str) -> bytes:
    meta = f'<office:document-meta xmlns:office="o"><meta:initial-creator>{name}</meta:initial-creator></office:document-meta>'
    text = (
        f"<office:document-content><office:annotation><dc:creator>{name}</dc:creator></office:annotation>"
        f"<text:p>The text itself<text:author-name text:fixed='false'>{name}</text:author-name></text:p>"
        f'<text:a xlink:href="file:///home/{name}/x.odt"/></office:document-content>'
    )
    printer = f'<config:config-item config:name="PrinterName" config:type="string">{name}</config:config-item>'
    return zipped({
        "mimetype": "application/vnd.oasis.opendocument.text", "meta.xml": meta, "content.xml": text, "settings.xml": printer,
        "META-INF/documentsignatures.xml": f"<X509>{name}</X509>", "Thumbnails/thumbnail.png": png(name),
    })  # fmt: skip


def pdf(name: str = "", *, is_signed: bool = False) -> bytes:
    """A PDF with properties, XMP, a note, a file inside and a photo."""
    from pypdf import PdfWriter
    from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject, NumberObject, StreamObject
    from pypdf.generic import TextStringObject as Text

    writer = PdfWriter()
    page = writer.add_blank_page(200, 200)
    drawn = DecodedStreamObject()
    drawn.set_data(b"% the text itself")
    page[NameObject("/Contents")] = writer._add_object(drawn)
    if name:
        writer.add_metadata({"/Author": name, "/Creator": name})
        xmp = DecodedStreamObject()
        xmp.set_data(f"<dc:creator>{name}</dc:creator>".encode())
        writer._root_object[NameObject("/Metadata")] = writer._add_object(xmp)
        writer.add_attachment("inside.txt", name.encode())
        note = {
            "/Type": NameObject("/Annot"),
            "/Subtype": NameObject("/Text"),
            "/T": Text(name),
            "/Contents": Text("A note"),
        }
        note["/Rect"] = ArrayObject([NumberObject(number) for number in (10, 10, 20, 20)])
        page[NameObject("/Annots")] = ArrayObject(
            [writer._add_object(DictionaryObject({NameObject(k): v for k, v in note.items()}))]
        )
        photo = StreamObject()
        photo._data = jpeg(name)
        photo.update({NameObject("/Filter"): NameObject("/DCTDecode"), NameObject("/Subtype"): NameObject("/Image")})
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/XObject"): DictionaryObject({NameObject("/I"): writer._add_object(photo)})}
        )
    if is_signed:
        sign = DictionaryObject({NameObject("/Type"): NameObject("/Sig"), NameObject("/Name"): Text(name)})
        field = DictionaryObject({NameObject("/FT"): NameObject("/Sig"), NameObject("/V"): writer._add_object(sign)})
        form = DictionaryObject({NameObject("/Fields"): ArrayObject([writer._add_object(field)])})
        writer._root_object[NameObject("/AcroForm")] = form
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
