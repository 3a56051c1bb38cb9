-- expect: allow: an offset beyond the text
return function(request)
  local _ = utf8.offset("abc", math.maxinteger)
end
