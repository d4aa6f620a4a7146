^img-fetch: cannot open the OCI layout .*/nowhere: No such file or directory$
