\Ausage: rp ps
