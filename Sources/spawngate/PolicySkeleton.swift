/// What `spawngate policy new` writes. Both parts together load, and the test passes.
enum PolicySkeleton {
    /// A policy that denies its own example alone.
    static func policy(_ name: String) -> String {
        """
        -- \(name): say here in one sentence what this policy asks of a start.
        --
        -- Every policy is asked about every start; unless all of them let it through, nothing runs. A policy objects with
        --   deny(rule, format, ...)     as often as it likes; the words after the rule are shown to the caller
        -- and lets a start through by saying nothing. An error, or a returned value, is a no as well. Compare with
        --   path.within(p, roots)       whole components: "/srv/ab" is not within "/srv/a"
        --   glob.match(pattern, text)   * stops at a slash, ** does not
        --   tool.covers(granted, rule)  Claude's tool rules: "Bash(git:*)" covers "Bash(git diff)"
        -- Lists that an administrator edits belong into lib/site.lua. What `request` has stands in lib/types.lua.

        ---@param request Request
        local function decide(request)
          -- Put your own rule in place of this example.
          if request.labels.example == "\(name)" then
            deny("\(name)", "the label example says %s", request.labels.example)
          end
        end

        return {
          description = "Denies nothing yet but its own example.",
          decide = decide,
        }

        """
    }

    /// Its tests.
    static func test(_ name: String, number: Int) -> String {
        """
        -- `request` makes a plain request with these members in place of its own. The last argument asks this policy alone,
        -- so that other policies can change without these tests. Run them: spawngate policy test
        local policy = "\(number)-\(name)"

        allows(request {}, policy)
        denies(request { labels = { example = "\(name)" } }, "\(name)", policy)

        """
    }
}
