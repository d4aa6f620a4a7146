\AREPOSITORY   TAG         IMAGE ID\nr            t           x\nlonger/name  latest      y\n\Z
