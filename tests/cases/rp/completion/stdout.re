complete -o default -F _rp rp
--cap-add
