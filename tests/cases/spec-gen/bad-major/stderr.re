\.schema: expected "rp\.container/1"
