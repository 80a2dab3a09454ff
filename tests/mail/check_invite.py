"""A conformance checker for an invitation mailed to one person (iMIP); `problems(raw)` is what tests call.

Rules come from RFC 5322/2045-2047 (mail), 5545 (iCalendar), 5546 (iTIP), 6047 (iMIP) and from what clients are known
to trip over (marked Q). It reads the bytes itself, with an unfolder and an evaluator of time zones of its own that
share nothing with the code under test, and then makes three independent parsers agree.
"""

import datetime as dt
import email
import email.policy
import email.utils
import functools
import json
import re
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

UTC = dt.UTC
ADDR_RE = re.compile(rb"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
RULES = {  # id: severity
    "M01": "E",
    "M02": "E",
    "M03": "E",
    "M04": "E",
    "M05": "E",
    "M06": "E",
    "M07": "E",
    "M08": "E",
    "M09": "E",
    "M10": "E",
    "M11": "W",
    "M12": "W",
    "M13": "W",
    "M14": "E",
    "M15": "E",
    "M16": "W",
    "M17": "E",
    "M18": "W",
    "I01": "E",
    "I02": "E",
    "I03": "E",
    "I04": "E",
    "I05": "E",
    "I06": "E",
    "I07": "E",
    "I08": "E",
    "I09": "E",
    "I10": "W",
    "I11": "E",
    "I12": "E",
    "I13": "E",
    "I14": "E",
    "I15": "E",
    "I16": "E",
    "I17": "E",
    "I18": "E",
    "I19": "W",
    "I20": "E",
    "I21": "W",
    "I22": "W",
    "I23": "E",
    "I24": "E",
    "U01": "E",
    "U02": "E",
    "U03": "E",
    "U04": "E",
    "U05": "E",
    "P01": "E",
    "P02": "E",
    "P03": "E",
}


class Report:
    def __init__(s):
        s.items = []

    def add(s, rule, text, sev=None):
        s.items.append((sev or RULES[rule], rule, text))

    def errors(s):
        return [i for i in s.items if i[0] == "E"]


# ---------------------------------------------------------------- iCalendar by hand
class Line:
    __slots__ = ("name", "params", "raw", "value")

    def __init__(s, name, params, value, raw):
        s.name, s.params, s.value, s.raw = name, params, value, raw

    def p(s, k, d=None):
        v = s.params.get(k)
        return v[0] if v else d


def parse_line(raw):
    m = re.match(r"([A-Za-z0-9-]+)", raw)
    if not m:
        raise ValueError(f"no property name in {raw[:40]!r}")
    i = m.end()
    name = m.group(1).upper()
    params = {}
    while i < len(raw) and raw[i] == ";":
        m = re.match(r";([A-Za-z0-9-]+)=", raw[i:])
        if not m:
            raise ValueError(f"bad parameter at {raw[i : i + 30]!r}")
        k = m.group(1).upper()
        i += m.end()
        vals = []
        while True:
            if i < len(raw) and raw[i] == '"':
                j = raw.find('"', i + 1)
                if j < 0:
                    raise ValueError("unterminated quoted parameter")
                vals.append(raw[i + 1 : j])
                i = j + 1
            else:
                m = re.match(r'[^";:,]*', raw[i:])
                vals.append(m.group(0))
                i += m.end()
            if i < len(raw) and raw[i] == ",":
                i += 1
                continue
            break
        if k in params:
            raise ValueError(f"parameter {k} twice")
        params[k] = vals
    if i >= len(raw) or raw[i] != ":":
        raise ValueError(f"no colon in {raw[:60]!r}")
    return Line(name, params, raw[i + 1 :], raw)


class Comp:
    def __init__(s, name):
        s.name = name
        s.props = []
        s.kids = []
        s.prop_after_kid = False

    def all(s, n):
        return [p for p in s.props if p.name == n]

    def one(s, n):
        a = s.all(n)
        return a[0] if len(a) == 1 else None

    def sub(s, n):
        return [k for k in s.kids if k.name == n]


def parse_ics(data, rep):
    """byte-level rules + tree"""
    if data.startswith(b"\xef\xbb\xbf"):
        rep.add("I01", "UTF-8 BOM at start of the iCalendar object")
        data = data[3:]
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as e:
        try:
            re.sub(rb"(?:\r\n|\n|\r)[ \t]", b"", data).decode("utf-8")
            rep.add(
                "I02",
                f"a fold splits a UTF-8 sequence (legal to RFC 5545 unfolders, breaks every parser that decodes first): {e}",
            )
        except UnicodeDecodeError:
            rep.add("I01", f"not UTF-8: {e}")
            return None
    if re.search(rb"(?<!\r)\n|\r(?!\n)", data):
        rep.add("I01", "bare LF or CR: lines must end CRLF")
    if not data.endswith(b"\r\n"):
        rep.add("I01", "last line does not end CRLF")
    phys = re.split(rb"\r\n|\n|\r", data)
    if phys and phys[-1] == b"":
        phys.pop()
    for n, line in enumerate(phys, 1):
        if len(line) > 75:
            rep.add("I02", f"line {n} is {len(line)} octets (limit 75)")
        if line == b"":
            rep.add("I02", f"empty line {n}")
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            rep.add("I02", f"line {n}: fold splits a UTF-8 sequence")
        if re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", line):
            rep.add("I02", f"line {n}: control character")
    text = re.sub(rb"(?:\r\n|\n|\r)[ \t]", b"", data).decode("utf-8")
    root = None
    stack = []
    for raw in [x for x in re.split(r"\r\n|\n|\r", text) if x != ""]:
        try:
            line = parse_line(raw)
        except ValueError as e:
            rep.add("I03", f"content line: {e}")
            continue
        if line.name == "BEGIN":
            c = Comp(line.value.upper())
            if stack:
                stack[-1].kids.append(c)
            elif root is None:
                root = c
            else:
                rep.add("I04", "more than one VCALENDAR object in the part")
            stack.append(c)
        elif line.name == "END":
            if not stack or stack[-1].name != line.value.upper():
                rep.add("I04", f"END:{line.value} does not match")
                return None
            stack.pop()
        elif not stack:
            rep.add("I04", f"property {line.name} outside a component")
        else:
            if stack[-1].kids and stack[-1].name == "VCALENDAR":
                rep.add("I04", f"VCALENDAR property {line.name} after a component (RFC 5545 3.6: calprops come first)")
            stack[-1].props.append(line)
    if stack:
        rep.add("I04", f"unclosed component {stack[-1].name}")
    return root


DT = re.compile(r"^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z)?)?$")


def parse_dt(v):
    m = DT.match(v)
    if not m:
        raise ValueError(f"bad DATE/DATE-TIME {v!r}")
    y, mo, d, h, mi, s, z = m.groups()
    if h is None:
        return dt.date(int(y), int(mo), int(d)), False
    return dt.datetime(int(y), int(mo), int(d), int(h), int(mi), int(s)), bool(z)


def parse_off(v):
    m = re.match(r"^([+-])(\d\d)(\d\d)(\d\d)?$", v)
    if not m:
        raise ValueError(f"bad UTC-OFFSET {v!r}")
    sec = int(m[2]) * 3600 + int(m[3]) * 60 + int(m[4] or 0)
    return dt.timedelta(seconds=-sec if m[1] == "-" else sec)


class VTZ:
    """evaluates an embedded VTIMEZONE exactly as written"""

    def __init__(s, comp):
        s.obs = []
        s.rdate = False
        s.rrule = False
        for o in comp.kids:
            if o.name not in ("STANDARD", "DAYLIGHT"):
                continue
            f, t = parse_off(o.one("TZOFFSETFROM").value), parse_off(o.one("TZOFFSETTO").value)
            start, z = parse_dt(o.one("DTSTART").value)
            if z or "TZID" in o.one("DTSTART").params:
                raise ValueError("VTIMEZONE sub-component DTSTART must be local time")
            s.obs.append(
                (
                    start,
                    f,
                    t,
                    [r.value for r in o.all("RRULE")],
                    [x for r in o.all("RDATE") for x in r.value.split(",")],
                )
            )
            s.rdate |= bool(o.all("RDATE"))
            s.rrule |= bool(o.all("RRULE"))
        if not s.obs:
            raise ValueError("VTIMEZONE without STANDARD or DAYLIGHT")

    def offset(s, local):
        return _offset(tuple((start, f, t, tuple(rr), tuple(rd)) for start, f, t, rr, rd in s.obs), local)


@functools.cache
def _offset(obs, local):
    best = None
    for start, f, t, rr, rd in obs:
        on = [start] if start <= local else []
        for r in rr:
            u = re.sub(
                r"UNTIL=(\d{8}T\d{6})Z",
                lambda m, f=f: "UNTIL=" + (parse_dt(m[1])[0] + f).strftime("%Y%m%dT%H%M%S"),
                r,
            )
            x = rrulestr(u, dtstart=start).before(local, inc=True)
            if x:
                on.append(x)
        on += [parse_dt(x)[0] for x in rd if parse_dt(x)[0] <= local]
        if on and (best is None or max(on) > best[0]):
            best = (max(on), t)
    if best is None:
        return min(obs)[1]
    return best[1]


def addr_of(line):
    v = line.value
    return v[7:] if v.lower().startswith("mailto:") else None


def check_ics(data, rep, sender, rcpt, ctype_method, hdr_date, allow):
    root = parse_ics(data, rep)
    f = {}
    if root is None:
        return f
    if root.name != "VCALENDAR":
        rep.add("I04", f"root is {root.name}")
        return f
    for n, val in (("VERSION", "2.0"), ("PRODID", None), ("METHOD", None)):
        a = root.all(n)
        if len(a) != 1:
            rep.add("I05", f"{len(a)} {n} properties in VCALENDAR (need exactly 1)")
        elif val and a[0].value != val:
            rep.add("I05", f"{n} is {a[0].value!r}, not {val!r}")
        elif not a[0].value:
            rep.add("I05", f"{n} is empty")
    cs = root.all("CALSCALE")
    if len(cs) > 1 or (cs and cs[0].value.upper() != "GREGORIAN"):
        rep.add("I05", "CALSCALE must be GREGORIAN, at most once")
    m = root.one("METHOD")
    method = m.value.upper() if m else None
    f["method"] = method
    if method not in ("REQUEST", "CANCEL"):
        rep.add("I06", f"METHOD is {method}: not an invitation (REQUEST) or cancellation (CANCEL)")
    if ctype_method is not None and method and ctype_method.upper() != method:
        rep.add(
            "M10",
            f'Content-Type method={ctype_method} but METHOD:{method} (Exchange: "Inbound Mime method and ICAL method mismatch")',
        )
    evs = root.sub("VEVENT")
    if len(evs) != 1:
        rep.add("I07", f"{len(evs)} VEVENT components (need exactly 1: one meeting a message)")
    if not evs:
        return f
    for k in root.kids:
        if k.name not in ("VEVENT", "VTIMEZONE"):
            rep.add("I07", f"component {k.name} in an invitation")
    ev = evs[0]
    need = ["UID", "DTSTAMP", "ORGANIZER", "SEQUENCE", "DTSTART", "SUMMARY", "STATUS"]
    for n in need:
        if len(ev.all(n)) != 1:
            rep.add("I08", f"{len(ev.all(n))} {n} in VEVENT (need exactly 1)")
    for n in (
        "DTEND",
        "DURATION",
        "LOCATION",
        "DESCRIPTION",
        "URL",
        "CLASS",
        "TRANSP",
        "PRIORITY",
        "CREATED",
        "LAST-MODIFIED",
        "RRULE",
        "RECURRENCE-ID",
        "GEO",
    ):
        if len(ev.all(n)) > 1:
            rep.add("I08", f"{n} more than once")
    if bool(ev.all("DTEND")) == bool(ev.all("DURATION")):
        rep.add("I08", "need exactly one of DTEND and DURATION")
    for n in ("DTSTAMP", "CREATED", "LAST-MODIFIED"):
        for line in ev.all(n):
            try:
                v, z = parse_dt(line.value)
            except ValueError as e:
                rep.add("I09", f"{n}: {e}")
                continue
            if not z or not isinstance(v, dt.datetime):
                rep.add("I09", f"{n} must be UTC (…Z): {line.value}")
            elif n == "DTSTAMP":
                f["dtstamp"] = v
                if hdr_date and abs((v.replace(tzinfo=UTC) - hdr_date).total_seconds()) > 86400:
                    rep.add("I10", "DTSTAMP and Date header more than a day apart")
    st = ev.one("STATUS")
    want = {"REQUEST": ("CONFIRMED", "TENTATIVE"), "CANCEL": ("CANCELLED",)}.get(method)
    if st and want and st.value.upper() not in want:
        rep.add("I11", "STATUS:{} with METHOD:{} (need {})".format(st.value, method, "/".join(want)))
    # times and zones
    tzs = {}
    for z in root.sub("VTIMEZONE"):
        i = z.one("TZID")
        if not i:
            rep.add("I12", "VTIMEZONE without TZID")
            continue
        try:
            tzs[i.value] = VTZ(z)
        except Exception as e:
            rep.add("I12", f"VTIMEZONE {i.value}: {e}")
    used = set()
    inst = {}
    for n in ("DTSTART", "DTEND"):
        line = ev.one(n)
        if not line:
            continue
        try:
            v, z = parse_dt(line.value)
        except ValueError as e:
            rep.add("I13", f"{n}: {e}")
            continue
        if isinstance(v, dt.date) and not isinstance(v, dt.datetime):
            if line.p("VALUE") != "DATE":
                rep.add("I13", f"{n} is a DATE without VALUE=DATE")
            inst[n] = dt.datetime(v.year, v.month, v.day)
            continue
        tz = line.p("TZID")
        if z:
            if tz:
                rep.add("I13", f"{n} has both TZID and Z")
            inst[n] = v
        elif not tz:
            rep.add("I13", f"{n} is floating (no TZID, no Z): every client reads it as its own local time")
        else:
            used.add(tz)
            if tz not in tzs:
                rep.add("I14", f"TZID={tz} has no VTIMEZONE (Outlook then guesses)")
                continue
            off = tzs[tz].offset(v)
            inst[n] = v - off
            try:
                true = ZoneInfo(tz)
            except Exception:
                rep.add("I16", f"TZID {tz} is not an IANA name", "W")
                continue
            if v.replace(tzinfo=true).utcoffset() != off:
                rep.add(
                    "I15", f"{n}: embedded VTIMEZONE gives {off}, tz database says {v.replace(tzinfo=true).utcoffset()}"
                )
            year = v.year
            for mm in range(1, 13):  # the whole year and the next, so a reschedule across DST is right too
                for y in (year, year + 1):
                    for d in (1, 15, 28):
                        t = dt.datetime(y, mm, d, 12)
                        if tzs[tz].offset(t) != t.replace(tzinfo=true).utcoffset():
                            rep.add("I15", f"VTIMEZONE {tz} wrong on {t.date()}")
                            break
                    else:
                        continue
                    break
                else:
                    continue
                break
    for t in tzs:
        if t not in used:
            rep.add("I12", f"VTIMEZONE {t} is not used", "W")
        elif tzs[t].rdate:
            rep.add(
                "I19",
                f"VTIMEZONE {t} uses RDATE: Outlook is reported to ignore it (iCalcreator #86, #106; nextcloud/calendar #4429); use two yearly RRULEs",
            )
    if "DTSTART" in inst and "DTEND" in inst and inst["DTEND"] <= inst["DTSTART"]:
        rep.add("I13", "DTEND is not after DTSTART")
    f["start"] = inst.get("DTSTART")
    f["end"] = inst.get("DTEND")
    # identity
    u = ev.one("UID")
    if u:
        f["uid"] = u.value
        if not u.value or len(u.value.encode()) > 255:
            rep.add("I17", "UID empty or over 255 octets")
        if not re.match(r"^[\x21-\x7e]+$", u.value):
            rep.add("I17", "UID has spaces or non-ASCII")
        if rcpt and rcpt.split("@")[0].lower() in u.value.lower().split("@")[0] and len(rcpt.split("@")[0]) > 3:
            rep.add("I17", "UID seems to carry the recipient: it must be the same for every attendee")
    s = ev.one("SEQUENCE")
    if s:
        if not re.match(r"^\d+$", s.value):
            rep.add("I18", "SEQUENCE is not a non-negative integer")
        else:
            f["sequence"] = int(s.value)
    o = ev.one("ORGANIZER")
    if o:
        a = addr_of(o)
        if a is None:
            rep.add("I20", f"ORGANIZER is not a mailto: URI: {o.value}")
        else:
            f["organizer"] = a.lower()
            if sender and a.lower() != sender.lower():
                rep.add(
                    "I20",
                    f"ORGANIZER {a} is not the From address {sender} (Q: Gmail/Exchange drop the buttons or spoof-warn)",
                )
            if re.match(r"(?i)(no|do-?not)[-_.]?reply", a):
                rep.add("I20", "ORGANIZER is a no-reply address: calendar replies go there")
        if not o.p("CN"):
            rep.add("I21", "ORGANIZER has no CN")
        if "SENT-BY" in o.params and not o.p("SENT-BY").lower().startswith("mailto:"):
            rep.add("I20", "SENT-BY must be a quoted mailto:")
    at = ev.all("ATTENDEE")
    if len(at) != 1:
        rep.add("I23", f"{len(at)} ATTENDEE lines: exactly one, the recipient (others would leak members' addresses)")
    for line in at:
        a = addr_of(line)
        if a is None:
            rep.add("I23", "ATTENDEE is not mailto:")
            continue
        f.setdefault("attendees", []).append(a.lower())
        if rcpt and a.lower() != rcpt.lower():
            rep.add("I23", f"ATTENDEE {a} is not the To address {rcpt} (Q: Gmail/Outlook show no buttons)")
        if method == "REQUEST":
            if (line.p("RSVP") or "FALSE").upper() != "TRUE":
                rep.add("I24", "ATTENDEE without RSVP=TRUE")
            if (line.p("PARTSTAT") or "NEEDS-ACTION").upper() not in (
                "NEEDS-ACTION",
                "ACCEPTED",
                "DECLINED",
                "TENTATIVE",
            ):
                rep.add("I24", "PARTSTAT {}".format(line.p("PARTSTAT")))
            if line.p("PARTSTAT") is None:
                rep.add("I21", "ATTENDEE has no explicit PARTSTAT")
            if (line.p("ROLE") or "REQ-PARTICIPANT") not in ("REQ-PARTICIPANT", "OPT-PARTICIPANT", "CHAIR"):
                rep.add("I24", "ROLE {} does not ask for a reply".format(line.p("ROLE")))
        if not line.p("CN"):
            rep.add("I21", "ATTENDEE has no CN")
    for line in ev.props:
        for k, vs in line.params.items():
            for v in vs:
                if k == "CN" and "@" in v and v.lower() not in (sender or "", rcpt or ""):
                    rep.add("I21", f"CN holds an address: {v}")
        if line.name in ("SUMMARY", "LOCATION", "DESCRIPTION", "COMMENT"):
            if "\\" in re.sub(r"\\[\\;,nN]", "", line.value):
                rep.add("I22", f"{line.name}: unknown backslash escape", "E")
            if re.search(r"(?<!\\)(?:\\\\)*[;,]", re.sub(r"\\.", "", line.value)):
                rep.add("I22", f"{line.name}: unescaped comma or semicolon", "E")
            if re.search(r"<(p|br|a|div|b)\b", line.value, re.I):
                rep.add("I22", f"{line.name} holds HTML")
        if line.name == "X-MS-OLK-FORCEINSPECTOROPEN":
            rep.add("I22", "X-MS-OLK-FORCEINSPECTOROPEN in a mailed invitation")
    d = ev.one("DESCRIPTION")
    if not d or "https://" not in d.value:
        rep.add(
            "I22",
            "DESCRIPTION has no https link to the meeting page (URL alone is not shown by clients: decidim #11994)",
        )
    for k in ev.kids:
        if k.name == "VALARM":
            rep.add("I22", "VALARM in an invitation: reminders are the attendee's own choice")
    sm = ev.one("SUMMARY")
    f["summary"] = re.sub(r"\\([\\;,])", r"\1", re.sub(r"\\[nN]", "\n", sm.value)) if sm else None
    # leaks
    plain = re.sub(rb"\r?\n[ \t]", b"", data)
    ok = {x.lower() for x in (sender, rcpt, f.get("uid"), *allow) if x}
    for a in {x.decode().lower() for x in ADDR_RE.findall(plain)}:
        if a not in ok:
            rep.add("I23", f"an address other than sender and recipient is in the calendar part: {a}")
    return f


# ---------------------------------------------------------------- independent parsers
def P_icalendar(b):
    import icalendar

    c = icalendar.Calendar.from_ical(b)
    e = next(iter(c.walk("VEVENT")))

    def tzof(p):
        return p.dt.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ") if getattr(p.dt, "tzinfo", None) else str(p.dt)

    at = e.get("ATTENDEE")
    at = at if isinstance(at, list) else [at] if at is not None else []
    errs = [str(x) for x in getattr(e, "errors", [])]
    if errs:
        raise ValueError("; ".join(errs))
    return {
        "method": str(c["METHOD"]),
        "uid": str(e["UID"]),
        "seq": int(e["SEQUENCE"]),
        "start": tzof(e["DTSTART"]),
        "end": tzof(e["DTEND"]),
        "summary": str(e["SUMMARY"]),
        "org": str(e["ORGANIZER"]).lower().replace("mailto:", ""),
        "att": sorted(str(a).lower().replace("mailto:", "") for a in at),
    }


def P_vobject(b):
    import vobject

    c = vobject.readOne(b.decode())
    e = c.vevent

    def z(p):
        return p.value.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")

    return {
        "method": c.method.value,
        "uid": e.uid.value,
        "seq": int(e.sequence.value),
        "start": z(e.dtstart),
        "end": z(e.dtend),
        "summary": e.summary.value,
        "org": e.organizer.value.lower().replace("mailto:", ""),
        "att": sorted(a.value.lower().replace("mailto:", "") for a in e.contents.get("attendee", [])),
    }


def P_ics(b):
    import ics

    c = ics.Calendar(b.decode())
    e = next(iter(c.events))

    def z(a):
        return a.to("utc").strftime("%Y%m%dT%H%M%SZ")

    seq = [x.value for x in e.extra if x.name == "SEQUENCE"]
    org = e.organizer.email if e.organizer else None
    return {
        "method": c.method,
        "uid": e.uid,
        "seq": int(seq[0]) if seq else None,
        "start": z(e.begin),
        "end": z(e.end),
        "summary": e.name,
        "org": (org or "").lower().replace("mailto:", ""),
        "att": sorted(a.email.lower().replace("mailto:", "") for a in e.attendees),
    }


# The third parser takes as long as all the rest. It is asked once for every meeting, sequence and method: the objects of
# one mailing differ in the attendee and the moment alone, which the other two read every time.
_asked = set()


def cross(ics, rep):
    got = {}
    parsers = [("icalendar", P_icalendar), ("vobject", P_vobject)]
    mailing = re.sub(rb"(?ms)^(ATTENDEE|DTSTAMP)[^\r\n]*(\r\n [^\r\n]*)*", b"", ics)
    if mailing not in _asked:
        _asked.add(mailing)
        parsers.append(("ics", P_ics))
    for n, parse in parsers:
        try:
            got[n] = parse(ics)
        except Exception as e:
            rep.add("P01", f"{n} cannot parse it: {type(e).__name__}: {str(e)[:150]}")
            got[n] = None
    good = {n: g for n, g in got.items() if g}
    for k in ("method", "uid", "seq", "start", "end", "summary", "org", "att"):
        vals = {}
        for n, g in good.items():
            if g.get(k) is not None:
                vals.setdefault(json.dumps(g[k]), []).append(n)
        if len(vals) > 1:
            rep.add("P03", f"parsers disagree on {k}: {vals}")
    return got


# ---------------------------------------------------------------- the mail
class Once(email.policy.EmailPolicy):
    """Reads a header once, however often it is asked for: that is most of the time a check takes."""

    @functools.lru_cache(1_000)  # noqa: B019  (one policy for as long as the tests run)
    def header_fetch_parse(self, name, value):
        return super().header_fetch_parse(name, value)


POLICY = Once()


@functools.lru_cache(100)  # in a chain each message is asked about as itself and as the one before the next
def check(raw, allow=()):
    """What is wrong with this message (bytes as on the wire), and what it says: (Report, fields)."""
    rep = Report()
    if re.search(rb"(?<!\r)\n|\r(?!\n)", raw):
        rep.add("M02", "message has bare LF or CR (wire form is CRLF)")
    for n, line in enumerate(re.split(rb"\r\n|\n", raw), 1):
        if len(line) > 998:
            rep.add("M02", f"line {n} is {len(line)} octets (RFC 5322 limit 998)")
            break
    if b"\0" in raw:
        rep.add("M02", "NUL in message")
    head = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0]
    if re.search(rb"[\x80-\xff]", head):
        rep.add("M02", "raw 8-bit in header block")
    msg = email.message_from_bytes(raw, policy=POLICY)
    for p in msg.walk():
        for d in p.defects:
            rep.add("M01", f"{p.get_content_type()}: {type(d).__name__}")
        for h in ("Content-Type", "Content-Disposition", "From", "To", "Message-ID", "Date"):
            if p[h] is not None:
                for d in getattr(p[h], "defects", ()):
                    rep.add("M01", f"{h}: {d}")
    for h in ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version"):
        n = len(msg.get_all(h, []))
        if n != 1:
            rep.add("M03", f"{n} {h} headers (need 1)")
    for h in (
        "Reply-To",
        "Sender",
        "Cc",
        "Bcc",
        "In-Reply-To",
        "References",
        "List-Id",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "Auto-Submitted",
    ):
        if len(msg.get_all(h, [])) > 1:
            rep.add("M03", f"{h} more than once")
    try:
        sender = (
            msg["From"].addresses[0].addr_spec if msg["From"] is not None and len(msg["From"].addresses) == 1 else None
        )
    except Exception:
        sender = None
    tos = list(msg["To"].addresses) if msg["To"] is not None else []
    if sender is None:
        rep.add("M04", "From is not one address")
    if len(tos) != 1:
        rep.add("M04", f"{len(tos)} addresses in To (need exactly 1: one copy each)")
    for h in ("Cc", "Bcc"):
        if msg[h] is not None:
            rep.add("M04", f"{h} header present")
    rcpt = tos[0].addr_spec if len(tos) == 1 else None
    mid = str(msg["Message-ID"] or "").strip()
    if not re.match(r"^<[^\s<>@]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}>$", mid):
        rep.add("M05", f"Message-ID {mid!r} is not <unique@public.domain>")
    elif re.search(r"@(localhost|.*\.(local|internal|lan|localdomain))>$", mid):
        rep.add("M05", f"Message-ID names an internal host: {mid}")
    hd = None
    try:
        hd = email.utils.parsedate_to_datetime(str(msg["Date"]))
    except Exception:
        rep.add("M06", "Date does not parse")
    if hd is not None and hd.tzinfo is None:
        hd = hd.replace(tzinfo=UTC)
    if str(msg["Auto-Submitted"] or "").lower() in ("", "no") and not msg["X-Auto-Response-Suppress"]:
        rep.add("M18", "no Auto-Submitted and no X-Auto-Response-Suppress: out-of-office replies will come back")
    lp = msg["List-Unsubscribe-Post"]
    if lp is not None and str(lp).strip() != "List-Unsubscribe=One-Click":
        rep.add("M17", 'List-Unsubscribe-Post must be exactly "List-Unsubscribe=One-Click"')
    if lp is not None and not re.search(r"<https://[^>]+>", str(msg["List-Unsubscribe"] or "")):
        rep.add("M17", "List-Unsubscribe-Post needs an https URI in List-Unsubscribe")
    # structure
    cal = [p for p in msg.walk() if p.get_content_type() == "text/calendar"]
    att_ics = [
        p
        for p in msg.walk()
        if p.get_content_type() in ("application/ics",)
        or ((p.get_filename() or "").lower().endswith(".ics") and p.get_content_type() != "text/calendar")
    ]
    inline = [p for p in cal if p.get_content_disposition() != "attachment"]
    attached = [p for p in cal if p.get_content_disposition() == "attachment"]
    fields = {}
    alt = [p for p in msg.walk() if p.get_content_type() == "multipart/alternative"]
    if len(alt) != 1:
        rep.add("M07", f"{len(alt)} multipart/alternative (need exactly 1)")
    else:
        kinds = [k.get_content_type() for k in alt[0].iter_parts()]
        if kinds != ["text/plain", "text/html", "text/calendar"]:
            rep.add(
                "M07", f"multipart/alternative holds {kinds}; need text/plain, text/html, text/calendar in that order"
            )
    if not inline:
        rep.add(
            "M08",
            "no text/calendar body part"
            + (" - only an attachment: Outlook/Gmail then show a file, not buttons" if attached or att_ics else ""),
        )
    elif len(inline) > 1:
        rep.add("M08", f"{len(inline)} inline text/calendar parts")
    for p in msg.walk():
        if p.get_content_maintype() == "multipart" and p.get_content_type() not in (
            "multipart/mixed",
            "multipart/alternative",
        ):
            rep.add("M07", f"unexpected {p.get_content_type()}", "W")
    c = (inline or attached or att_ics or [None])[0]
    if c is not None:
        meth = c.get_param("method")
        cs = c.get_param("charset")
        if c in cal and not meth:
            rep.add(
                "M09",
                'text/calendar without a method parameter (RFC 6047 2.4; Outlook: "not supported calendar message.ics")',
            )
        if c in cal and (cs is None or str(cs).lower() != "utf-8"):
            rep.add("M09", f"text/calendar charset is {cs!r}, not utf-8")
        cte = str(c["Content-Transfer-Encoding"] or "7bit").lower()
        if cte in ("8bit", "binary"):
            rep.add(
                "M11",
                f"calendar part is sent {cte}: use base64 or quoted-printable (RFC 6047 2.5), relays may change it",
            )
        body = c.get_payload(decode=True)
        if cte in ("7bit", "8bit"):
            body = re.sub(rb"\r?\n", b"\r\n", body) if b"\r\n" not in body else body
        if cte == "7bit" and re.search(rb"[\x80-\xff]", body):
            rep.add("M01", "8-bit data labelled 7bit")
        fields = check_ics(body, rep, sender, rcpt, meth, hd, allow)
        fields["_hash"] = body
        cross(body, rep)
        for a in attached + att_ics:
            if a is c:
                continue
            other = a.get_payload(decode=True)
            if other != body:
                rep.add("M14", "the attached .ics differs from the text/calendar part")
            if a in attached:
                rep.add(
                    "M13",
                    "second part is text/calendar too: use application/ics for the attachment so one part only is processed",
                )
            if (a.get_filename() or "") != "invite.ics":
                rep.add("M13", "attachment is not named invite.ics")
    for p in msg.walk():
        if p.is_multipart() or p in cal or p in att_ics:
            continue
        if p.get_content_disposition() == "attachment":
            rep.add(
                "M12",
                f"other attachment {p.get_filename()!r}: keep papers as links (Q: nodemailer #1206 - clients may lose the invitation view)",
            )
        if p.get_content_type() in ("text/plain", "text/html"):
            t = p.get_content()
            ok = {x.lower() for x in (sender, rcpt, *allow) if x}
            if not t.strip():
                rep.add("M15", f"{p.get_content_type()} part is empty")
            for a in {x.decode().lower() for x in ADDR_RE.findall(t.encode())}:
                if a not in ok and a != fields.get("uid", "").lower():
                    rep.add("M15", f"{p.get_content_type()} shows another address: {a}")
            if (
                fields.get("summary")
                and p.get_content_type() == "text/plain"
                and fields["summary"].split("\n")[0] not in re.sub(r"\s+", " ", t)
            ):
                rep.add("M16", "text/plain does not repeat the meeting title")
            if "https://" not in t:
                rep.add("M16", f"{p.get_content_type()} has no https RSVP/meeting link")
            if p.get_content_type() == "text/html":
                if re.search(r"<(script|iframe|form)\b", t, re.I):
                    rep.add("M15", "active element in HTML")
                if re.search(r'<img\b[^>]*src=["\']?https?:', t, re.I):
                    rep.add("M16", "remote image in HTML (tracking, blocked by default)")
                if not re.search(r"<html[^>]*\blang=", t, re.I):
                    rep.add("M16", "html has no lang")
    if sender and re.match(r"(?i)(no|do-?not)[-_.]?reply", sender):
        rep.add("M16", "From is a no-reply address")
    return rep, fields


def chain(old, new, rep):
    if old.get("uid") != new.get("uid"):
        rep.add("U01", "UID changed: {} -> {}".format(old.get("uid"), new.get("uid")))
    if old.get("organizer") != new.get("organizer"):
        rep.add("U02", "ORGANIZER changed (clients ignore updates from another organizer)")
    if old.get("dtstamp") and new.get("dtstamp") and new["dtstamp"] <= old["dtstamp"]:
        rep.add("U03", "DTSTAMP is not later than in the previous message")
    o, n = old.get("sequence"), new.get("sequence")
    if o is not None and n is not None:
        moved = (old.get("start"), old.get("end")) != (new.get("start"), new.get("end")) or old.get(
            "method"
        ) != new.get("method")
        if n < o:
            rep.add("U04", f"SEQUENCE went back {o} -> {n}")
        if moved and n <= o:
            rep.add("U05", f"time or status changed but SEQUENCE did not rise ({o} -> {n}): clients ignore the update")


def problems(raw, previous=None, allow=()):
    """Errors and warnings of one message, as lines of words; also those of following `previous` about the same meeting."""
    rep, fields = check(raw, allow)
    follows = Report()
    if previous is not None:
        chain(check(previous, allow)[1], fields, follows)
    return [f"{severity} {rule} {words}" for severity, rule, words in rep.items + follows.items]
