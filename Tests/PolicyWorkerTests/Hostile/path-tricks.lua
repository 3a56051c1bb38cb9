-- expect: allow: what is not plainly inside is not inside
return function(request)
  for _, p in ipairs({ "/work/../etc", "/work/./a", "/work//a", "/workshop", "", "work/a", "/work/a\0b" }) do
    if path.within(p, "/work") then deny("path", "%s was inside", p) end
  end
end
