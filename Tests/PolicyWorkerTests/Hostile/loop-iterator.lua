-- expect: killed: an iterator that never ends
return function(request)
  for _ in function() return 1 end do end
end
