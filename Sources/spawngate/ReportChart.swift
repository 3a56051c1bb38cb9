/// Decisions over time as a picture: stacked bars, told apart by pattern and not by colour alone.
struct ReportChart {
    private static let (width, height) = (960, 260)
    private static let (left, right, top, bottom) = (52, 8, 12, 36)

    let buckets: ReportBuckets
    let bars: [ReportTally.Counts]

    var svg: HTML {
        let most = Self.rounded(bars.map(\.total).max() ?? 0)
        return """
            <svg viewBox="0 0 \(Self.width) \(Self.height)" role="img" aria-label="Decisions over time; the table below has \
            the numbers">
            <defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">\
            <rect width="6" height="6" class="paper"/><line x1="0" y1="0" x2="0" y2="6" class="hatching"/></pattern></defs>
            \(grid(most))<g class="times">\(labels)</g>\(bars.indices.map { bar($0, most) })
            <line x1="\(Self.left)" y1="\(Self.height - Self.bottom)" x2="\(Self.width - Self.right)" \
            y2="\(Self.height - Self.bottom)" class="axis"/></svg>
            """
    }

    /// What the three patterns mean.
    static let legend: HTML = """
        <p class="legend"><svg class="key" viewBox="0 0 14 14"><rect x="1" y="1" width="12" height="12" class="allowed"/></svg> \
        allowed <svg class="key" viewBox="0 0 14 14"><rect x="1" y="1" width="12" height="12" class="denied"/></svg> denied \
        <svg class="key" viewBox="0 0 14 14"><rect x="1" y="1" width="12" height="12" class="failed"/></svg> a policy failed</p>
        """

    private var plotHeight: Int { Self.height - Self.top - Self.bottom }
    private var step: Double { Double(Self.width - Self.left - Self.right) / Double(max(bars.count, 1)) }

    private func bar(_ index: Int, _ most: Int64) -> HTML {
        let counts = bars[index]
        if counts.total == 0 { return "" }
        var below: Int64 = 0
        func part(_ count: Int64, _ name: String) -> HTML {
            if count == 0 { return "" }
            let (y0, y1) = (y(below + count, most), y(below, most))
            below += count
            return """
                <rect class="\(name)" x="\(Self.decimal(x(index) + step * 0.12))" y="\(Self.decimal(y0))" \
                width="\(Self.decimal(step * 0.76))" height="\(Self.decimal(max(y1 - y0, 1)))"/>
                """
        }
        return """
            <g><title>\(buckets.label(of: index)): \(counts.allowed) allowed, \(counts.denied) denied, \(counts.failed) \
            failed</title>\(part(counts.allowed, "allowed"))\(part(counts.denied, "denied"))\(part(counts.failed, "failed"))</g>
            """
    }

    private func grid(_ most: Int64) -> [HTML] {
        let lines: Int64 = most % 4 == 0 ? 4 : most % 2 == 0 ? 2 : 1
        return (0...lines).map { line in
            let count = most * line / lines
            let height = Self.decimal(y(count, most))
            return """
                <line x1="\(Self.left)" y1="\(height)" x2="\(Self.width - Self.right)" y2="\(height)" class="grid"/>\
                <text x="\(Self.left - 6)" y="\(height)" class="tick" text-anchor="end" dy="4">\(count)</text>
                """
        }
    }

    private var labels: [HTML] {
        // As many as stand beside each other.
        let every = max(1, Int((150 / step).rounded(.up)))
        let shown = stride(from: 0, to: bars.count, by: every).filter { x($0) < Double(Self.width - 110) }
        return shown.map { index in
            """
            <text x="\(Self.decimal(x(index)))" y="\(Self.height - Self.bottom + 18)" class="tick">\
            \(buckets.label(of: index))</text>
            """
        }
    }

    private func x(_ index: Int) -> Double { Double(Self.left) + step * Double(index) }

    private func y(_ count: Int64, _ most: Int64) -> Double {
        Double(Self.top) + Double(plotHeight) * (1 - Double(count) / Double(max(most, 1)))
    }

    /// With one digit behind the point, and never in another notation.
    private static func decimal(_ number: Double) -> String {
        let tenths = Int((number * 10).rounded())
        return "\(tenths / 10).\(abs(tenths % 10))"
    }

    /// The next number that divides well.
    private static func rounded(_ most: Int64) -> Int64 {
        if most <= 4 { return 4 }
        var unit: Int64 = 1
        while true {
            for step: Int64 in [1, 2, 4, 8] where unit * step >= most { return unit * step }
            unit *= 10
        }
    }
}
