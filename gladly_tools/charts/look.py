"""What a chart is drawn with: colors that can be read, in light and in dark, and whether it explains itself."""

from __future__ import annotations

from dataclasses import dataclass

from gladly_tools.charts import alt


@dataclass(frozen=True, kw_only=True)
class Look:
    """Colors of one look; `legend` says that colors are explained within the drawing, not beside it.

    `palette` is for kinds of things, in order; `ramp` goes from few to many; `muted` is for what stands back.
    """

    is_dark: bool
    paper: str
    ink: str
    soft: str
    line: str
    main: str
    muted: str
    accents: tuple[str, str]
    palette: tuple[str, ...]
    ramp: tuple[str, ...]
    legend: bool = False

    @property
    def explained(self) -> alt.Legend | None:
        """The legend of a drawing that explains itself; None where that is done beside it."""
        if not self.legend:
            return None
        return alt.Legend(orient="bottom", columns=4, title=None, symbolType="square", labelLimit=160)

    def colors(self, count: int) -> list[str]:
        """So many colors for kinds of things; from the beginning again where there are more kinds than colors."""
        return [self.palette[place % len(self.palette)] for place in range(count)]


LIGHT = Look(
    is_dark=False,
    paper="#ffffff",
    ink="#0a100d",
    soft="#55605b",
    line="#e3e9e6",
    main="#0f6b4f",
    muted="#98a39e",
    accents=("#b5651d", "#8a4fa3"),
    palette=("#0f6b4f", "#2f6fb3", "#b5651d", "#8a4fa3", "#b8324a", "#5b6b73", "#8f7a12", "#1b8a8f"),
    ramp=("#eef4f1", "#c5e0d5", "#8cc3ad", "#4a9c80", "#0f6b4f", "#084733"),
)
DARK = Look(
    is_dark=True,
    paper="#131816",
    ink="#e8eeeb",
    soft="#b4bfba",
    line="#2c3531",
    main="#4fc39a",
    muted="#7b8782",
    accents=("#e2a15f", "#c590dc"),
    palette=("#4fc39a", "#6aa9ea", "#e2a15f", "#c590dc", "#f0808f", "#a3b3bb", "#d6bf55", "#5fc9cd"),
    ramp=("#1d2421", "#1c3b31", "#1f5c49", "#2c8567", "#4fc39a", "#a6ecd0"),
)
