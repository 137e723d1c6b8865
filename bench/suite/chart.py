# SPDX-License-Identifier: MIT
"""Bar charts as SVG, written by hand: one file per workload, no plotting library to install."""

from html import escape

WIDTH = 760
LABEL_WIDTH = 210
VALUE_WIDTH = 120
ROW = 30
TOP = 52
OURS = "#1b6ca8"
OTHERS = "#9aa5b1"
INK = "#1f2933"
STYLE = "font-family:system-ui,sans-serif;font-size:13px"


def bars(title, subtitle, rows):
    """rows: (label, summary, text, ours). A bar is the median, the line on it the range."""
    scale = max(values.high for _, values, _, _ in rows) or 1.0
    span = WIDTH - LABEL_WIDTH - VALUE_WIDTH
    height = TOP + ROW * len(rows) + 12
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" style="{STYLE}" role="img" aria-label="{escape(title)}">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        text(12, 22, title, weight="bold"),
        text(12, 40, subtitle, colour="#52606d"),
    ]
    for index, (label, values, shown, ours) in enumerate(rows):
        top = TOP + index * ROW
        middle = top + ROW / 2
        colour = OURS if ours else OTHERS
        low, mid, high = (LABEL_WIDTH + span * v / scale for v in
                          (values.low, values.median, values.high))
        out.append(text(LABEL_WIDTH - 10, middle + 4, label, anchor="end"))
        out.append(f'<rect x="{LABEL_WIDTH}" y="{top + 6}" width="{mid - LABEL_WIDTH:.1f}" '
                   f'height="{ROW - 12}" rx="2" fill="{colour}"/>')
        out.append(f'<path d="M{low:.1f} {middle}H{high:.1f}M{low:.1f} {middle - 4}v8'
                   f'M{high:.1f} {middle - 4}v8" stroke="{INK}" fill="none"/>')
        out.append(text(LABEL_WIDTH + span + 10, middle + 4, shown))
    out.append("</svg>\n")
    return "\n".join(out)


def text(x, y, words, weight="normal", colour=INK, anchor="start"):
    return (f'<text x="{x}" y="{y}" fill="{colour}" font-weight="{weight}" '
            f'text-anchor="{anchor}">{escape(words)}</text>')
