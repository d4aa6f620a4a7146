\Ausage: rp run
--cap-add CAP
