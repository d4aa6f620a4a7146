\Acgroup-scope: one of start, set, attach, stop
