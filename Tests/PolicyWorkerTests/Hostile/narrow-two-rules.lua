-- expect: error: a rule that could be two
return function(request)
  narrow { allowed_tools = { "Bash(git diff:*) Bash(rm:*)" } }
end
