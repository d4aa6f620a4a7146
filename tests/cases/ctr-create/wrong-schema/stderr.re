\Actr-create: \.schema: expected
