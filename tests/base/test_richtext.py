"""Whatever somebody writes is shown, and can do nothing else."""

from __future__ import annotations

import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.base.errors import Rejected
from forum.base.richtext import (
    ATTRIBUTES,
    LONGEST,
    TAGS,
    clean,
    leads_somewhere_safe,
    plain,
    sanitise,
    to_html,
    to_text,
)

REL = 'rel="nofollow noopener noreferrer ugc"'

PIECES = st.sampled_from(
    [
        "<script>",
        "</script>",
        "<img",
        "src=x",
        "onerror=alert(1)>",
        "<a",
        'href="javascript:alert(1)">',
        "<svg/onload=x>",
        "<!--",
        "-->",
        "<style>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:a)",
        "[x](data:text/html,x)",
        "[x](//evil.example)",
        "![x](http://e.example/p.png)",
        "[x](&#106;avascript:a)",
        "[x](/\\evil.example)",
        "<javascript:a>",
        '<https://e.example/"onclick=x>',
        '<mailto:a"b@e.example>',
        "[x](vbscript:a)",
        "[x](java%0ascript:a)",
        "[x](http://e.example",
        '"t\\"onx=")',
        "&lt;",
        "&#60;script&#62;",
        "&amp;lt;",
        "`",
        "```",
        ">",
        "-",
        "1.",
        "#",
        "|",
        "|-|",
        "*",
        "**",
        "_",
        "~~",
        "~",
        "[",
        "]",
        "(",
        ")",
        "\\",
        ":",
        "/",
        "www.e.example",
        "a@e.example",
        "]]>",
        "<![CDATA[",
        "<?php",
        "%3C",
        "\ue000",
        "\ue001",
        "\x00",
        "�",
    ]
)
HOSTILE = st.lists(PIECES | st.sampled_from(["\n", "\n\n", " ", "    "]) | st.text(max_size=5), max_size=40).map(
    "".join
)


class Seen(HTMLParser):
    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@given(HOSTILE)
def test_nothing_but_what_is_allowed_ever_comes_out(markdown: str) -> None:
    for tag, attributes in Seen(to_html(markdown)).tags:
        assert tag in TAGS
        assert set(attributes) <= ATTRIBUTES.get(tag, set()) | {"rel", "scope"}
        if tag == "a":
            assert re.match(r"https?://[^/\\]|mailto:|/(?![/\\])", attributes["href"] or "", re.IGNORECASE)
            assert attributes["rel"] == "nofollow noopener noreferrer ugc"


@given(HOSTILE)
def test_what_is_sanitised_stays_as_it_is(markdown: str) -> None:
    once = to_html(markdown)
    assert sanitise(once) == once


@given(st.text())
def test_any_text_is_answered(text: str) -> None:
    to_text(to_html(text))
    assert "\n" not in plain(text)
    assert clean(clean(text)) == clean(text)
    plain(text).encode()


@given(st.text(alphabet="<>/ab!-? =\"'", min_size=1))
def test_no_word_between_angle_brackets_is_lost(text: str) -> None:
    shown = to_text(to_html(text.replace("-", "").replace("=", "")))
    assert [one for one in shown if one in "ab"] == [one for one in text if one in "ab"]


def test_headings_begin_below_those_of_the_page() -> None:
    assert to_html("# a\n## b\n#### c\n###### d") == "<h3>a</h3>\n<h4>b</h4>\n<h5>c</h5>\n<h6>d</h6>\n"
    assert to_html("#### only") == "<h3>only</h3>\n"
    assert to_html("## a\n### b", top=2) == "<h2>a</h2>\n<h3>b</h3>\n"


def test_line_breaks_lists_quotes_and_code_are_kept() -> None:
    assert to_html("a\nb") == "<p>a<br>\nb</p>\n"
    assert to_html("3. x\n4. y") == '<ol start="3">\n<li>x</li>\n<li>y</li>\n</ol>\n'
    assert to_html("> said") == "<blockquote>\n<p>said</p>\n</blockquote>\n"
    assert to_html("```py\n<a>\n```") == "<pre><code>&lt;a&gt;\n</code></pre>\n"
    assert to_html("~~gone~~ **so** *it*") == "<p><del>gone</del> <strong>so</strong> <em>it</em></p>\n"


def test_a_table_has_head_cells_that_say_what_they_head() -> None:
    shown = to_html("|a|b|\n|:-|-:|\n|1|2|")
    assert '<th align="left" scope="col">a</th>' in shown
    assert '<td align="right">2</td>' in shown


def test_html_is_shown_as_it_was_written() -> None:
    assert to_html("<b>x</b> a<b c> <!-- y -->") == "<p>&lt;b&gt;x&lt;/b&gt; a&lt;b c&gt; &lt;!-- y --&gt;</p>\n"
    assert to_html("`<i>` &lt;u&gt;") == "<p><code>&lt;i&gt;</code> &lt;u&gt;</p>\n"


@pytest.mark.parametrize(
    "markdown",
    [
        "[x](javascript:alert(1))",
        "[x](data:text/html,y)",
        "[x](//evil.example)",
        "[x](ftp://a.example)",
        "[x](page)",
        "[x]()",
    ],
)
def test_a_doubtful_link_is_shown_as_words(markdown: str) -> None:
    assert to_html(markdown) == "<p>x</p>\n"


def test_links_to_the_web_to_mailboxes_and_to_pages_here_work() -> None:
    assert to_html("[x](/feedback/61)") == f'<p><a href="/feedback/61" {REL}>x</a></p>\n'
    assert f'<a href="https://a.example/?q=1&amp;r=2" {REL}>' in to_html("<https://a.example/?q=1&r=2>")
    assert f'<a href="http://www.gov.uk" {REL}>www.gov.uk</a>' in to_html("see www.gov.uk")
    assert f'<a href="mailto:a@b.example" {REL}>' in to_html("a@b.example")


@pytest.mark.parametrize(
    "address",
    [
        "//e.example",
        "/\\e.example",
        "/a\tb",
        "",
        "http:///e",
        "mailto:",
        "java\nscript:",
        "?a",
        "https://gov.uk@e.example",
    ],
)
def test_addresses_that_lead_astray_are_refused(address: str) -> None:
    assert not leads_somewhere_safe(address)


def test_a_picture_is_a_link_and_nothing_is_loaded() -> None:
    assert to_html("![plan](https://a.example/p.png)") == f'<p><a href="https://a.example/p.png" {REL}>plan</a></p>\n'
    assert (
        to_html("[![plan](http://a.example/p)](http://b.example)")
        == f'<p><a href="http://b.example" {REL}>plan</a></p>\n'
    )
    assert to_html("![](data:image/png;base64,x)") == "<p>data:image/png;base64,x</p>\n"


def test_a_link_always_has_words_to_follow_it_by() -> None:
    assert to_html("[](http://a.example)") == f'<p><a href="http://a.example" {REL}>http://a.example</a></p>\n'


def test_the_limit_is_named_with_the_length() -> None:
    to_html("a" * LONGEST)
    with pytest.raises(Rejected, match=r"20,001 characters long\. The limit is 20,000"):
        to_html("a" * (LONGEST + 1))


def test_line_ends_of_a_browser_count_once() -> None:
    assert to_html("a\r\n" * 9_999)


@pytest.mark.parametrize("piece", ["[", "<a "])
def test_200_kb_of_hostile_text_is_refused_at_once(piece: str) -> None:
    start = time.process_time()
    with pytest.raises(Rejected):
        to_html(piece * (200_000 // len(piece)))
    assert time.process_time() - start < 0.1


@pytest.mark.parametrize(
    "piece", ["[", "<a ", "> ", "- ", "1. ", "*a **b ", "`", "![", "[a](", "&", "_a ", "<https://", "|a", "~a~"]
)
def test_20_kb_of_hostile_text_is_answered_soon(piece: str) -> None:
    start = time.process_time()
    to_html(piece * (LONGEST // len(piece)))
    assert time.process_time() - start < 1


def test_a_table_of_nine_million_cells_is_not_made() -> None:
    assert len(to_html("|a" * 3_000 + "\n" + "|-" * 3_000 + "\n" + "|\n" * 3_000)) < 100_000


def test_text_of_html_has_a_line_a_block() -> None:
    assert (
        to_text(to_html("# T\n\na\nb\n\n- x\n  - y\n- <z> & ŷ\n\n|a|b|\n|-|-|\n|1|2|"))
        == "T\na\nb\n• x\n• y\n• <z> & ŷ\na b\n1 2"
    )
    assert to_text(to_html("- one\n\n  more\n\n- two\n\n```\nx\ny\n```")) == "• one\nmore\n• two\nx\ny"


def test_numbered_lists_keep_their_numbers_where_that_is_asked_for() -> None:
    html = to_html("3. one\n   * a\n   * b\n\n     more\n4. two\n\n- x")
    assert to_text(html, is_numbered=True) == "3. one\n• a\n• b\nmore\n4. two\n• x"
    assert to_text(html) == "• one\n• a\n• b\nmore\n• two\n• x"


def test_plain_is_one_line() -> None:
    assert plain("  Title\r\nBcc: x@y.example\u2028\tz\0 ") == "Title Bcc: x@y.example z"


def test_clean_keeps_lines_and_what_can_be_seen() -> None:
    assert clean("\r\n  a\r\n\r\nb\rc\t d \n\n") == "  a\n\nb\nc\t d"
    assert clean("w\u0302 \ud800\0\x1b[1m\u200b\u202egpj.exe\u2066\ufeff") == "ŵ [1mgpj.exe"


def test_clean_keeps_joined_emoji_and_the_flag_of_wales() -> None:
    family, wales = "👩‍👧", "\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f"
    assert clean(f"{family}{wales}") == f"{family}{wales}"
    assert clean("hidden\U000e0068\U000e0069") == "hidden"
