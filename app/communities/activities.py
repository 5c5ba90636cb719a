"""Activity codes (NAF rev. 2) in words: the divisions, and the classes most met in industry.

Codes are facts; the wording is ours and short. From 2027 the nomenclature is `naf_2025`; a company keeps the name of the
one its code was read in.
"""

from __future__ import annotations

import re

from flask_babel import lazy_gettext as _

NOMENCLATURES = ("naf_rev2", "naf_2025")
_SHAPE = re.compile(r"^(\d{2})\.?(\d{2})([A-Z])$")

CLASSES = {
    "10.71A": _("Pain et pâtisserie industriels"),
    "13.96Z": _("Textiles techniques"),
    "16.23Z": _("Charpentes et menuiseries"),
    "20.30Z": _("Peintures et vernis"),
    "22.22Z": _("Emballages plastiques"),
    "22.29A": _("Pièces techniques plastiques"),
    "24.51Z": _("Fonderie de fonte"),
    "24.53Z": _("Fonderie de métaux légers"),
    "25.11Z": _("Structures métalliques"),
    "25.50A": _("Forge, estampage, poudres"),
    "25.50B": _("Découpage, emboutissage"),
    "25.61Z": _("Traitement et revêtement des métaux"),
    "25.62A": _("Décolletage"),
    "25.62B": _("Mécanique industrielle"),
    "25.73A": _("Moules et modèles"),
    "25.73B": _("Autres outillages"),
    "26.11Z": _("Composants électroniques"),
    "26.12Z": _("Cartes électroniques assemblées"),
    "26.51B": _("Instrumentation"),
    "27.12Z": _("Distribution électrique"),
    "28.22Z": _("Levage et manutention"),
    "28.41Z": _("Machines-outils"),
    "30.30Z": _("Aéronautique et spatial"),
    "31.09B": _("Meubles"),
    "32.50A": _("Médico-chirurgical et dentaire"),
    "33.12Z": _("Réparation de machines"),
    "71.12B": _("Ingénierie, études techniques"),
    "94.12Z": _("Organisations professionnelles"),
}

DIVISIONS = {
    "01": _("Agriculture"),
    "02": _("Forêt"),
    "03": _("Pêche et aquaculture"),
    "05": _("Houille et lignite"),
    "06": _("Hydrocarbures"),
    "07": _("Minerais métalliques"),
    "08": _("Carrières et autres extractions"),
    "09": _("Services à l’extraction"),
    "10": _("Alimentaire"),
    "11": _("Boissons"),
    "12": _("Tabac"),
    "13": _("Textile"),
    "14": _("Habillement"),
    "15": _("Cuir et chaussure"),
    "16": _("Bois"),
    "17": _("Papier et carton"),
    "18": _("Imprimerie"),
    "19": _("Cokéfaction et raffinage"),
    "20": _("Chimie"),
    "21": _("Pharmacie"),
    "22": _("Plastique et caoutchouc"),
    "23": _("Verre, céramique, béton"),
    "24": _("Métallurgie et fonderie"),
    "25": _("Travail des métaux"),
    "26": _("Électronique et mesure"),
    "27": _("Équipements électriques"),
    "28": _("Machines et équipements"),
    "29": _("Automobile"),
    "30": _("Aéronautique, naval, ferroviaire"),
    "31": _("Meubles"),
    "32": _("Autres fabrications"),
    "33": _("Réparation et installation de machines"),
    "35": _("Énergie"),
    "36": _("Eau"),
    "37": _("Eaux usées"),
    "38": _("Déchets et recyclage"),
    "39": _("Dépollution"),
    "41": _("Construction de bâtiments"),
    "42": _("Génie civil"),
    "43": _("Travaux spécialisés"),
    "45": _("Commerce et réparation automobile"),
    "46": _("Commerce de gros"),
    "47": _("Commerce de détail"),
    "49": _("Transports terrestres"),
    "50": _("Transports par eau"),
    "51": _("Transports aériens"),
    "52": _("Entreposage et logistique"),
    "53": _("Poste et courrier"),
    "55": _("Hébergement"),
    "56": _("Restauration"),
    "58": _("Édition"),
    "59": _("Audiovisuel"),
    "60": _("Programmation et diffusion"),
    "61": _("Télécommunications"),
    "62": _("Informatique"),
    "63": _("Services d’information"),
    "64": _("Services financiers"),
    "65": _("Assurance"),
    "66": _("Auxiliaires financiers"),
    "68": _("Immobilier"),
    "69": _("Droit et comptabilité"),
    "70": _("Sièges et conseil de gestion"),
    "71": _("Ingénierie et contrôle technique"),
    "72": _("Recherche et développement"),
    "73": _("Publicité et études de marché"),
    "74": _("Autres services spécialisés"),
    "75": _("Vétérinaires"),
    "77": _("Location"),
    "78": _("Emploi et intérim"),
    "79": _("Voyages"),
    "80": _("Sécurité"),
    "81": _("Services aux bâtiments"),
    "82": _("Services administratifs"),
    "84": _("Administration publique"),
    "85": _("Enseignement et formation"),
    "86": _("Santé"),
    "87": _("Hébergement médico-social"),
    "88": _("Action sociale"),
    "90": _("Spectacle"),
    "91": _("Musées et patrimoine"),
    "92": _("Jeux"),
    "93": _("Sport et loisirs"),
    "94": _("Organisations associatives"),
    "95": _("Réparation d’objets"),
    "96": _("Services personnels"),
    "97": _("Ménages employeurs"),
    "98": _("Production pour soi"),
    "99": _("Organismes extraterritoriaux"),
}


def normalise(code: str) -> str | None:
    """The code as « 25.62B », however it was typed; None when it is not an activity code."""
    match = _SHAPE.match("".join(code.split()).upper())
    if match is None or match[1] not in DIVISIONS:
        return None
    return f"{match[1]}.{match[2]}{match[3]}"


def division_of(code: str) -> str:
    """The two digits by which activities are filtered."""
    return code[:2]


def label(code: str) -> str:
    """The activity in words: its class where we know it, its division otherwise."""
    return str(CLASSES.get(code) or DIVISIONS.get(division_of(code), code))


def division_label(division: str) -> str:
    return str(DIVISIONS.get(division, division))
