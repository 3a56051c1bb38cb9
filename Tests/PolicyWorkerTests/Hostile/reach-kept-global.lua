-- expect: allow: nothing is kept between decisions
return function(request)
  if kept then deny("kept", "a global was kept") end
  kept = true
end
