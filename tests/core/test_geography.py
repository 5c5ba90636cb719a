"""Regions, departments and the map they make."""

import itertools
import math
from zoneinfo import ZoneInfo

import pytest

from app.core import geography
from app.core.geography import DEPARTMENTS, REGIONS


def test_there_are_18_regions_and_101_departments():
    assert len(REGIONS) == 18
    assert len(DEPARTMENTS) == 101
    assert sum(len(region.departments) for region in REGIONS.values()) == 101
    assert {department.name for department in DEPARTMENTS.values()} == set(
        geography._DEPARTMENT_NAMES.values()
    )


def test_every_region_keeps_a_real_time():
    for region in REGIONS.values():
        assert ZoneInfo(region.time_zone)
    assert geography.time_zone_of("974") == "Indian/Reunion"
    assert geography.time_zone_of("41") == "Europe/Paris"
    assert geography.time_zone_of("") == "Europe/Paris"


def test_a_code_may_name_a_region_and_a_department():
    assert REGIONS["75"].name == "Nouvelle-Aquitaine"
    assert DEPARTMENTS["75"].name == "Paris"
    assert geography.region_of("75").name == "Île-de-France"
    assert geography.region_of("44").name == "Pays de la Loire"
    assert geography.region_of("99") is None


@pytest.mark.parametrize(
    ("postcode", "department"),
    [
        ("41000", "41"), ("01000", "01"), ("20000", "2A"), ("20100", "2A"), ("20200", "2B"), ("20600", "2B"),
        ("97100", "971"), ("97410", "974"), ("97600", "976"), ("97500", None), ("98000", None), ("4100", None),
        ("abcde", None), ("٤١٠٠٠", None),
    ],
)  # fmt: skip
def test_a_postcode_points_to_a_department(postcode, department):
    assert geography.department_of_postcode(postcode) == department


def test_the_tiles_of_the_map_stand_apart_and_whole():
    radius = 50.0
    width, height = geography.tile_map_size(radius)
    centres = [geography.tile_centre(region, radius) for region in REGIONS.values()]
    for (ax, ay), (bx, by) in itertools.combinations(centres, 2):
        assert math.hypot(ax - bx, ay - by) >= radius * math.sqrt(3) - 0.05
    for region in REGIONS.values():
        corners = [
            tuple(map(float, pair.split(","))) for pair in geography.tile_corners(region, radius).split()
        ]
        assert len(corners) == 6
        assert all(-0.02 <= x <= width + 0.02 and -0.02 <= y <= height + 0.02 for x, y in corners)


def test_neighbours_on_the_ground_touch_on_the_map():
    def apart(a: str, b: str) -> float:
        return math.dist(geography.tile_centre(REGIONS[a], 1), geography.tile_centre(REGIONS[b], 1))

    for a, b in (
        ("24", "11"),
        ("24", "52"),
        ("28", "11"),
        ("76", "93"),
        ("84", "93"),
        ("53", "52"),
        ("32", "11"),
    ):
        assert apart(a, b) < 1.8
