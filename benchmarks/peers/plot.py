"""A picture of a comparison, drawn by gnuplot: the ratios, and how far the rounds lie apart."""

import math
import subprocess

import report

PANELS_PER_ROW = 4

HEAD = """\
set terminal pngcairo size {width},{height} font "sans,11"
set output "{output}"
set multiplot layout {rows},{columns} title "CPU per request, as a ratio"
set style fill solid 0.6
set boxwidth 0.6
set grid ytics
set xtics rotate by -35
set bmargin 6
unset key
"""

PANEL = """\
set title "{title}"
{scale}
set arrow 1 from graph 0, first {line} to graph 1, first {line} nohead dt 2 lc rgb "#c03030"
plot "{data}" using 0:2:xtic(1) with boxes lc rgb "#4878a8", \\
     "" using 0:2:3:4 with yerrorbars lc rgb "#202020" pt -1, \\
     "" using 0:4:(sprintf("%.2f", $2)) with labels offset 0,0.8
"""


def write(results, scenarios, bounds, directory):
    """Draws ratios.png: a panel per scenario, bars of medians, whiskers from minimum to maximum.

    The dashed line is hello's bound, or the peer's own cost where there is none.
    """
    peers = [(s, results.cheapest(s.name, s.peers)) for s in scenarios]
    drawn = [(scenario, peer) for scenario, peer in peers if peer]
    if not drawn:
        return
    script = head(len(drawn), directory / "ratios.png")
    for scenario, peer in drawn:
        data, highest = write_data(results, scenario.name, peer, directory)
        script += PANEL.format(
            title=report.title(scenario, peer, separator="\\n"),
            scale=scale(highest),
            line=bounds.get(scenario.name, 1),
            data=data,
        )
    script_path = directory / "ratios.gnuplot"
    script_path.write_text(script)
    subprocess.run(["gnuplot", str(script_path)], check=True, timeout=60)


def head(panels, output):
    columns = min(panels, PANELS_PER_ROW)
    rows = math.ceil(panels / columns)
    size = {"width": 420 * columns, "height": 480 * rows}
    return HEAD.format(rows=rows, columns=columns, output=output, **size)


def scale(highest):
    """A linear axis from zero, or a logarithmic one when one server would flatten the others."""
    if highest > 4:
        return f"set logscale y 2; set yrange [0.5:{highest * 2}]"
    return f"unset logscale y; set yrange [0:{highest * 1.15}]"


def write_data(results, scenario, peer, directory):
    """Writes lines of name, median, minimum, maximum; returns the file and the highest value."""
    servers = results.servers(scenario)
    ratios = {server: results.ratio(scenario, server, peer) for server in servers}
    ratios = {server: ratio for server, ratio in ratios.items() if ratio}
    path = directory / f"{scenario}.dat"
    lines = [f'"{name}" {r.median} {r.low} {r.high}\n' for name, r in ratios.items()]
    path.write_text("".join(lines))
    return path, max(ratio.high for ratio in ratios.values())
