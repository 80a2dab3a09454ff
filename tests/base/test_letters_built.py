"""The bytes on the wire: shape, headers, and what nobody can smuggle into them."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.base.letters import build, leaving, who_leaves
from tests.base.letters import fields, row
from tests.mail.check_invite import check


def parsed(wire: bytes) -> EmailMessage:
    return email.message_from_bytes(wire, policy=email.policy.default)  # type: ignore[return-value]


def shape(message: EmailMessage) -> list[str]:
    return [part.get_content_type() for part in message.walk()]


def test_a_notice_is_text_and_html():
    message = parsed(build(row(fields(text="Bore da, Siân.\n" + "x" * 3000, html="<p>ŵ</p>"))))
    assert shape(message) == ["multipart/alternative", "text/plain", "text/html"]
    text, html = message.iter_parts()
    assert text.get_content().splitlines() == ["Bore da, Siân.", "x" * 3000]
    assert html.get_content() == "<p>ŵ</p>"
    report, _ = check(build(row(fields())))
    assert {rule for _, rule, _ in report.items} == {"M07", "M08"}  # no calendar part, which a notice has not


def test_an_invitation_carries_the_calendar_twice_and_last():
    message = parsed(build(row(fields(calendar=b"BEGIN:VCALENDAR\r\n" * 20, method="REQUEST"))))
    assert shape(message) == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/ics",
    ]
    inline, attached = list(message.walk())[4:]
    assert inline["Content-Type"].params == {"charset": "UTF-8", "method": "REQUEST"}
    assert inline.get_content_disposition() is None
    assert attached.get_filename() == "invite.ics"
    assert inline.get_payload(decode=True) == attached.get_payload(decode=True) == b"BEGIN:VCALENDAR\r\n" * 20


def test_the_headers_are_these_and_no_others():
    message = parsed(build(row(fields(to_name='Siân "Ŵ" O\'Neill, SWP'))))
    assert message.keys() == [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "X-Auto-Response-Suppress",
        "MIME-Version",
        "Content-Type",
    ]
    assert message["From"] == "EGVE Forum secretariat <forum@egve-forum.example>"
    assert message["To"].addresses[0].display_name == 'Siân "Ŵ" O\'Neill, SWP'
    assert message["To"].addresses[0].addr_spec == "person1@police.example"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "OOF, AutoReply"


def test_the_same_row_gives_the_same_bytes_and_another_key_another_message_id():
    letter = row(fields())
    other = row(fields(key="notice:other"))
    assert build(letter) == build(letter)
    assert letter.message_id != other.message_id
    assert letter.message_id.endswith("@egve-forum.example>")


@given(st.text(max_size=500), st.text(max_size=200), st.text(max_size=2000))
def test_nothing_typed_makes_a_header(subject, name, words):
    wire = build(row(fields(subject=subject, to_name=name, text=words, html=words)))
    lines = wire.split(b"\r\n")
    assert b"\r" not in wire.replace(b"\r\n", b"")
    assert b"\n" not in wire.replace(b"\r\n", b"")
    assert max(map(len, lines)) <= 998
    assert wire.isascii()
    head = lines[: lines.index(b"")]
    assert [line.split(b":")[0] for line in head if not line.startswith(b" ")] == [
        name.encode()
        for name in parsed(build(row(fields()))).keys()  # noqa: SIM118
    ]
    assert shape(parsed(wire)) == ["multipart/alternative", "text/plain", "text/html"]


@given(st.sampled_from(["\r\n", "\n", "\r", "\x0b", "\x85", "\u2028"]), st.sampled_from(["subject", "to_name"]))
def test_a_line_break_in_a_title_or_name_becomes_a_space(line_end, field):
    letter = row(fields(**{field: f"Agenda{line_end}Bcc: all@forum.example"}))
    message = parsed(build(letter))
    assert message["Bcc"] is None
    shown = message["Subject"] if field == "subject" else message["To"].addresses[0].display_name
    assert shown == "Agenda Bcc: all@forum.example"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "a@b.example\r\nBcc: c@d.example",
        "a@b.example, c@d.example",
        "ŵ@b.example",
        "a b@c.example",
        "<a@b.example>",
    ],
)
def test_an_address_that_mail_cannot_carry_is_refused(address):
    with pytest.raises(ValueError, match="Correct the address"):
        build(row(fields(to_address=address)))


def build_in(app, letter):
    with app.app_context():
        return build(letter)


def test_a_letter_of_a_list_says_how_to_leave_it(app):
    letter = row(fields(list_name="meetings", unsubscribe_path="/unsubscribe/abc"))
    message = parsed(build_in(app, letter))
    assert message["List-Id"] == "<meetings.egve-forum.example>"
    assert message["List-Unsubscribe"] == (
        "<https://forum.example/unsubscribe/abc>, <mailto:forum@egve-forum.example?subject=unsubscribe%20meetings>"
    )
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    report, _ = check(build_in(app, letter))
    assert {rule for _, rule, _ in report.items} == {"M07", "M08"}  # no calendar part, which a reminder has not


def test_one_press_is_not_offered_where_it_would_not_be_by_https(app, monkeypatch):
    monkeypatch.setitem(app.config, "PUBLIC_URL", "http://localhost:8000")
    message = parsed(build_in(app, row(fields(list_name="meetings", unsubscribe_path="/unsubscribe/abc"))))
    assert message["List-Unsubscribe"].startswith("<http://localhost:8000/unsubscribe/abc>")
    assert "List-Unsubscribe-Post" not in message


def test_a_link_for_leaving_serves_one_list_and_one_person(app):
    with app.app_context():
        fields_of_list = leaving("meetings", 7)
        token = fields_of_list["unsubscribe_path"].removeprefix("/unsubscribe/")
        assert who_leaves("meetings", token) == 7
        assert who_leaves("theme-housing", token) is None
        assert who_leaves("meetings", token + "x") is None
