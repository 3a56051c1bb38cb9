-- expect: allow: the longest number that a format can print
return function(request)
  local _ = ("%.99f"):format(1.7976931348623157e308)
end
