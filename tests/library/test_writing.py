"""A sheet from the first word to its readers: nothing typed is lost, and nobody reads it too early."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import func, select

from app.core import jobs
from app.extensions import db
from app.library.models import Practice, PracticeVersion
from tests.library.conftest import decide, draft, proposed, published, words
from tests.support.cast import Cast, open_topic, sign_in
from tests.support.mail import Mailbox


def versions_of(practice_id: int) -> list[PracticeVersion]:
    return list(
        db.session.execute(
            select(PracticeVersion)
            .where(PracticeVersion.practice_id == practice_id)
            .order_by(PracticeVersion.number)
        ).scalars()
    )


def test_a_sheet_goes_from_a_draft_to_its_readers(app: Flask, cast: Cast) -> None:
    ana, manon, bruno = (sign_in(app.test_client(), who) for who in (cast.ana, cast.manon, cast.bruno))
    assert "Six points courts" in ana.get("/apprendre/nouvelle").text
    kept = ana.post("/apprendre/nouvelle", data=words(node_id=cast.loire.id))
    assert kept.status_code == 302
    practice_id = int(kept.location.split("/")[2])
    page = ana.get(kept.location).text
    assert "Filmer deux changements" in page
    assert 'value="58"' in page
    assert bruno.get(f"/apprendre/{practice_id}").status_code == 404
    assert manon.get(f"/apprendre/{practice_id}/relecture").status_code == 404

    version = versions_of(practice_id)[0]
    sent = ana.post(
        f"/apprendre/{practice_id}/ecrire",
        data=words(node_id=cast.loire.id, revision=version.revision, propose="1"),
    )
    assert sent.location.endswith("/relecture")
    assert bruno.get(f"/apprendre/{practice_id}").status_code == 404
    review = manon.get(f"/apprendre/{practice_id}/relecture").text
    assert "Publier la fiche" in review
    revision = versions_of(practice_id)[0].revision
    done = manon.post(f"/apprendre/{practice_id}/publication", data={"revision": revision})
    assert done.status_code == 302

    read = bruno.get(done.location).text
    for words_read in ("58", "22", "Mesuré", "Filmer deux changements", "1 400 €", f"Fiche {practice_id}"):
        assert words_read in read
    assert "Préparer un changement" in bruno.get("/apprendre").text
    assert f"/apprendre/{practice_id}-" in bruno.get("/recherche?q=changement&type=fiches").text
    jobs.drain()
    assert "est publiée" in ana.get("/notifications").text


def test_readers_keep_the_published_version_while_another_is_written(
    app: Flask, cast: Cast, sheet: Practice
) -> None:
    ana, bruno = sign_in(app.test_client(), cast.ana), sign_in(app.test_client(), cast.bruno)
    address = f"/apprendre/{sheet.id}-{sheet.slug}"
    assert ana.post(f"/apprendre/{sheet.id}/version").location == f"/apprendre/{sheet.id}/ecrire"
    ana.post(
        f"/apprendre/{sheet.id}/ecrire",
        data=words(title="Changer de série autrement", revision=1, after_value="19"),
    )
    for _step in ("drafted", "proposed"):
        page = bruno.get(address).text
        assert "Préparer un changement" in page
        assert "autrement" not in page
        assert "nouvelle version" not in page
        ana.post(
            f"/apprendre/{sheet.id}/ecrire",
            data=words(title="Changer de série autrement", revision=2, after_value="19", propose="1"),
        )
    assert "Une nouvelle version est en cours" in ana.get(address).text
    decide(sheet.id, cast.manon)
    page = bruno.get(f"/apprendre/{sheet.id}").text
    assert "Changer de série autrement" in page
    assert "19" in page
    history = bruno.get(f"/apprendre/{sheet.id}/historique").text
    assert "<ins>" in history
    assert "<del>" in history
    assert [version.state for version in versions_of(sheet.id)] == ["superseded", "published"]


def test_a_returned_sheet_comes_back_with_its_remarks(app: Flask, cast: Cast, mailbox: Mailbox) -> None:
    practice_id = proposed(cast.ana, cast.loire)
    manon, ana = sign_in(app.test_client(), cast.manon), sign_in(app.test_client(), cast.ana)
    revision = versions_of(practice_id)[0].revision
    short = manon.post(f"/apprendre/{practice_id}/renvoi", data={"revision": revision, "remarks": "non"})
    assert short.status_code == 422
    done = manon.post(
        f"/apprendre/{practice_id}/renvoi",
        data={"revision": revision, "remarks": "Dites quelle presse, et depuis quand."},
    )
    assert done.status_code == 302
    assert "Dites quelle presse" in ana.get(f"/apprendre/{practice_id}/ecrire").text
    assert "Dites quelle presse" in ana.get("/apprendre/mes-fiches").text
    jobs.drain()
    assert "vous renvoie la fiche" in ana.get("/notifications").text
    (mail,) = mailbox.to(cast.ana.email)
    assert "vous renvoie la fiche" in str(mail["Subject"])
    assert "Dites quelle presse" in str(mail.get_body(("plain",)).get_content())


def test_what_is_missing_is_said_and_what_was_typed_is_kept(app: Flask, cast: Cast) -> None:
    ana = sign_in(app.test_client(), cast.ana)
    sent = words(
        node_id=cast.loire.id, propose="1", method="", unit="", before_value="environ 58", dimension=""
    )
    answer = ana.post("/apprendre/nouvelle", data=sent)
    assert answer.status_code == 422
    assert "comment vous avez mesuré" in answer.text
    assert "Un nombre seul" in answer.text
    assert "environ 58" in answer.text
    assert "Filmer deux changements" in answer.text
    (version,) = db.session.execute(select(PracticeVersion)).scalars()
    assert version.state == "draft"
    assert version.solution.startswith("1. Filmer")


def test_a_figure_needs_its_source_and_an_objective_says_so_everywhere(app: Flask, cast: Cast) -> None:
    ana = sign_in(app.test_client(), cast.ana)
    figures = {"evidence": "objective", "before_value": "", "after_value": "", "figure": "÷ 4", "method": ""}
    refused = ana.post("/apprendre/nouvelle", data=words(node_id=cast.loire.id, propose="1", **figures))
    assert "Citez la source" in refused.text
    made = published(
        cast.ana, cast.loire, cast.manon, title="Imprimer les moules", source="Journal, 2020", **figures
    )
    bruno = sign_in(app.test_client(), cast.bruno)
    for path in (f"/apprendre/{made.id}", "/apprendre", "/recherche?q=moules&type=fiches"):
        page = bruno.get(path).text.split("<main", 1)[1]
        assert "÷ 4" in page, path
        assert "Objectif" in page, path
    assert "Mesuré" not in bruno.get(f"/apprendre/{made.id}").text.split("<main", 1)[1]


def test_the_script_saves_again_and_again_into_one_draft(app: Flask, cast: Cast) -> None:
    ana = sign_in(app.test_client(), cast.ana)
    sent = words(node_id=cast.loire.id, title="Un")
    first = ana.put("/apprendre/brouillons", json=sent).json
    # The answer was lost: the same page saves again without knowing its id.
    second = ana.put("/apprendre/brouillons", json={**sent, "title": "Un deux"}).json
    third = ana.put(
        "/apprendre/brouillons",
        json={**sent, "id": second["id"], "revision": second["revision"], "title": "Un deux trois"},
    ).json
    assert first["id"] == second["id"] == third["id"]
    assert (first["revision"], second["revision"], third["revision"]) == (1, 2, 3)
    assert db.session.execute(select(func.count()).select_from(Practice)).scalar_one() == 1
    assert versions_of(first["id"])[0].title == "Un deux trois"


def test_a_save_from_an_older_tab_is_refused_and_loses_nothing(app: Flask, cast: Cast) -> None:
    practice_id = draft(cast.ana, cast.loire)
    ana = sign_in(app.test_client(), cast.ana)
    body = {**words(title="Tablette"), "id": practice_id, "revision": 1}
    assert ana.put("/apprendre/brouillons", json=body).json["revision"] == 2
    # The answer was lost, and the same words come again.
    assert ana.put("/apprendre/brouillons", json=body).json["revision"] == 2
    late = ana.put("/apprendre/brouillons", json={**body, "title": "Téléphone"})
    assert late.status_code == 409
    form = ana.post(f"/apprendre/{practice_id}/ecrire", data=words(title="Téléphone", revision=1))
    assert form.status_code == 409
    assert "Téléphone" in form.text
    assert 'name="revision" value="2"' in form.text
    again = ana.post(f"/apprendre/{practice_id}/ecrire", data=words(title="Téléphone", revision=2))
    assert again.status_code == 302
    assert versions_of(practice_id)[0].title == "Téléphone"


def test_a_proposed_sheet_is_not_written_behind_its_reviewer_s_back(app: Flask, cast: Cast) -> None:
    practice_id = proposed(cast.ana, cast.loire)
    ana = sign_in(app.test_client(), cast.ana)
    body = {**words(title="Autre chose"), "id": practice_id, "revision": 1}
    assert ana.put("/apprendre/brouillons", json=body).status_code == 409
    assert ana.post(f"/apprendre/{practice_id}/reprise").status_code == 302
    assert ana.put("/apprendre/brouillons", json=body).status_code == 200


def test_a_draft_thrown_away_leaves_nothing(app: Flask, cast: Cast, sheet: Practice) -> None:
    practice_id = draft(cast.ana, cast.loire)
    ana = sign_in(app.test_client(), cast.ana)
    assert "Supprimer ce brouillon" in ana.get(f"/apprendre/{practice_id}/suppression").text
    ana.post(f"/apprendre/{practice_id}/suppression")
    assert db.session.get(Practice, practice_id) is None
    ana.post(f"/apprendre/{sheet.id}/version")
    ana.post(f"/apprendre/{sheet.id}/suppression")
    assert [version.state for version in versions_of(sheet.id)] == ["published"]


def test_hostile_words_stay_words(app: Flask, cast: Cast) -> None:
    nasty = '<script>alert(1)</script> [x](javascript:alert(1)) @{1|Le Chef} "><img src=x onerror=alert(1)>'
    made = published(
        cast.ana, cast.loire, cast.manon,
        title=f"Titre {nasty}"[:150], situation=nasty, solution=nasty, pitfalls=nasty, effect=nasty,
        cost=nasty[:100], indicator=nasty[:100], unit="<b>min", method=nasty,
    )  # fmt: skip
    bruno = sign_in(app.test_client(), cast.bruno)
    for path in (f"/apprendre/{made.id}", "/apprendre", "/recherche?q=titre&type=fiches"):
        page = bruno.get(path).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert 'href="javascript' not in page
        assert 'class="mention"' not in page
    huge = sign_in(app.test_client(), cast.ana).put(
        "/apprendre/brouillons", json=words(solution="a" * 100_001)
    )
    assert huge.status_code == 413
    broken = {"request_id": "x", "before_value": [1], "technologies": {"a": 1}, "revision": "zut"}
    assert sign_in(app.test_client(), cast.ana).put("/apprendre/brouillons", json=broken).status_code == 400


def test_a_solved_topic_is_no_source_before_somebody_offers_it(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces")
    page = sign_in(app.test_client(), cast.bruno).get(f"/apprendre/nouvelle?depuis=room:{topic.id}")
    assert page.status_code == 200
    assert "Usure des pinces" not in page.text.split("<main", 1)[1]
