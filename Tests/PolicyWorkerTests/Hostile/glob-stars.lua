-- expect: allow: stars that would backtrack
return function(request)
  if glob.match(("*a"):rep(200) .. "b", ("a"):rep(4000)) then deny("glob", "matched") end
end
