import Testing

@testable import SpawngateServer

@Suite struct LogPipelineTests {
    private struct Stopped: Error, Equatable { let at: Int }

    /// Runs it over numbers, in batches of these sizes; answers those that were put together.
    private func run(
        _ sizes: [Int], failsBehind: Bool = false, stopAt: Int? = nil
    ) throws -> (added: [Int], failure: Stopped?) {
        var (rest, next) = (ArraySlice(sizes), 0)
        var added: [Int] = []
        do {
            try LogPipeline<Int, Int>.run(
                read: { batch in
                    batch.before = next == 0 ? nil : next - 1
                    for _ in 0..<(rest.popFirst() ?? 0) {
                        batch.items.append(next)
                        next += 1
                    }
                    if rest.isEmpty && failsBehind { throw Stopped(at: next) }
                    batch.hasMore = !rest.isEmpty
                },
                makeLook: { { item, before in before == (item == 0 ? nil : item - 1) ? item * 2 : -1 } },
                add: { item, finding in
                    if item == stopAt { throw Stopped(at: item) }
                    #expect(finding == item * 2)
                    added.append(item)
                })
        } catch let stopped as Stopped {
            return (added, stopped)
        }
        return (added, nil)
    }

    @Test(arguments: [[0], [1], [1000], [0, 0, 3], [17, 1, 512, 0, 90], Array(repeating: 100, count: 100)])
    func findingsComeInOrderWithTheItemBefore(sizes: [Int]) throws {
        let (added, failure) = try run(sizes)
        #expect(added == Array(0..<sizes.reduce(0, +)) && failure == nil)
    }

    @Test func whatReadingThrowsComesBehindWhatWasRead() throws {
        let (added, failure) = try run([100, 100, 30], failsBehind: true)
        #expect(added == Array(0..<230) && failure == Stopped(at: 230))
    }

    @Test func nothingIsPutTogetherBehindTheFirstFault() throws {
        let (added, failure) = try run([100, 100, 30], failsBehind: true, stopAt: 120)
        #expect(added == Array(0..<120) && failure == Stopped(at: 120))
    }
}
