\Aone\|    3\|abc \|"one"\|true\|ff\|%\n\Z
