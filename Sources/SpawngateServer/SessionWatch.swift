internal import Platform
internal import Sessions
internal import Store
internal import Wire

/// What happened to a session, as those who watch are told.
enum SessionNews: String {
    /// It was allowed and is in the record.
    case created
    /// Its program runs.
    case started
    /// Nothing of it runs any more; its status says how that came.
    case ended
}

/// Tells of each change of the sessions that a filter lets through.
final class SessionWatch: SubscriptionSource {
    private struct Event {
        let news: SessionNews
        /// The record as JSON; the bytes are shared by all who watch.
        let record: [UInt8]
    }

    private let filter: SessionFilter
    private var waiting: [Event] = []

    init(_ filter: SessionFilter) { self.filter = filter }

    /// The records that wait for their reader, in bytes.
    private(set) var waitingBytes = 0

    /// Takes note of a change; false where the filter wants none of it.
    func hear(_ news: SessionNews, _ record: SessionRecord, json: [UInt8]) -> Bool {
        guard filter.matches(record) else { return false }
        waiting.append(Event(news: news, record: json))
        waitingBytes += json.count
        return true
    }

    func next(for subscription: String, into json: inout JSONWriter) -> SubscriptionStep {
        if waiting.isEmpty { return .waits }
        for event in waiting {
            json.notification("session.event", subscription: subscription) { json in
                json.member("event", event.news.rawValue)
                json.name("session")
                json.raw(event.record)
            }
        }
        end()
        return .told
    }

    func end() {
        waiting = []
        waitingBytes = 0
    }
}
