\.schema: expected
