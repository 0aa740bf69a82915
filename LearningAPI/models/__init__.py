"""The school: its people and cohorts, and what they work on."""

from LearningAPI.models.coursework import Book, CohortCourse, Course, Project, StudentProject
from LearningAPI.models.people import Cohort, CohortInfo, NssUser, NssUserCohort

__all__ = [
    "Book",
    "Cohort",
    "CohortCourse",
    "CohortInfo",
    "Course",
    "NssUser",
    "NssUserCohort",
    "Project",
    "StudentProject",
]
