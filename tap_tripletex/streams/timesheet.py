"""Hours worked."""

from __future__ import annotations

from tap_tripletex.strategies import Window
from tap_tripletex.stream import TripletexStream


class TimesheetEntries(TripletexStream):
    """Hours of an employee on a project and an activity on a day."""

    name = "timesheet_entries"
    path = "/timesheet/entry"
    entity = "TimesheetEntry"
    strategy = Window("date")
