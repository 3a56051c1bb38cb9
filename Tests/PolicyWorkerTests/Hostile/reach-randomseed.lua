-- expect: error: math.randomseed does not exist
return function(request)
  math.randomseed(1)
end
