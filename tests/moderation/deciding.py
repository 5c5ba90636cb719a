"""What tests of decisions share: the form of a case as a browser sends it, a message hidden."""

from __future__ import annotations

import re
from typing import Any

GROUNDS = {
    "ground": "competition_charter",
    "ground_detail": "",
    "facts": "Il donne un prix de vente et propose de s’aligner.",
}


def form_of(page: Any) -> dict[str, str]:
    import html

    def area(name: str) -> str:
        found = re.search(rf'<textarea[^>]*name="{name}"[^>]*>\s?(.*?)</textarea>', page.text, re.DOTALL)
        assert found, name
        return html.unescape(found[1]).strip()

    prefilled = re.search(r'name="prefilled" value="(.*?)">', page.text, re.DOTALL)
    assert prefilled
    return {
        "facts": area("facts"),
        "statement": area("statement"),
        "prefilled": html.unescape(prefilled[1]),
        "ground": "community_rules",
        "ground_detail": "",
    }


def hide(client: Any, case: int, **fields: str) -> Any:
    filled = form_of(client.get(f"/moderation/cas/{case}"))
    return client.post(
        f"/moderation/cas/{case}/decision", data={**filled, **GROUNDS, "measure": "hide", **fields}
    )
