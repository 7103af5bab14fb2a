"""Watches over the machine: resources, processes, time, network, environment; real ones where that is possible."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import psutil
import pytest

from loom.config import HeartbeatConfig, WatchConfig
from loom.config.heartbeat import ResourceThresholds, WatchKind
from loom.errors import ConfigError
from loom.heartbeat.monitors import Beat
from loom.heartbeat.network import Reach
from loom.heartbeat.processes import ALL_EVERY, YOUNG_LOOKS, Processes, exit_code
from loom.heartbeat.resources import Level, Resources
from loom.heartbeat.schedule import Cron, Schedule
from loom.heartbeat.signals import BusListener, Environment, SignalAdapter
from tests.support.watched import hearing

posix_only = pytest.mark.skipif(os.name != "posix", reason="POSIX processes")


def fed(level: Level, values: list[float]) -> list[bool]:
    """`is_beyond` after each value, one a second."""
    return [level.is_beyond for now, value in enumerate(values) if level.feed(value, float(now)) or True]


def test_a_spike_says_nothing_and_what_stays_does() -> None:
    assert not any(fed(Level(90, sustained_s=3), [95, 10, 95, 95, 10, 99]))
    assert fed(Level(90, sustained_s=3), [95, 95, 95, 95, 95])[-1]


def test_a_value_at_the_border_says_one_thing() -> None:
    level = Level(90, sustained_s=0)
    crossings = [level.feed(value, float(now)) for now, value in enumerate([91, 89, 91, 88, 91, 86, 92])]
    assert crossings.count(True) == 1
    assert level.feed(84, 10)
    assert not level.is_beyond


class Machine:
    def __init__(self, **values: float) -> None:
        self.values = values
        self.now = 0.0

    def read(self) -> dict[str, float]:
        return self.values


def watching(machine: Machine, **thresholds: float) -> Resources:
    return Resources(thresholds, read=machine.read, clock=lambda: machine.now)


def test_the_processor_is_smoothed() -> None:
    machine = Machine(cpu_pct=0.0)
    resources = watching(machine, cpu_pct=90)
    resources.look()
    machine.values["cpu_pct"] = 100.0
    seen = []
    for second in range(1, 30):
        machine.now = float(second)
        seen += [(second, event) for event in resources.look()]
    assert len(seen) == 1
    assert seen[0][0] > 8
    assert "above 90 %" in seen[0][1].summary


def test_a_disk_that_fills_is_high_then_critical_then_back() -> None:
    machine = Machine(disk_pct=50.0)
    resources = watching(machine, disk_pct=90)
    told = []
    for value in (50, 91, 92, 98.5, 99, 80):
        machine.values["disk_pct"] = value
        machine.now += 1
        told += [(event.kind, event.urgency) for event in resources.look()]
    assert told == [("beyond", "high"), ("critical", "critical"), ("back", "low")]


def test_a_battery_counts_downwards() -> None:
    machine = Machine(battery_pct=30.0)
    resources = watching(machine, battery_pct=20)
    assert resources.look() == []
    machine.values["battery_pct"] = 15.0
    assert resources.look()[0].summary == "The battery is at 15 %, below 20 %"


def test_this_machine_can_be_read(tmp_path: Path) -> None:
    resources = Resources({"cpu_pct": 101, "memory_pct": 0.0, "disk_pct": 0.0}, tmp_path, sustained_s=0)
    kinds = {event.payload["about"] for event in resources.look()}
    assert kinds == {"memory_pct", "disk_pct"}
    assert {"cpu_pct", "memory_pct", "disk_pct", "load"} <= set(resources.readings[-1][1])


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(folder)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("a file system can't be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="tmpfs")
async def test_a_real_disk_that_fills_is_told(small_disk: Path) -> None:
    beat = Beat("disk", Resources({"disk_pct": 50.0}, small_disk).look, 0.02)
    async with hearing(beat) as heard:
        (small_disk / "large").write_bytes(b"x" * 3 * 2**20)
        event = await heard.next()
        assert (event.kind, event.urgency) == ("beyond", "high")
        (small_disk / "large").unlink()
        assert (await heard.next()).kind == "back"


def sleeper(code: str = "import time; time.sleep(60)") -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE if "input()" in code else None)


@posix_only
async def test_a_process_that_is_killed_is_told_with_how_it_ended() -> None:
    process = sleeper()
    async with hearing(Beat("processes", Processes([process.pid]).look, 0.02)) as heard:
        process.kill()
        event = await heard.next()
    assert process.wait() == -9, "its code is left for its owner"
    assert event.kind == "exited"
    assert event.urgency == "high"
    assert event.payload["exit_code"] == -9
    assert "killed by signal 9" in event.summary


@posix_only
@pytest.mark.parametrize(("code", "urgency"), [(0, "low"), (3, "high")])
async def test_the_exit_code_of_a_child_is_told(code: int, urgency: str) -> None:
    process = sleeper(f"input(); raise SystemExit({code})")
    async with hearing(Beat("processes", Processes([process.pid]).look, 0.02)) as heard:
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.close()
        event = await heard.next()
    process.wait()
    assert (event.payload["exit_code"], event.urgency) == (code, urgency)


@posix_only
async def test_a_pid_file_is_followed_through_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "server.pid"
    first, second = sleeper(), sleeper()
    try:
        file.write_text(f"{first.pid}\n")
        async with hearing(Beat("processes", Processes(pid_file=file).look, 0.02)) as heard:
            first.kill()
            first.wait()
            assert (await heard.next()).kind == "exited"
            file.write_text(str(second.pid))
            event = await heard.next()
            assert (event.kind, event.payload["pid"]) == ("started", second.pid)
            file.write_text("rubbish")
            assert (await heard.next()).kind == "exited"
    finally:
        second.kill()
        second.wait()


@posix_only
async def test_named_processes_are_found() -> None:
    process = sleeper()
    name = psutil.Process(process.pid).name()
    async with hearing(Beat("processes", Processes(names=[name]).look, 0.05)) as heard:
        process.kill()
        process.wait()
        event = await heard.until(lambda event: event.payload["pid"] == process.pid)
        assert event.kind == "exited"


def test_a_process_that_takes_a_wanted_name_later_is_found(tmp_path: Path) -> None:
    go = tmp_path / "go"
    script = f"while [ ! -e {go} ]; do /bin/sleep 0.02; done; exec /bin/sleep 30"
    with subprocess.Popen(["/bin/sh", "-c", script]) as shell:
        try:
            watch = Processes(names=["sleep"])
            for _ in range(YOUNG_LOOKS + 1):
                watch.look()
            assert shell.pid not in watch._seen
            go.touch()
            deadline = time.monotonic() + 10
            while psutil.Process(shell.pid).name() != "sleep" and time.monotonic() < deadline:
                time.sleep(0.01)
            looks = [event for _ in range(ALL_EVERY) for event in watch.look()]
            assert f"The process sleep ({shell.pid}) began" in [event.summary for event in looks]
        finally:
            shell.kill()
    assert f"The process sleep ({shell.pid}) ended" in " ".join(event.summary for event in watch.look())


def test_a_process_that_is_not_there_is_said_at_once() -> None:
    process = sleeper("pass")
    process.wait()
    assert [event.kind for event in Processes([process.pid]).look()] == ["missing"]
    assert exit_code(process.pid) is None


@pytest.mark.parametrize(
    ("line", "after", "due"),
    [
        ("*/15 * * * *", "2026-01-01T10:07", "2026-01-01T10:15"),
        ("0 9-17 * * mon-fri", "2026-01-02T17:30", "2026-01-05T09:00"),
        ("30 4 1,15 * 5", "2026-01-02T05:00", "2026-01-09T04:30"),
        ("0 0 29 2 *", "2026-03-01T00:00", "2028-02-29T00:00"),
        ("@daily", "2026-12-31T12:00", "2027-01-01T00:00"),
        ("5/20 * * * 7", "2026-01-03T23:00", "2026-01-04T00:05"),
    ],
)
def test_a_cron_line_is_due(line: str, after: str, due: str) -> None:
    found = Cron.parse(line).next_after(datetime.fromisoformat(after).replace(tzinfo=UTC))
    assert found == datetime.fromisoformat(due).replace(tzinfo=UTC)


@pytest.mark.parametrize("line", ["* * * *", "60 * * * *", "x * * * *", "5-1 * * * *", "*/0 * * * *"])
def test_a_line_that_is_no_schedule_is_refused(line: str) -> None:
    with pytest.raises(ConfigError, match="The schedule"):
        Cron.parse(line)


def test_a_date_that_never_comes_is_never_due() -> None:
    assert Cron.parse("0 0 30 2 *").next_after(datetime(2026, 1, 1, tzinfo=UTC)) is None


@pytest.mark.parametrize(("given", "count"), [({"every_s": 60.0}, 480), ({"cron": "* * * * *"}, 480)])
def test_after_the_machine_slept_one_event_counts_what_was_missed(given: dict[str, object], count: int) -> None:
    now = [1_700_000_000.0]
    schedule = Schedule(clock=lambda: now[0], **given)  # type: ignore[arg-type]
    assert schedule.look() == []
    now[0] += 8 * 3600
    (event,) = schedule.look()
    assert event.payload["missed"] == pytest.approx(count - 1, abs=1)
    assert schedule.look() == []
    now[0] += 60
    assert len(schedule.look()) == 1


def test_a_clock_that_is_set_back_does_not_silence_an_interval() -> None:
    now = [1_700_000_000.0]
    schedule = Schedule(every_s=60, clock=lambda: now[0])
    now[0] -= 86_400
    schedule.look()
    now[0] += 61
    assert len(schedule.look()) == 1


class Page(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(type(self).status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@contextmanager
def serving(port: int = 0) -> Generator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", port), Page)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("scheme", ["http", "tcp"])
def test_a_place_that_stops_answering_and_answers_again_is_told(scheme: str) -> None:
    with serving() as port:
        reach = Reach(f"{scheme}://127.0.0.1:{port}", failures=2)
        assert reach.look() == []
    assert reach.look() == [], "one failure may be chance"
    (event,) = reach.look()
    assert (event.kind, event.urgency) == ("down", "high")
    assert reach.look() == []
    with serving(port):
        assert [event.kind for event in reach.look()] == ["up"]


def test_a_page_that_answers_with_an_error_is_down() -> None:
    with serving() as port:
        Page.status = 503
        try:
            assert "status 503" in Reach(f"http://127.0.0.1:{port}/x?y", failures=1).look()[0].summary
        finally:
            Page.status = 200


@pytest.mark.parametrize("target", ["", "example.org", "tcp://127.0.0.1", "ftp://x", "tcp://x:99999999"])
def test_what_is_no_place_is_refused(target: str) -> None:
    with pytest.raises(ConfigError, match="can't be watched"):
        Reach(target)


def test_a_variable_that_changes_is_told_without_its_value() -> None:
    held: dict[str, str] = {}
    environment = Environment(["API_KEY"], ["surely-no-such-program"], held.get)
    assert environment.look() == []
    held["API_KEY"] = "secret"
    (event,) = environment.look()
    assert event.summary == "The variable API_KEY is new"
    assert "secret" not in str(event.to_payload())


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="no such signals")
async def test_two_agents_hear_the_same_signal_and_one_goes_on_when_the_other_ends() -> None:
    first, second = SignalAdapter("one", ["SIGUSR1"]), SignalAdapter("two", ["SIGUSR1"])
    async with hearing(first) as heard:
        async with hearing(second) as also:
            signal.raise_signal(signal.SIGUSR1)
            assert (await heard.next()).kind == (await also.next()).kind == "SIGUSR1"
        signal.raise_signal(signal.SIGUSR1)
        assert (await heard.next()).summary == "The signal SIGUSR1 came"
        assert also.queue.empty()


async def test_events_of_a_bus_become_events() -> None:
    class Event:
        topic, sender, priority, payload = "task.failed", "worker", "high", {"task_id": "7"}

    class Bus:
        def __init__(self) -> None:
            self.callbacks: dict[str, object] = {}

        def subscribe(self, topic: str, callback: object) -> None:
            self.callbacks[topic] = callback

        def unsubscribe(self, topic: str, callback: object) -> None:
            del self.callbacks[topic]

    bus = Bus()
    async with hearing(BusListener(bus, ["task.failed"])) as heard:
        bus.callbacks["task.failed"](Event())  # type: ignore[operator]
        event = await heard.next()
    assert (event.source, event.kind, event.urgency) == ("mf_events", "task.failed", "high")
    assert bus.callbacks == {}
    with pytest.raises(ConfigError, match="subscribe"):
        BusListener(object(), [])


def test_a_look_at_the_machine_costs_little(tmp_path: Path) -> None:
    resources = Resources({"cpu_pct": 90, "memory_pct": 90, "disk_pct": 90}, tmp_path)
    began = time.process_time()
    for _ in range(100):
        resources.look()
    assert (time.process_time() - began) / 100 < 0.01, "1 % of a core at one look a second"


def test_watches_of_every_kind_go_through_an_agent_file() -> None:
    from loom.config import AgentConfig, ModelRef, UrgencyRule, agent_from_toml, agent_to_toml

    config = AgentConfig(
        model=ModelRef.scripted([]),
        heartbeat=HeartbeatConfig(
            watch_sources=[
                WatchConfig.network("tcp://127.0.0.1:1", failures=1),
                WatchConfig.schedule(cron="@daily"),
                WatchConfig.signal(signals=["SIGUSR1"]),
                WatchConfig.environment(variables=["PATH"]),
                WatchConfig.custom("weather", town="Ulm"),
                WatchConfig.resource(thresholds=ResourceThresholds(disk_pct=90.0)),
            ],
            urgency_rules=[UrgencyRule("critical", path="*.toml")],
        ),
    )
    read = agent_from_toml(agent_to_toml(config))
    assert read.heartbeat is not None
    assert config.heartbeat is not None
    assert read.heartbeat.urgency_rules == config.heartbeat.urgency_rules
    assert [watch.kind for watch in read.heartbeat.watch_sources] == [
        WatchKind.NETWORK,
        WatchKind.SCHEDULE,
        WatchKind.SIGNAL,
        WatchKind.ENVIRONMENT,
        WatchKind.CUSTOM,
        WatchKind.RESOURCE,
    ]
    assert read.heartbeat.watch_sources[4].to_runtime_config() == {"monitor": "weather", "town": "Ulm"}
