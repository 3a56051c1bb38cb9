-- expect: allow: what is not plainly covered is not covered
return function(request)
  for _, rule in ipairs({ "Bash(git:*),Bash(rm:*)", "Bash(git status && rm x)", "Bash(git $(rm x))", "Bash(gitk)", "Bash" }) do
    if tool.covers("Bash(git:*)", rule) then deny("tool", "%s was covered", rule) end
  end
end
