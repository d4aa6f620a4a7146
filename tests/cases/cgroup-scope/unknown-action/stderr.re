\Acgroup-scope: "destroy" is not start
