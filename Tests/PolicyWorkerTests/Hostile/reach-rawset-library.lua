-- expect: error: also for rawset
return function(request)
  rawset(string, "upper", nil)
end
