runs other programs
--trust
