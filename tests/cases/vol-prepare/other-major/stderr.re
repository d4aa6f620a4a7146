\Avol-prepare: \.schema: expected
