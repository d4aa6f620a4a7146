\Actr-monitor: \.schema: expected
