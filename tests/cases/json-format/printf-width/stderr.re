verb|width
