"""PDFs of our making can be read by everybody; PDFs of others take nothing down."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime
from functools import cache
from io import BytesIO

import pikepdf
import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from forum.base import pdf
from forum.base.errors import Rejected
from forum.base.opendocument import Bullets, Document, Heading, Link, Paragraph, Quote, Strong, Table, Title
from forum.base.pdf import Part, Refused
from tests.meetings.papers import a_pdf

EVERYTHING = Document(
    "Cyfarfod Tŷ Ŵyn",
    "EGVE Forum",
    datetime(2027, 1, 20, tzinfo=UTC),
    [
        Title("Cyfarfod Tŷ Ŵyn"),
        Heading("Agenda"),
        Paragraph(["When: ", Strong("today"), "\nand ", Link("more", "https://forum.example/")]),
        Table(("Starts", "Item", "Minutes"), [["10am", [Strong("1. Tŷ")], 10]], (1, 3, 1), "What is on"),
        Bullets(["one", "two"]),
        Quote("Said", "somebody"),
    ],
    "OFFICIAL-SENSITIVE",
)


def words(data: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(data)).pages)


def kinds(data: bytes) -> list[str]:
    """The tags of a PDF, in order."""
    found = []

    def walk(tag) -> None:
        for one in tag if isinstance(tag, pikepdf.Array) else [tag]:
            if isinstance(one, pikepdf.Dictionary) and "/S" in one:
                found.append(str(one.S))
                walk(one.get("/K", pikepdf.Array()))

    with pikepdf.open(BytesIO(data)) as opened:
        walk(opened.Root.StructTreeRoot.K)
    return found


def test_it_is_tagged_titled_and_in_a_language():
    made = pdf.write(EVERYTHING)
    with pikepdf.open(BytesIO(made)) as opened:
        assert opened.Root.MarkInfo.Marked
        assert str(opened.Root.Lang) == "en-GB"
        assert opened.Root.ViewerPreferences.DisplayDocTitle
        with opened.open_metadata() as about:
            assert (about["pdfuaid:part"], about["dc:title"]) == ("1", "Cyfarfod Tŷ Ŵyn")
    tags = kinds(made)
    assert [tag for tag in tags if tag in ("/H1", "/H2", "/Table", "/L", "/Link", "/BlockQuote")] == [
        "/H1", "/H2", "/Link", "/Table", "/L", "/BlockQuote",
    ]  # fmt: skip
    assert (tags.count("/TH"), tags.count("/TD")) == (3, 3)


def test_the_marking_heads_and_foots_every_page_and_welsh_is_there():
    said = words(pdf.write(EVERYTHING))
    assert said.count("OFFICIAL-SENSITIVE") == 2
    assert "Tŷ Ŵyn" in said
    assert "Page 1 of 1" in said


def test_the_same_document_gives_the_same_bytes():
    assert pdf.write(EVERYTHING) == pdf.write(EVERYTHING)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("#pagebreak() *x* $y$ @z <a> \\ // `c`", "#pagebreak() *x* $y$ @z <a> \\ // `c`"),
        ("well done 👍", "well done [thumbs up sign]"),
        ("漢", "[cjk unified ideograph-6f22]"),
        ("a\x07b\ud800", "ab"),
    ],
)
def test_words_are_never_markup_and_what_no_font_has_is_named(typed, shown):
    made = pdf.write(Document(typed, "Test", EVERYTHING.made_at, [Title(typed), Paragraph([Strong(typed)])]))
    assert shown in words(made)


# --- looking ---------------------------------------------------------------------------------------------------------


def test_each_page_has_a_digest_of_what_it_shows():
    one, two, three = pdf.look(a_pdf("One", "Two", "Three"), "x.pdf")
    assert len({one, two, three}) == 3
    assert pdf.look(a_pdf("Three", "Another", "One"), "x.pdf")[::2] == [three, one]


def test_a_turned_page_is_another():
    turned = PdfWriter(clone_from=BytesIO(a_pdf("One")))
    turned.pages[0].rotate(90)
    assert pdf.look(saved(turned), "x.pdf") != pdf.look(a_pdf("One"), "x.pdf")


def saved(writer: PdfWriter) -> bytes:
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def locked() -> bytes:
    writer = PdfWriter(clone_from=BytesIO(a_pdf("One")))
    writer.encrypt("secret", algorithm="RC4-128")
    return saved(writer)


def raw(*objects: bytes) -> bytes:
    """A PDF of these objects, numbered from 1, the first of which is the catalogue."""
    body = b"%PDF-1.7\n"
    offsets = []
    for number, one in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    return body + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (
        size, table, size, len(body),
    )  # fmt: skip


def stream(data: bytes, more: bytes = b"") -> bytes:
    return b"<</Length %d%s>>stream\n%s\nendstream" % (len(data), more, data)


PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R%s>>"
TREE = (b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>")


@cache
def squeezed() -> bytes:
    """A hundred megabytes of nothing in a hundred kilobytes: more than is ever unfolded here."""
    squeezing = zlib.compressobj(9)
    return b"".join(squeezing.compress(b" " * 2**20) for _ in range(100)) + squeezing.flush()


def bomb() -> bytes:
    """A page that unfolds to a hundred megabytes."""
    return raw(*TREE, PAGE % b"", stream(squeezed(), b"/Filter/FlateDecode"))


def bomb_of_objects() -> bytes:
    """Its table of objects does."""
    head = b"%PDF-1.7\n"
    more = b"/Type/XRef/W[1 2 1]/Size 5/Root 1 0 R/Filter/FlateDecode"
    return head + b"1 0 obj\n" + stream(squeezed(), more) + b"\nendobj\nstartxref\n%d\n%%%%EOF" % len(head)


def circle() -> bytes:
    """A tree of pages that is its own branch."""
    return raw(TREE[0], b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2/Parent 2 0 R>>")


def thicket() -> bytes:
    """Few objects, and more ways through them than there is time for."""
    layers = [b"[" + b"%d 0 R " % number * 60 + b"]" for number in range(6, 20)]
    return raw(*TREE, PAGE % b"/Resources<</Properties<</A 5 0 R>>>>", stream(b""), *layers, b"(end)")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (locked(), "protected with a password"),
        (b"%PDF-1.7\nnothing more", "damaged"),
        (a_pdf("One")[:2000], "damaged"),
        (circle(), "damaged|no pages|asks for more"),
        (bomb_of_objects(), "damaged|asks for more"),
        (raw(TREE[0], b"<</Type/Pages/Kids[]/Count 0>>"), "no pages"),
        (raw(TREE[0], b"<</Type/Pages/Kids[%s]/Count 1001>>" % (b"3 0 R " * 1001), PAGE % b"", stream(b"")), "1,000"),
        (a_pdf("One").replace(b"/Type /Catalog", b"/Type /Nothing").replace(b"/Pages", b"/Pagez"), "damaged"),
    ],
    ids=["locked", "cut off", "half", "circle", "bomb of objects", "empty", "too long", "no tree"],
)
def test_what_cannot_be_read_is_refused_in_words(data, reason):
    with pytest.raises(Rejected, match=reason) as refused:
        pdf.look(data, "paper.pdf")
    assert refused.value.message.startswith("paper.pdf ")


@pytest.mark.parametrize("make", [bomb, thicket])
def test_what_unfolds_without_end_costs_what_it_weighs(make):
    assert len(pdf.look(make(), "bomb.pdf")) == 1


# --- binding ---------------------------------------------------------------------------------------------------------


def front(*links: str) -> bytes:
    rows = [[[Link(f"Paper {key}", f"bound:{key}")]] for key in links]
    blocks = [Title("Papers"), Table(("Paper",), rows, (1,))]
    return pdf.write(Document("Papers", "Test", EVERYTHING.made_at, blocks), 9)


def part(tmp_path, key: str, data: bytes, pages: int, title: str = "") -> Part:
    path = tmp_path / f"{key}.pdf"
    path.write_bytes(data)
    return Part(key, path, title or f"Paper {key}", [f"Page {n} of 9 · Paper {key}" for n in range(pages)])


def test_bound_pages_are_stamped_bookmarked_and_linked(tmp_path):
    parts = [part(tmp_path, "1", a_pdf("One", "Two"), 2), part(tmp_path, "2", a_pdf("Three"), 1, "Tŷ")]
    made = PdfReader(BytesIO(pdf.bind(front("1", "2"), "OFFICIAL", parts)))
    said = [page.extract_text() for page in made.pages]
    assert len(said) == 4
    assert all(words in said[2] for words in ("Page 1 of 9 · Paper 1", "Two"))
    assert all(words in said[3] for words in ("Page 0 of 9 · Paper 2", "Three"))
    assert [made.get_destination_page_number(one) for one in made.outline if one.title in ("Paper 1", "Tŷ")] == [1, 3]
    targets = [one.get_object()["/Dest"][0].get_object() for one in made.pages[0]["/Annots"]]
    assert [made.get_page_number(page) for page in targets] == [1, 3]
    assert not pdf.bind(front("1", "2"), "OFFICIAL", parts).count(b"pdfuaid:part>1")


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_stamps_stand_upright_in_a_strip_of_their_own(tmp_path, turn):
    writer = PdfWriter(clone_from=BytesIO(a_pdf("One")))
    writer.pages[0].rotate(turn)
    made = PdfReader(BytesIO(pdf.bind(front("1"), "OFFICIAL", [part(tmp_path, "1", saved(writer), 1)])))
    page = made.pages[1]
    wide, high = float(page.mediabox.width), float(page.mediabox.height)
    assert sorted([wide, high]) == pytest.approx(
        [595.28, 841.89 + 56] if turn in (0, 180) else [595.28 + 56, 841.89], abs=0.1
    )
    matrix = page.get_contents().get_data().split(b"cm")[0].split()[-6:]
    assert [round(float(number)) for number in matrix[:4]] == {
        0: [1, 0, 0, 1], 90: [0, 1, -1, 0], 180: [-1, 0, 0, -1], 270: [0, -1, 1, 0],
    }[turn]  # fmt: skip


def script() -> DictionaryObject:
    return DictionaryObject(
        {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.alert(1)")}
    )


def test_what_a_pdf_does_stays_behind_and_what_it_says_comes_along(tmp_path):
    writer = PdfWriter(clone_from=BytesIO(a_pdf("One")))
    writer._root_object[NameObject("/OpenAction")] = script()
    writer.add_attachment("inside.exe", b"MZ")
    writer.pages[0][NameObject("/AA")] = DictionaryObject({NameObject("/O"): script()})
    link = DictionaryObject(
        {NameObject("/S"): NameObject("/URI"), NameObject("/URI"): TextStringObject("https://ok.example/")}
    )
    bad = DictionaryObject({NameObject("/S"): NameObject("/Launch"), NameObject("/F"): TextStringObject("cmd.exe")})
    for action in (link, bad):
        annotation = DictionaryObject({NameObject("/Subtype"): NameObject("/Link"), NameObject("/A"): action})
        writer.add_annotation(0, annotation)
    made = pdf.bind(front("1"), "OFFICIAL", [part(tmp_path, "1", saved(writer), 1)])
    assert not [harm for harm in (b"JavaScript", b"cmd.exe", b"inside.exe") if harm in made]
    page = PdfReader(BytesIO(made)).pages[1]
    assert [one.get_object()["/A"]["/URI"] for one in page["/Annots"]] == ["https://ok.example/"]


def test_a_part_that_cannot_be_bound_is_named(tmp_path):
    parts = [part(tmp_path, "1", a_pdf("One"), 1), part(tmp_path, "2", b"%PDF-1.7 broken", 1)]
    with pytest.raises(Refused) as refused:
        pdf.bind(front("1"), "OFFICIAL", parts)
    assert refused.value.key == "2"


def test_content_that_leaves_the_pen_scaled_moves_no_stamp(tmp_path):
    wild = raw(*TREE, PAGE % b"", stream(b"q q 9 0 0 9 100 100 cm 0 0 595 842 re f"))
    made = PdfReader(BytesIO(pdf.bind(front("1"), "OFFICIAL", [part(tmp_path, "1", wild, 1)])))
    drawn = made.pages[1].get_contents().get_data()
    assert drawn.index(b"/ForumFoot Do") < drawn.index(b"re W n") < drawn.index(b"9 0 0 9 100 100 cm")


def test_two_hundred_pages_are_looked_at_and_bound(tmp_path):
    writer = PdfWriter(clone_from=BytesIO(a_pdf("One")))
    for _ in range(199):
        writer.add_page(writer.pages[0])
    data = saved(writer)
    assert len(pdf.look(data, "long.pdf")) == 200
    made = pdf.bind(front("1"), "OFFICIAL", [part(tmp_path, "1", data, 200)])
    assert len(PdfReader(BytesIO(made)).pages) == 201
