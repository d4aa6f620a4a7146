\Actr-cleanup: \.schema: expected
