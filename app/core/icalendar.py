"""Appointments as calendars read them (RFC 5545): escaped, folded, in the wall-clock time of a place.

The zone is written out with the changes of its clock around the appointments, so that a calendar needs to know none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

PRODUCT = "-//Convergence//Convergence//FR"
FOLD_OCTETS = 75
AROUND = timedelta(days=370)
"""How far before and after the appointments the changes of the clock are told."""

_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_QUOTED = re.compile(r'["\x00-\x1f\x7f]')


@dataclass(frozen=True)
class Event:
    """One appointment. `uid` stays the same whatever changes, `sequence` rises with every change."""

    uid: str
    sequence: int
    stamp: datetime
    start: datetime
    end: datetime
    zone: str
    summary: str
    location: str = ""
    description: str = ""
    url: str = ""
    is_cancelled: bool = False
    is_tentative: bool = False


class Address(NamedTuple):
    """Who invites, or who is invited."""

    name: str
    email: str


def calendar(
    events: Sequence[Event],
    *,
    method: str,
    name: str = "",
    organizer: Address | None = None,
    attendee: Address | None = None,
) -> str:
    """A whole calendar: `method` is PUBLISH for a feed, REQUEST or CANCEL for what travels by mail."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN", f"METHOD:{method}"]
    if name:
        lines += [
            f"X-WR-CALNAME:{escaped(name)}",
            "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
            "X-PUBLISHED-TTL:PT1H",
        ]
    for zone in sorted({event.zone for event in events}):
        inside = [event for event in events if event.zone == zone]
        lines += _zone(zone, min(event.start for event in inside), max(event.end for event in inside))
    for event in events:
        lines += _event(event, organizer, attendee)
    lines.append("END:VCALENDAR")
    return "".join(f"{folded(line)}\r\n" for line in lines)


def escaped(words: str) -> str:
    """A text value: signs that mean something are escaped, ends of lines written out, control characters dropped."""
    words = words.replace("\r\n", "\n").replace("\r", "\n")
    words = words.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
    return _UNSAFE.sub("", words)


def folded(line: str) -> str:
    """A line in pieces of at most 75 octets, never within a character."""
    pieces, piece, octets = [], "", 0
    for character in line:
        size = len(character.encode())
        if octets + size > FOLD_OCTETS:
            pieces.append(piece)
            piece, octets = " ", 1
        piece += character
        octets += size
    return "\r\n".join([*pieces, piece])


def _event(event: Event, organizer: Address | None, attendee: Address | None) -> Iterable[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{escaped(event.uid)}"
    yield f"SEQUENCE:{event.sequence}"
    yield f"DTSTAMP:{_utc(event.stamp)}"
    yield f"LAST-MODIFIED:{_utc(event.stamp)}"
    yield f"DTSTART;{_local(event.start, event.zone)}"
    yield f"DTEND;{_local(event.end, event.zone)}"
    yield f"SUMMARY:{escaped(event.summary)}"
    if event.location:
        yield f"LOCATION:{escaped(event.location)}"
    if event.description:
        yield f"DESCRIPTION:{escaped(event.description)}"
    if event.url:
        yield f"URL:{_UNSAFE.sub('', event.url)}"
    if event.is_cancelled:
        yield "STATUS:CANCELLED"
    else:
        yield "STATUS:TENTATIVE" if event.is_tentative else "STATUS:CONFIRMED"
    yield "CLASS:PRIVATE"
    if organizer is not None:
        yield f'ORGANIZER;CN="{_QUOTED.sub("", organizer.name)}":mailto:{organizer.email}'
    if attendee is not None:
        name = _QUOTED.sub("", attendee.name)
        yield f'ATTENDEE;CN="{name}";ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=FALSE:mailto:{attendee.email}'
    yield "END:VEVENT"


def _utc(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _local(instant: datetime, zone: str) -> str:
    at = instant.astimezone(ZoneInfo(zone))
    if at.fold:
        # The second pass of a doubled hour cannot be said in wall-clock time.
        return f"VALUE=DATE-TIME:{_utc(instant)}"
    return f"TZID={zone}:{at:%Y%m%dT%H%M%S}"


def _zone(zone: str, first: datetime, last: datetime) -> Iterable[str]:
    place = ZoneInfo(zone)
    yield "BEGIN:VTIMEZONE"
    yield f"TZID:{zone}"
    begins = (first - AROUND).astimezone(UTC)
    known = _offset(begins, place)
    # What holds before the first change that is told.
    yield from _observance(datetime(1970, 1, 1, tzinfo=UTC), known, known, begins, place)
    at = begins
    while at < last + AROUND:
        following = at + timedelta(days=1)
        if _offset(following, place) != _offset(at, place):
            change = _change(at, following, place)
            yield from _observance(change, _offset(at, place), _offset(change, place), change, place)
        at = following
    yield "END:VTIMEZONE"


def _observance(
    since: datetime, before: timedelta, after: timedelta, sample: datetime, place: ZoneInfo
) -> Iterable[str]:
    at = sample.astimezone(place)
    kind = "DAYLIGHT" if at.dst() else "STANDARD"
    yield f"BEGIN:{kind}"
    yield f"DTSTART:{(since + before).strftime('%Y%m%dT%H%M%S')}"
    yield f"TZOFFSETFROM:{_signed(before)}"
    yield f"TZOFFSETTO:{_signed(after)}"
    yield f"TZNAME:{at.tzname()}"
    yield f"END:{kind}"


def _offset(instant: datetime, place: ZoneInfo) -> timedelta:
    offset = instant.astimezone(place).utcoffset()
    assert offset is not None
    return offset


def _change(before: datetime, after: datetime, place: ZoneInfo) -> datetime:
    """The first second of the new offset, between two instants of different offsets."""
    old = _offset(before, place)
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        before, after = (middle, after) if _offset(middle, place) == old else (before, middle)
    return after


def _signed(offset: timedelta) -> str:
    minutes = round(offset.total_seconds() / 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"
