\Ausage: rp container ls
