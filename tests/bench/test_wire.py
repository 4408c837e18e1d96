"""What a bench kiosk does when a server has no room for it."""

from __future__ import annotations

import pytest

from bench.wire import TurnedAway


def test_kiosk_that_is_turned_away_knows_when_to_come_again() -> None:
    answer = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 4"
    assert TurnedAway(answer).retry_s == 4.0


def test_refusal_without_a_time_is_an_error() -> None:
    refused = TurnedAway("HTTP/1.1 400 Bad Request\r\nConnection: close")
    with pytest.raises(TurnedAway, match="400"):
        _ = refused.retry_s
