complete -o default -F _rp rp
__complete
