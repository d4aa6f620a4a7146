\Actr-attach: \.schema: expected
