"""The rows of the result, and how they print."""

from dataclasses import dataclass, field


@dataclass
class Row:
    """One measurement. `goal` is the limit that holds on this machine; `higher` says which side of it is good."""

    name: str
    unit: str
    ours: float | None
    goal: float | None
    higher: bool = False
    peers: dict[str, float] = field(default_factory=dict)
    note: str = ""

    @property
    def verdict(self) -> str:
        if self.ours is None:
            return "failed"
        if self.goal is None:
            return ""
        return "ok" if (self.ours >= self.goal if self.higher else self.ours <= self.goal) else "OVER"


def number(value: float | None) -> str:
    if value is None:
        return "–"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def cells(row: Row) -> list[str]:
    goal = "" if row.goal is None else f"{'≥' if row.higher else '≤'} {number(row.goal)}"
    peers = "  ".join(f"{name} {number(value)}" for name, value in row.peers.items())
    return [row.name, number(row.ours), goal, row.unit, row.verdict, peers + (f"  ({row.note})" if row.note else "")]


def show(rows: list[Row]) -> str:
    head = ["measure", "ours", "goal", "unit", "", "beside it"]
    lines = [head, *(cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(5)]
    shown = []
    for line in lines:
        left = line[0].ljust(widths[0])
        middle = "  ".join(line[c].rjust(widths[c]) for c in (1, 2))
        shown.append(f"{left}  {middle}  {line[3].ljust(widths[3])}  {line[4].ljust(widths[4])}  {line[5]}".rstrip())
    shown.insert(1, "─" * max(len(line) for line in shown[:1]))
    return "\n".join(shown)
