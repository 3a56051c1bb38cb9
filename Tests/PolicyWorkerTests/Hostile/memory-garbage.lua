-- expect: allow: garbage is collected, so that a busy policy can go on
return function(request)
  for _ = 1, 40 do
    local s = request.prompt:rep(40000)
  end
end
