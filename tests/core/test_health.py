"""What load balancers ask."""


def test_a_process_that_answers_is_healthy(client):
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json == {"status": "ok"}


def test_a_server_is_ready_when_its_stores_answer(client):
    answer = client.get("/readyz")
    assert answer.json["checks"]["database"]
    assert answer.json["checks"]["redis"]
