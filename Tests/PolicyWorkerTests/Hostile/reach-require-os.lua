-- expect: error: require of a library
return function(request)
  require "os"
end
