"""Who may do what with members. No database."""

from datetime import date

import pytest

from forum.base.errors import NotAllowed, Rejected
from forum.members import rules
from forum.members.models import Member, Role, Standing

TODAY = date(2016, 11, 15)


def person(number=1, role=Role.MEMBER, **more):
    return Member(**{"id": number, "name": "Amina Rowan", "email": "amina@cast.example", **more}, role=role)


def test_the_secretariat_keeps_the_membership():
    rules.check_keeper(person(role=Role.SECRETARIAT))
    rules.check_keeper(None)
    for role in (Role.MEMBER, Role.OFFICIAL):
        with pytest.raises(NotAllowed):
            rules.check_keeper(person(role=role))


def test_only_an_administrator_gives_and_takes_roles():
    sita, ada, bryn = person(1, Role.SECRETARIAT), person(2, Role.ADMIN), person(3)
    rules.check_role(ada, bryn, Role.OFFICIAL)
    rules.check_role(sita, bryn, Role.MEMBER)
    for member, role in ((bryn, Role.SECRETARIAT), (ada, Role.MEMBER)):
        with pytest.raises(Rejected) as refusal:
            rules.check_role(sita, member, role)
        assert refusal.value.field == "role"
    with pytest.raises(Rejected, match="your own role"):
        rules.check_role(ada, ada, Role.MEMBER)


def test_nobody_takes_themselves_out_and_the_secretariat_takes_no_official_out():
    sita, olu, bryn = person(1, Role.SECRETARIAT), person(2, Role.OFFICIAL), person(3)
    rules.check_leaving(sita, bryn, TODAY, TODAY)
    for member, left_on, words in (
        (sita, TODAY, "yourself"),
        (olu, TODAY, "administrator"),
        (bryn, date(2016, 11, 16), "in the past"),
        (person(4, standing=Standing.LEFT), TODAY, "already left"),
    ):
        with pytest.raises(Rejected, match=words):
            rules.check_leaving(sita, member, left_on, TODAY)


@pytest.mark.parametrize(
    "password",
    ["too short", "password1234", "1234567890", "aaaaaaaaaaaa", "amina@cast.example", "Amina Rowan", "x" * 257],
)
def test_passwords_somebody_would_try_first_are_refused(password):
    with pytest.raises(Rejected) as refusal:
        rules.check_password(person(), password)
    assert refusal.value.field == "password"


def test_three_words_make_a_password():
    rules.check_password(person(), "otter lantern gravel")


@pytest.mark.parametrize("address", ["a@b.example", "o'neill@x.police.uk", "ŵyn@cymru.example", "a+b@c-d.example"])
def test_addresses(address):
    assert rules.is_address(address)


@pytest.mark.parametrize(
    "address", ["", "a", "a@b", "a@b.example, c@d.example", "a b@c.example", "a@.example", "a@b..example"]
)
def test_what_is_no_address(address):
    assert not rules.is_address(address)


def test_a_joining_letter_is_for_those_who_have_not_joined_and_have_an_address():
    rules.check_joining_letter(person(standing=Standing.INVITED))
    for member in (person(standing=Standing.ACTIVE), person(standing=Standing.INVITED, email=None)):
        assert not rules.may_be_sent_joining_letter(member)
        with pytest.raises(Rejected):
            rules.check_joining_letter(member)
