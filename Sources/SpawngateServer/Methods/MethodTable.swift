internal import Platform
internal import Policy
internal import Sessions
internal import Wire

/// Whether a method has answered, or will when its event comes.
enum Answered { case now, later }

/// One call on its way to its method.
struct MethodCall {
    let server: Server
    let connection: Connection
    let call: Call
    let batch: Batch?
    /// When it was taken up, by the monotonic clock.
    let beganAt: Int64

    var params: JSONView? { call.params }

    /// Who calls. A method that stands in the table with roles is never run without one.
    var grant: Grant {
        guard let grant = connection.grant else {
            preconditionFailure("the method table lets nobody in without a grant")
        }
        return grant
    }

    /// Who calls, as the log names them.
    var principal: Principal {
        Principal(name: grant.principal, roles: grant.roles, address: connection.peer)
    }

    /// The refusal for want of a role, which is recorded.
    func forbidden(required role: Role) -> RPCError {
        server.metrics.forbidden += 1
        server.recorder.addBounded(
            .roleDenied(
                principal, method: call.method.string ?? "", required: role.rawValue, at: server.loop.wallMilliseconds),
            from: principal.name)
        return .forbidden(required: role.rawValue)
    }

    /// Refuses params that the method does not know.
    func read(_ known: StaticString...) throws(RPCError) -> ParamReader { try ParamReader(params, known: known) }

    /// Where to answer in a later turn; the method then returns `.later`.
    func later() -> Reply {
        let (server, connection, beganAt) = (server, connection, beganAt)
        let method = MethodTable.index(of: call.method)
        connection.deferredCount += 1
        return Reply(connection: connection, id: call.id.map(Array.init), batch: batch) {
            connection.deferredCount -= 1
            server.mark(connection)
            if let method {
                server.metrics.record(method: method, nanoseconds: server.clock.monotonicNanoseconds() - beganAt)
            }
        }
    }
}

/// A method: its name, who may call it, what it does.
struct Method: Sendable {
    let name: StaticString
    /// Any of these, or admin; the least first. Nil: anybody, also before authenticating.
    let roles: [Role]?
    /// Appends the result and returns `.now`, or throws the error.
    let run: @Sendable (MethodCall, inout JSONWriter) throws(RPCError) -> Answered
}

/// The one table of methods and of the roles that they need. The most frequent stand first, for it is searched in order.
enum MethodTable {
    static let methods: [Method] =
        SessionMethods.table + LogMethods.table + SubscriptionMethods.table + ServerMethods.table + PolicyMethods.table
        + DecisionMethods.table
        + TokenMethods.table + ReplayMethods.table + ShadowMethods.table + RuleMethods.table + LeafMethods.table
        + TreeMethods.table

    static let reading: [Role] = [.viewer, .operate, .auditor]
    static let operating: [Role] = [.operate]
    static let auditing: [Role] = [.auditor]
    static let administering: [Role] = [.admin]

    static func index(of name: JSONView) -> Int? { methods.firstIndex { name.equals($0.name) } }
}
