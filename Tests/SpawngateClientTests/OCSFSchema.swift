import SpawngateClient

/// What OCSF 1.4.0 demands of the classes that are exported, in our own words.
enum OCSFSchema {
    enum Kind { case integer, string, boolean, object, list }

    /// Attributes that every event must have.
    private static let base: [(String, Kind)] = [
        ("activity_id", .integer), ("category_uid", .integer), ("class_uid", .integer), ("type_uid", .integer),
        ("severity_id", .integer), ("time", .integer), ("metadata", .object),
    ]

    /// By class: its category, its activities, what it must have besides, and what it may have.
    private static let classes:
        [Int64: (category: Int64, activities: Set<Int64>, required: [(String, Kind)], optional: [(String, Kind)])] = [
            0: (0, [0, 99], [], []),
            1007: (
                1, [0, 1, 2, 3, 4, 5, 99], [("actor", .object), ("device", .object), ("process", .object)],
                [
                    ("action_id", .integer), ("action", .string), ("disposition_id", .integer),
                    ("disposition", .string),
                    ("is_alert", .boolean), ("authorizations", .list), ("policy", .object),
                ]
            ),
            3002: (
                3, [0, 1, 2, 3, 4, 5, 99], [("user", .object)],
                [("service", .object), ("src_endpoint", .object), ("is_remote", .boolean)]
            ),
        ]
    private static let common: [(String, Kind)] = [
        ("activity_name", .string), ("category_name", .string), ("class_name", .string), ("severity", .string),
        ("message", .string), ("status_id", .integer), ("status", .string), ("status_code", .string),
        ("status_detail", .string), ("unmapped", .object), ("duration", .integer),
    ]

    /// What is wrong with an event; empty where nothing is.
    static func faults(of event: RemoteValue) -> [String] {
        guard let number = event["class_uid"].integer, let type = classes[number] else { return ["no known class"] }
        var faults: [String] = []
        func check(_ object: RemoteValue, _ attributes: [(String, Kind)], _ place: String, required: Bool) {
            for (name, kind) in attributes where required || !object[name].isNull {
                if !isOf(kind, object[name]) { faults.append("\(place)\(name) is no \(kind)") }
            }
        }
        check(event, base + type.required, "", required: true)
        check(event, common + type.optional, "", required: false)
        let known = Set((base + type.required + common + type.optional).map(\.0))
        faults += event.members.map(\.name).filter { !known.contains($0) }.map { "\($0) is not of this class" }
        let activity = event["activity_id"].integer ?? -1
        if event["category_uid"].integer != type.category { faults.append("category_uid") }
        if !type.activities.contains(activity) { faults.append("activity_id") }
        if event["type_uid"].integer != number * 100 + activity { faults.append("type_uid") }
        if !(0...6).contains(event["severity_id"].integer ?? -1) { faults.append("severity_id") }
        if let status = event["status_id"].integer, ![0, 1, 2, 99].contains(status) { faults.append("status_id") }
        check(event["metadata"], [("version", .string), ("product", .object)], "metadata.", required: true)
        check(
            event["metadata"], [("sequence", .integer), ("uid", .string), ("profiles", .list)], "metadata.",
            required: false)
        check(event["metadata"]["product"], [("name", .string), ("vendor_name", .string)], "product.", required: true)
        if number == 1007 { faults += processFaults(event) }
        if number == 3002, event["service"].isNull, event["dst_endpoint"].isNull { faults.append("no service") }
        return faults
    }

    private static func processFaults(_ event: RemoteValue) -> [String] {
        var faults: [String] = []
        let process = event["process"]
        if process["pid"].isNull, process["uid"].string?.isEmpty != false {
            faults.append("process has no pid and no uid")
        }
        if process["file"] != .null, process["file"]["name"].string == nil || process["file"]["type_id"].integer == nil
        {
            faults.append("process.file")
        }
        if event["device"]["type_id"].integer == nil { faults.append("device.type_id") }
        if event["actor"]["user"]["name"].string == nil { faults.append("actor") }
        // The profile has `is_alert` and `policy` since 1.4.0; validators refuse them in an event of an earlier version.
        if event["metadata"]["version"].string != "1.4.0" { faults.append("metadata.version") }
        // The profile's own attributes count only where it is named.
        if !event["action_id"].isNull, !event["metadata"]["profiles"].elements.contains("security_control") {
            faults.append("metadata.profiles")
        }
        if ![0, 1, 2].contains(event["action_id"].integer ?? -1) { faults.append("action_id") }
        if ![0, 1, 2, 99].contains(event["disposition_id"].integer ?? -1) { faults.append("disposition_id") }
        for authorization in event["authorizations"].elements
        where authorization["decision"].string == nil || authorization["policy"]["name"].string == nil {
            faults.append("authorizations")
        }
        return faults
    }

    private static func isOf(_ kind: Kind, _ value: RemoteValue) -> Bool {
        switch (kind, value) {
        case (.integer, .integer), (.string, .string), (.boolean, .bool), (.object, .object), (.list, .array): true
        default: false
        }
    }
}
