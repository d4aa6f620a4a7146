\.container\.id: \"../x\" is no container id
