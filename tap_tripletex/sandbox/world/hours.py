"""Around the hours that people book: clocks, plans, overtime."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_tripletex.sandbox.tables.days import ONE_DAY

if TYPE_CHECKING:
    from tap_tripletex.sandbox.world.context import Context
    from tap_tripletex.sandbox.world.registers import Registers

MONDAY, FRIDAY = 0, 4
ONE_WEEK = timedelta(days=7)
OVERTIME = "2007"
DAY_STARTS = 8.0


class Hours:
    """Adds to each day's time sheet what hangs on it."""

    def __init__(self, context: Context, registers: Registers) -> None:
        """Set up the time sheet."""
        self.context = context
        self.registers = registers
        self.company = context.company
        activities = self.company.table("Activity")
        registers.add(
            "TimesheetSettings",
            timeClock=True,
            timesheetCompleted=True,
            flexBalance=True,
            vacationBalance=True,
            defaultProjectActivity=next(a["id"] for a in activities if a["isChargeable"]),
        )
        types = self.company.table("SalaryType")
        self._overtime = next(row["id"] for row in types if row["number"] == OVERTIME)

    def daily(self) -> None:
        """Clock one employee's hours; plan on Mondays; note overtime on Fridays."""
        day = self.context.day
        entries = self.company.table("TimesheetEntry").between(
            day.isoformat(),
            (day + ONE_DAY).isoformat(),
        )
        if not entries:
            return
        time = DAY_STARTS
        for entry in entries:
            if entry["employee"] == self.registers.employees[1]:
                time = self._clock(entry, time)
            if day.weekday() == MONDAY and entry["project"]:
                self._plan(entry)
        if day.weekday() == FRIDAY:
            self._note_overtime(entries[self.context.random.randrange(len(entries))])

    def _clock(self, entry: dict[str, Any], start: float) -> float:
        """Add the clock that an entry came from and return when it stopped."""
        stop = start + entry["hours"]
        forgotten = self.context.chance(0.01)
        clock = self.registers.add(
            "TimeClock",
            employee=entry["employee"],
            project=entry["project"],
            activity=entry["activity"],
            timesheetEntry=entry["id"],
            date=entry["date"],
            timeStart=_clock_time(start),
            timeStop=None if forgotten else _clock_time(stop),
            hoursStart=0.0,
        )
        entry["timeClocks"] = (clock,)
        return float(stop)

    def _plan(self, entry: dict[str, Any]) -> None:
        self.registers.add(
            "TimesheetAllocated",
            employee=entry["employee"],
            project=entry["project"],
            activity=entry["activity"],
            date=(self.context.day + ONE_WEEK).isoformat(),
            hours=7.5,
            isApproved=self.context.chance(0.5),
        )

    def _note_overtime(self, entry: dict[str, Any]) -> None:
        values = {
            "employee": entry["employee"],
            "salaryType": self._overtime,
            "description": "Overtid",
            "date": entry["date"],
            "count": self.context.random.choice((0.5, 1.0, 2.0)),
        }
        self.registers.add("TimesheetSalaryTypeSpecification", **values)
        if entry["project"]:
            self.registers.add(
                "TimesheetProjectSalaryTypeSpecification",
                **values,
                project=entry["project"],
                activity=entry["activity"],
            )


def _clock_time(hours: float) -> str:
    return f"{int(hours):02}:{int(hours % 1 * 60):02}"
