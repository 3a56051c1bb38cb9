-- expect: error: nor a number
return 5
