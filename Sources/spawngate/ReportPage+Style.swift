extension ReportPage {
    /// Light and dark by the reader's choice; on paper always light, with tables that repeat their heads.
    static let style: HTML = """
        :root { --ink: #1c1f23; --paper: #ffffff; --faint: #5c646d; --line: #d5d9de; --soft: #f3f5f7; --strong: #1f4e8c; \
        --warn: #9a3412; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --paper: #15181c; --faint: #9aa3ad; --line: #333a42; \
        --soft: #1e2329; --strong: #86b4f0; --warn: #f2a37a; } }
        @media print { :root { --ink: #000; --paper: #fff; --faint: #444; --line: #bbb; --soft: #f3f3f3; --strong: #1f4e8c; \
        --warn: #7a2a0e; } @page { margin: 16mm; } body { font-size: 9pt; } main { max-width: none; padding: 0; } table { font-size: 8pt; } .n { padding-right: .6rem; } section, article { break-inside: auto; } \
        h2, h3 { break-after: avoid; } tr, .card, svg, .seal { break-inside: avoid; } thead { display: table-header-group; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--paper); color: var(--ink); \
        font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
        main { max-width: 64rem; margin: 0 auto; padding: 2rem 1.5rem 4rem; }
        .kicker { margin: 0; color: var(--faint); font-size: .85rem; letter-spacing: .04em; }
        h1 { margin: .1rem 0 1rem; font-size: 1.7rem; line-height: 1.2; overflow-wrap: anywhere; }
        h2 { margin: 2.4rem 0 .6rem; font-size: 1.2rem; border-bottom: 2px solid var(--ink); padding-bottom: .2rem; }
        h3 { margin: 1.2rem 0 .3rem; font-size: 1rem; }
        p { margin: .4rem 0 .7rem; max-width: 46rem; }
        .facts { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: 0 0 1rem; }
        .facts dt { color: var(--faint); } .facts dd { margin: 0; }
        .seal { border: 1px solid var(--line); border-left: 4px solid var(--strong); background: var(--soft); \
        padding: .7rem 1rem; max-width: none; }
        .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(7.5rem, 1fr)); gap: .6rem; }
        .card { border: 1px solid var(--line); padding: .6rem .8rem; font-size: .85rem; color: var(--faint); }
        .card .number { font-size: 1.6rem; line-height: 1.2; color: var(--ink); font-variant-numeric: tabular-nums; }
        table { border-collapse: collapse; width: 100%; font-size: .88rem; margin: .4rem 0 1rem; }
        th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); }
        td { overflow-wrap: anywhere; }
        th { color: var(--faint); font-weight: 600; white-space: nowrap; }
        .n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; padding-right: 1.2rem; }
        .w { min-width: 9rem; }
        .t { white-space: nowrap; font-variant-numeric: tabular-nums; } td.t { padding-right: 1.2rem; }
        table.columns { width: auto; min-width: 60%; }
        .faint { color: var(--faint); font-size: .82rem; }
        code, pre { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .82rem; overflow-wrap: anywhere; }
        pre { background: var(--soft); border: 1px solid var(--line); padding: .6rem .8rem; white-space: pre-wrap; margin: .3rem 0; }
        svg { width: 100%; height: auto; display: block; }
        .grid { stroke: var(--line); stroke-width: 1; } .axis { stroke: var(--ink); stroke-width: 1.5; }
        .tick { fill: var(--faint); font-size: 12px; }
        .paper { fill: var(--paper); } .hatching { stroke: var(--warn); stroke-width: 3; }
        rect.allowed { fill: var(--soft); stroke: var(--faint); stroke-width: 1; }
        rect.denied { fill: var(--strong); stroke: var(--strong); stroke-width: 1; }
        rect.failed { fill: url(#hatch); stroke: var(--warn); stroke-width: 1; }
        .legend { display: flex; flex-wrap: wrap; align-items: center; gap: .4rem; font-size: .88rem; }
        .legend .key { width: 14px; height: 14px; } .legend .key:not(:first-child) { margin-left: 1rem; }
        .widening { color: var(--warn); text-transform: uppercase; letter-spacing: .03em; }
        .digests { font-size: .88rem; color: var(--faint); }
        @media (max-width: 40rem) { main { padding: 1rem 1rem 3rem; } table { font-size: .78rem; } table.columns { width: 100%; } \
        th, td, td.t, .n { padding-right: .5rem; } th, .n, .t { white-space: normal; } td { min-width: 3.2rem; } \
        .w { min-width: 4.2rem; } td.t { min-width: 4.8rem; } .faint { font-size: .72rem; } svg { overflow: visible; } .tick { font-size: 22px; } .times :nth-child(even) { display: none; } \
        .times { transform: translateY(6px); } }
        """
}
