-- expect: killed: a loop by goto
return function(request)
  ::again::
  goto again
end
