invalid container id
