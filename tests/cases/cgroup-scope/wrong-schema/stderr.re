\Acgroup-scope: \.schema: expected
