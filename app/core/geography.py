"""The eighteen regions and their departments: names, wall-clock zones, and a place for each region on the tile map.

Codes are those of INSEE, strings with their leading zeros; the same digits may name a region and a department (75 is
Nouvelle-Aquitaine and Paris).
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Region:
    """A region. `column` and `row` place its hexagon: two columns make one width, odd and even rows interlock."""

    code: str
    name: str
    chief_town: str
    time_zone: str
    departments: tuple[str, ...]
    column: int
    row: int


@dataclass(frozen=True)
class Department:
    """A department, with the code of its region."""

    code: str
    name: str
    region_code: str

    @property
    def region(self) -> Region:
        return REGIONS[self.region_code]

    @property
    def time_zone(self) -> str:
        return self.region.time_zone


_PARIS = "Europe/Paris"

REGIONS = {
    region.code: region
    for region in (
        Region("01", "Guadeloupe", "Basse-Terre", "America/Guadeloupe", ("971",), 1, 4),
        Region("02", "Martinique", "Fort-de-France", "America/Martinique", ("972",), 3, 4),
        Region("03", "Guyane", "Cayenne", "America/Cayenne", ("973",), 0, 5),
        Region("04", "La Réunion", "Saint-Denis", "Indian/Reunion", ("974",), 2, 5),
        Region("06", "Mayotte", "Mamoudzou", "Indian/Mayotte", ("976",), 4, 5),
        Region(
            "11", "Île-de-France", "Paris", _PARIS, ("75", "77", "78", "91", "92", "93", "94", "95"), 8, 1
        ),
        Region("24", "Centre-Val de Loire", "Orléans", _PARIS, ("18", "28", "36", "37", "41", "45"), 7, 2),
        Region(
            "27", "Bourgogne-Franche-Comté", "Dijon", _PARIS,
            ("21", "25", "39", "58", "70", "71", "89", "90"), 9, 2,
        ),
        Region("28", "Normandie", "Rouen", _PARIS, ("14", "27", "50", "61", "76"), 6, 1),
        Region("32", "Hauts-de-France", "Lille", _PARIS, ("02", "59", "60", "62", "80"), 7, 0),
        Region(
            "44", "Grand Est", "Strasbourg", _PARIS,
            ("08", "10", "51", "52", "54", "55", "57", "67", "68", "88"), 10, 1,
        ),
        Region("52", "Pays de la Loire", "Nantes", _PARIS, ("44", "49", "53", "72", "85"), 5, 2),
        Region("53", "Bretagne", "Rennes", _PARIS, ("22", "29", "35", "56"), 3, 2),
        Region(
            "75", "Nouvelle-Aquitaine", "Bordeaux", _PARIS,
            ("16", "17", "19", "23", "24", "33", "40", "47", "64", "79", "86", "87"), 6, 3,
        ),
        Region(
            "76", "Occitanie", "Toulouse", _PARIS,
            ("09", "11", "12", "30", "31", "32", "34", "46", "48", "65", "66", "81", "82"), 7, 4,
        ),
        Region(
            "84", "Auvergne-Rhône-Alpes", "Lyon", _PARIS,
            ("01", "03", "07", "15", "26", "38", "42", "43", "63", "69", "73", "74"), 8, 3,
        ),
        Region("93", "Provence-Alpes-Côte d’Azur", "Marseille", _PARIS, ("04", "05", "06", "13", "83", "84"), 9, 4),
        Region("94", "Corse", "Ajaccio", _PARIS, ("2A", "2B"), 10, 5),
    )
}  # fmt: skip
"""The regions by code. On the map those overseas stand together, south-west of the others."""

_DEPARTMENT_NAMES = {
    "01": "Ain", "02": "Aisne", "03": "Allier", "04": "Alpes-de-Haute-Provence", "05": "Hautes-Alpes",
    "06": "Alpes-Maritimes", "07": "Ardèche", "08": "Ardennes", "09": "Ariège", "10": "Aube",
    "11": "Aude", "12": "Aveyron", "13": "Bouches-du-Rhône", "14": "Calvados", "15": "Cantal",
    "16": "Charente", "17": "Charente-Maritime", "18": "Cher", "19": "Corrèze", "21": "Côte-d’Or",
    "22": "Côtes-d’Armor", "23": "Creuse", "24": "Dordogne", "25": "Doubs", "26": "Drôme",
    "27": "Eure", "28": "Eure-et-Loir", "29": "Finistère", "2A": "Corse-du-Sud", "2B": "Haute-Corse",
    "30": "Gard", "31": "Haute-Garonne", "32": "Gers", "33": "Gironde", "34": "Hérault",
    "35": "Ille-et-Vilaine", "36": "Indre", "37": "Indre-et-Loire", "38": "Isère", "39": "Jura",
    "40": "Landes", "41": "Loir-et-Cher", "42": "Loire", "43": "Haute-Loire", "44": "Loire-Atlantique",
    "45": "Loiret", "46": "Lot", "47": "Lot-et-Garonne", "48": "Lozère", "49": "Maine-et-Loire",
    "50": "Manche", "51": "Marne", "52": "Haute-Marne", "53": "Mayenne", "54": "Meurthe-et-Moselle",
    "55": "Meuse", "56": "Morbihan", "57": "Moselle", "58": "Nièvre", "59": "Nord",
    "60": "Oise", "61": "Orne", "62": "Pas-de-Calais", "63": "Puy-de-Dôme", "64": "Pyrénées-Atlantiques",
    "65": "Hautes-Pyrénées", "66": "Pyrénées-Orientales", "67": "Bas-Rhin", "68": "Haut-Rhin", "69": "Rhône",
    "70": "Haute-Saône", "71": "Saône-et-Loire", "72": "Sarthe", "73": "Savoie", "74": "Haute-Savoie",
    "75": "Paris", "76": "Seine-Maritime", "77": "Seine-et-Marne", "78": "Yvelines", "79": "Deux-Sèvres",
    "80": "Somme", "81": "Tarn", "82": "Tarn-et-Garonne", "83": "Var", "84": "Vaucluse",
    "85": "Vendée", "86": "Vienne", "87": "Haute-Vienne", "88": "Vosges", "89": "Yonne",
    "90": "Territoire de Belfort", "91": "Essonne", "92": "Hauts-de-Seine", "93": "Seine-Saint-Denis",
    "94": "Val-de-Marne", "95": "Val-d’Oise", "971": "Guadeloupe", "972": "Martinique", "973": "Guyane",
    "974": "La Réunion", "976": "Mayotte",
}  # fmt: skip

DEPARTMENTS = {
    code: Department(code, _DEPARTMENT_NAMES[code], region.code)
    for region in REGIONS.values()
    for code in region.departments
}
"""The departments by code."""

_POSTCODE_LENGTH = 5


def time_zone_of(department_code: str) -> str:
    """The wall-clock zone of a department; Paris for a code that is none."""
    department = DEPARTMENTS.get(department_code)
    return department.time_zone if department is not None else _PARIS


def region_of(department_code: str) -> Region | None:
    """The region a department belongs to, None for a code that is none."""
    department = DEPARTMENTS.get(department_code)
    return department.region if department is not None else None


def department_of_postcode(postcode: str) -> str | None:
    """The department a postcode points to, None when it points to none of ours (a few border towns differ)."""
    postcode = postcode.strip()
    if len(postcode) != _POSTCODE_LENGTH or not (postcode.isascii() and postcode.isdigit()):
        return None
    if postcode.startswith("20"):
        code = "2A" if postcode[2] in "01" else "2B"
    elif postcode.startswith("97"):
        code = postcode[:3]
    else:
        code = postcode[:2]
    return code if code in DEPARTMENTS else None


def tile_centre(region: Region, radius: float) -> tuple[float, float]:
    """Centre of a region's hexagon (point up, `radius` from centre to corner), the whole map starting at 0, 0."""
    half_width = radius * math.sqrt(3) / 2
    return round((region.column + 1) * half_width, 2), round(radius * (1 + 1.5 * region.row), 2)


def tile_corners(region: Region, radius: float, *, gap: float = 0) -> str:
    """The `points` of the hexagon, drawn `gap` smaller all round."""
    x, y = tile_centre(region, radius)
    inner = radius - gap * 2 / math.sqrt(3)
    corners = (
        (x + inner * math.sin(math.pi / 3 * turn), y - inner * math.cos(math.pi / 3 * turn))
        for turn in range(6)
    )
    return " ".join(f"{a:.2f},{b:.2f}" for a, b in corners)


def tile_map_size(radius: float) -> tuple[float, float]:
    """Width and height in which all eighteen tiles stand whole."""
    columns = max(region.column for region in REGIONS.values()) + 2
    rows = max(region.row for region in REGIONS.values())
    return round(columns * radius * math.sqrt(3) / 2, 2), round(radius * (2 + 1.5 * rows), 2)
