"annotations":\{"x":\[1,null\]\}
"ports":
