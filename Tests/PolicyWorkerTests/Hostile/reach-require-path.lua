-- expect: error: require outside the folder
return function(request)
  require "lib.../../../../etc/passwd"
end
