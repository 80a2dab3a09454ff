"""What a summary is made of, as people choose it."""

from __future__ import annotations

import secrets
from typing import Any

from forum.reference.models import Priority, Theme
from forum.summaries.rules import CROSS_CUTTING, MOST_QUOTES, Scope
from forum.web import fields
from forum.web.fields import Choice

PROGRAMME, PUBLICATION = "programme", "publication"


class SummaryForm(fields.Form):
    title = fields.TextField("Title", hint="Leave it empty to have one made from what you choose")
    theme = fields.SelectField("Theme", blank="All themes", mark_optional=False)
    priority = fields.SelectField("Priority", blank="All priorities", mark_optional=False)
    from_on = fields.DateField(
        "First day", hint="For example, 1 7 2016. Leave empty to start with the first contribution"
    )
    to_on = fields.DateField("Last day", hint="For example, 30 11 2016. Leave empty to end with the latest one")
    takes_sensitive = fields.CheckboxField(
        "Take OFFICIAL-SENSITIVE contributions", hint="Otherwise they are left out, and the summary says how many"
    )
    audience = fields.RadioField(
        "Who is it for?",
        default=PROGRAMME,
        choices=[
            Choice(PROGRAMME, "The programme", "Every figure is shown"),
            Choice(
                PUBLICATION, "Publication outside the Forum", "Small counts are hidden, and so are contributions’ words"
            ),
        ],
    )
    quotes = fields.SelectField(
        "Quotes on each theme",
        default=3,
        hint="Words cited for challenges come first",
        choices=[Choice(count, str(count) if count else "None") for count in range(MOST_QUOTES + 1)],
    )
    form_key = fields.HiddenField(max_length=64)

    @classmethod
    def fresh(cls) -> SummaryForm:
        return cls(data={"audience": PROGRAMME, "quotes": 3, "form_key": secrets.token_urlsafe(24)})

    def offer(self, themes: list[Theme], priorities: list[Priority]) -> SummaryForm:
        """Retired themes too: there is feedback on them."""
        self.theme.choices = fields.choices((theme.id, theme.title) for theme in themes)
        cross_cutting = Choice(CROSS_CUTTING, "Cross-cutting")
        self.priority.choices = [*fields.choices((one.id, one.title) for one in priorities), cross_cutting]
        return self

    def scope(self) -> Scope:
        return Scope(
            self.theme.data, self.priority.data, self.from_on.data, self.to_on.data, bool(self.takes_sensitive.data)
        )

    def details(self) -> dict[str, Any]:
        return {
            "title": self.title.data,
            "quotes": self.quotes.data,
            "is_for_publication": self.audience.data == PUBLICATION,
            "form_key": self.form_key.data or None,
        }
