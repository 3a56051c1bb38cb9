-- expect: deny: bytes that are no UTF-8
return function(request)
  deny("rule \xff", "\xed\xa0\x80 \xc0\x80 \0 \u{10FFFF} \"")
end
