// swift-tools-version: 6.2
import PackageDescription

// Every Swift target is built with the same strict settings; a room that cannot keep to them does not belong here.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

let strictC: [CSetting] = [
    .unsafeFlags(["-std=gnu17", "-O2", "-Wall", "-Wextra", "-Werror", "-fno-strict-aliasing"])
]

// The two C programs carry no Swift runtime: no start-up object, everything linked in, so that one shim per session
// costs kilobytes and starts without a dynamic linker.
let plainExecutable: [LinkerSetting] = [.unsafeFlags(["-nostartfiles", "-static-executable"])]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let sqlite: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")
let heap: Target.Dependency = .product(name: "HeapModule", package: "swift-collections")
let collections: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")

let package = Package(
    name: "spawngate",
    products: [
        .executable(name: "spawngate", targets: ["spawngate"]),
        .executable(name: "spawngate-shim", targets: ["SessionShim"]),
        .executable(name: "spawngate-policy", targets: ["PolicyWorker"]),
        .executable(name: "spawngate-probe", targets: ["EnforcementProbe"]),
        .library(name: "SpawngateClient", targets: ["SpawngateClient"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        // Bottom: no dependency on another room.
        .target(name: "CLinux", cSettings: strictC),
        .target(
            name: "COpenSSL", cSettings: strictC, linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]),
        .target(name: "Crypto", dependencies: ["COpenSSL"], swiftSettings: strict),
        .target(name: "Wire", swiftSettings: strict),
        .executableTarget(
            name: "SessionShim", path: "Sources/SessionShim", cSettings: strictC,
            linkerSettings: plainExecutable + [.unsafeFlags(["-Xclang-linker", "-nostdlib"])]),
        .executableTarget(
            name: "PolicyWorker", path: "Sources/PolicyWorker", cSettings: strictC,
            linkerSettings: plainExecutable + [.linkedLibrary("lua5.4"), .linkedLibrary("m"), .linkedLibrary("dl")]),
        .executableTarget(name: "EnforcementProbe", cSettings: strictC),

        // Values: what things are. No I/O.
        .target(name: "Sessions", dependencies: ["Wire"], swiftSettings: strict),
        .target(name: "DecisionLog", dependencies: ["Crypto", "Wire"], swiftSettings: strict),
        .target(name: "Policy", dependencies: ["Crypto", "Sessions", "Wire"], swiftSettings: strict),

        // Effects: the kernel and the disk, each behind one room.
        .target(name: "Platform", dependencies: ["CLinux"], swiftSettings: strict),
        .target(name: "TLS", dependencies: ["COpenSSL", "Platform"], swiftSettings: strict),
        .target(
            name: "Store", dependencies: ["DecisionLog", "Policy", "Sessions", "Wire", grdb, sqlite],
            swiftSettings: strict),

        // The server, the client, the commands.
        .target(
            name: "SpawngateServer",
            dependencies: [
                "Crypto", "DecisionLog", "Platform", "Policy", "Sessions", "Store", "TLS", "Wire", logging,
                collections, heap,
            ],
            // As for `spawngate` below.
            swiftSettings: strict + [.unsafeFlags(["-enable-testing"])]),
        .target(
            name: "SpawngateClient", dependencies: ["DecisionLog", "Platform", "TLS", "Wire"], swiftSettings: strict),
        .executableTarget(
            name: "spawngate",
            dependencies: [
                "DecisionLog", "Platform", "Policy", "Sessions", "SpawngateClient", "SpawngateServer", "Wire",
                argumentParser, logging,
            ],
            // A release build cannot be looked into by tests otherwise, and tests run what is shipped.
            swiftSettings: strict + [.unsafeFlags(["-enable-testing"])]),

        // The figures: each beside something bare that does the same work.
        .target(
            name: "CBench", cSettings: strictC,
            linkerSettings: [.linkedLibrary("sqlite3"), .linkedLibrary("lua5.4"), .linkedLibrary("m")]),
        .executableTarget(
            name: "spawngate-bench",
            dependencies: ["CBench", "Platform", "SpawngateClient", "TLS", "Wire", argumentParser],
            swiftSettings: strict),

        // Tests mirror the rooms.
        .testTarget(name: "WireTests", dependencies: ["Wire", "DecisionLog"], swiftSettings: strict),
        .testTarget(
            name: "SpawngateClientTests",
            dependencies: ["SpawngateClient", "spawngate", "Platform", "Wire", argumentParser], swiftSettings: strict),
        .testTarget(name: "SessionShimTests", dependencies: ["Platform", "TestSupport"], swiftSettings: strict),
        .target(
            name: "TestSupport", dependencies: ["Platform", "TLS", "Wire"], path: "Tests/TestSupport",
            swiftSettings: strict),
        .testTarget(
            name: "AgentTests", dependencies: ["Platform", "Policy", "TestSupport", "Wire"], swiftSettings: strict),
        .testTarget(
            name: "EndToEndTests", dependencies: ["Crypto", "DecisionLog", "Platform", "TestSupport", "TLS", "Wire"],
            swiftSettings: strict),
        .testTarget(
            name: "PolicyWorkerTests", dependencies: ["Platform", "TestSupport", "Wire"],
            exclude: ["Hostile", "globals.lua", "globals.txt"], swiftSettings: strict),
        .testTarget(name: "DecisionLogTests", dependencies: ["Crypto", "DecisionLog", "Wire"], swiftSettings: strict),
        .testTarget(name: "PolicyTests", dependencies: ["Policy", "Sessions", "Wire"], swiftSettings: strict),
        .testTarget(
            name: "PolicyCommandTests", dependencies: ["Platform", "TestSupport", "Wire"], swiftSettings: strict),
        .testTarget(name: "SessionsTests", dependencies: ["Sessions", "Wire"], swiftSettings: strict),
        .testTarget(name: "PlatformTests", dependencies: ["Platform", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "StoreTests",
            dependencies: ["DecisionLog", "Platform", "Policy", "Sessions", "Store", "TestSupport", "Wire", grdb],
            swiftSettings: strict),
        .testTarget(
            name: "ServerTests",
            dependencies: [
                "Crypto", "DecisionLog", "Platform", "Policy", "Sessions", "SpawngateServer", "Store", "TestSupport",
                "Wire",
            ],
            swiftSettings: strict),
        .testTarget(name: "TLSTests", dependencies: ["Platform", "TestSupport", "TLS"], swiftSettings: strict),
        .testTarget(name: "TidyTests", swiftSettings: strict),
    ]
)
