"""When a process of a show that died is started again."""

from liveviz.runtime.processes.restarts import Restarts


def waits(count: int, well_for: float, in_order: bool = False) -> list[float]:
    restarts = Restarts()
    return [restarts.died(100.0 + 0.1 * n, 100.0 + 0.1 * n - well_for, in_order) for n in range(count)]


def test_who_was_well_is_started_again_at_once_however_often() -> None:
    assert waits(8, 10.0) == [0.0] * 8


def test_who_dies_as_soon_as_it_lives_is_given_longer_and_longer() -> None:
    found = waits(8, 0.1)
    assert found[0] == 0.0 and found == sorted(found) and 0.3 < found[1] < found[2] < found[3] and found[-1] < 10.0
    assert max(waits(8, 0.1, in_order=True)) <= 0.5


def test_deaths_of_long_ago_do_not_count() -> None:
    restarts = Restarts()
    for n in range(2):
        restarts.died(float(n))
    assert not restarts.hopeless
    assert restarts.died(40.0) == 0.0 and not restarts.hopeless
    for n in range(2):
        restarts.died(41.0 + n)
    assert restarts.hopeless
