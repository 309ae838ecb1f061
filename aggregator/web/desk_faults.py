"""Faults of forms of the desk: the page is shown again with the fields as entered and the fault named."""

from collections.abc import Mapping

from msgspec import Struct

from aggregator.errors import Outdated, UsageError
from aggregator.web.desk_forms import Deed
from aggregator.web.forms import Fields, Refused

DECIDE = "decide"
PARTS: Mapping[Deed, str] = {  # forms of the page of an item, by their decisions; all others: DECIDE
    Deed.AMEND: "amend",
    Deed.STRIKE: "strike",
    Deed.SPLIT: "split",
    Deed.MERGE: "merge",
    Deed.APART: "merge",
    Deed.ERASE: "erase",
}
OF_DEED: Mapping[Deed, str] = {Deed.MERGE: "other", Deed.APART: "other", Deed.STRIKE: "struck"}
NOTHING = "Nothing was changed."


class Given(Struct, frozen=True):
    """The fields of a form as they were entered, and what is wrong with which of them; `part` names the form
    on its page, "" none."""

    part: str = ""
    fields: Fields = Fields()
    fault: str = ""
    field: str = ""
    status: int = 200

    def raw(self, part: str, name: str, otherwise: str = "") -> str:
        """Return what a field of a form was given; `otherwise` for a form that was not sent."""
        return self.fields.raw(name) if part == self.part else otherwise

    def has(self, part: str, name: str, value: str) -> bool:
        """Return whether a field of a form was given a value, as one of several."""
        return part == self.part and value in self.fields.many(name)

    def is_wrong(self, part: str, name: str) -> bool:
        """Return whether the fault is in this field."""
        return bool(self.fault) and (part, name) == (self.part, self.field)


def faulty(fields: Fields, error: Refused | UsageError | Outdated) -> Given:
    """Return a form that a decision was refused for."""
    act = fields.one("act")
    deed = Deed(act) if act in tuple(Deed) else None
    part = DECIDE if deed is None else PARTS.get(deed, DECIDE)
    if isinstance(error, Refused):
        return Given(part, fields, str(error), error.field, error.status)
    if isinstance(error, Outdated):
        fault = f"The release has changed meanwhile: this page shows it as it is now. {NOTHING}"
        return Given(part, fields, fault, "", 409)
    field = "" if deed is None else OF_DEED.get(deed, "")
    return Given(part, fields, f"{str(error)[:1].upper()}{str(error)[1:]}. {NOTHING}", field, 409)
