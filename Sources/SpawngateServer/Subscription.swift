internal import Platform
internal import Wire

/// What a subscription can do now.
enum SubscriptionStep {
    /// A notification was written; there may be more.
    case told
    /// Nothing is there to be told until something happens.
    case waits
    /// All is told, and nothing will follow.
    case isOver
}

/// Where the notifications of a subscription come from.
protocol SubscriptionSource: AnyObject {
    /// Writes the next notification, if there is one, as a frame.
    func next(for subscription: String, into json: inout JSONWriter) throws(SystemError) -> SubscriptionStep
    /// Lets go of what it holds. Called once.
    func end()
}

/// A client's wish to be told, for as long as its connection lives.
final class Subscription {
    enum Standing {
        case idle
        /// On the list of those who are asked at the safe point.
        case ready
        /// Its client has not taken what was told; asked again when it has.
        case blocked
        case over
    }

    let id: String
    let connection: Connection
    /// The batch whose answer carries the id, and must leave first.
    let batch: Batch?
    let source: any SubscriptionSource
    var standing = Standing.idle

    init(id: String, connection: Connection, batch: Batch?, source: any SubscriptionSource) {
        self.id = id
        self.connection = connection
        self.batch = batch
        self.source = source
    }
}

extension JSONWriter {
    /// Writes one notification as a frame; `body` writes the params besides the subscription.
    mutating func notification(_ method: StaticString, subscription: String, _ body: (inout JSONWriter) -> Void) {
        let frame = FrameEncoder.begin(in: &self)
        beginObject()
        name("jsonrpc")
        string("2.0")
        name("method")
        string(method.description)
        name("params")
        beginObject()
        name("subscription")
        string(subscription)
        body(&self)
        endObject()
        endObject()
        FrameEncoder.end(at: frame, in: &self)
    }
}
