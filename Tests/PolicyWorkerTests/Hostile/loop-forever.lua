-- expect: killed: an empty loop
return function(request)
  while true do end
end
