"""Projects, who works on them, and on what."""

from __future__ import annotations

from tap_tripletex.strategies import List, Nested
from tap_tripletex.stream import TripletexStream


class Projects(TripletexStream):
    """Projects, open and closed, with those offered but not won."""

    name = "projects"
    path = "/project"
    entity = "Project"
    strategy = List()


class ProjectParticipants(TripletexStream):
    """Employees on each project."""

    name = "project_participants"
    path = "/project"
    entity = "ProjectParticipant"
    strategy = Nested(List(), "participants", "project_id")


class ProjectCategories(TripletexStream):
    """Categories of projects."""

    name = "project_categories"
    path = "/project/category"
    entity = "ProjectCategory"
    strategy = List()


class Activities(TripletexStream):
    """What hours are spent on."""

    name = "activities"
    path = "/activity"
    entity = "Activity"
    strategy = List()
