-- expect: error: require of a policy
return function(request)
  require "10-working-directory"
end
